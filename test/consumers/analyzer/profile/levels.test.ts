/** Who gets which level, and when it changes: tables of semantics 4. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyBucket } from '../../../../consumers/analyzer/profile/buckets.ts';
import { decideLevel, newcomerLevel } from '../../../../consumers/analyzer/profile/levels.ts';
import { viewReference } from '../../../../consumers/analyzer/profile/referenceView.ts';
import { standingOf } from '../../../../consumers/analyzer/profile/vectors.ts';
import type { Standing, Values } from '../../../../consumers/analyzer/profile/vectors.ts';
import { addNumbers } from '../../../../consumers/analyzer/profile/buckets.ts';
import { boundaryOf, INFINITE_STEP, stepOf } from '../../../../consumers/analyzer/quantise.ts';
import type { Level } from '../../../../schemas/records.ts';
import { plainDay } from './plainDays.ts';
import type { PlainDay } from './plainDays.ts';
import { plainReference } from './world.ts';

/** One dimension that matters: values are on the completion ratio, centroids at 0, 1 and 3. */
const MODEL = {
  version: 7,
  scaling: [0, 1, 2, 3].map(() => ({ low: -100, high: 100, center: 0, scale: 1 })),
  centroids: [0, 1, 3].map((ratio) => [0, 0, ratio, 0]),
  labels: ['beginner', 'intermediate', 'expert'] as Level[],
};
const valuesAt = (ratio: number): Values => [1, 1, ratio, null];
const frequent = (ratio: number): Standing => ({ machine: false, frequent: true, values: valuesAt(ratio) });
const decide = (current: Level, standing: Standing | null, candidate: { level: Level; values: Values } | null = null, role = 'scientist'): [Level, Level | null] => {
  const decision = decideLevel(current, role, candidate, standing, MODEL);
  return [decision.level, decision.candidate?.level ?? null];
};

test('newcomers', () => {
  assert.deepEqual([newcomerLevel('scientist', false), newcomerLevel('scientist', true), newcomerLevel('service', false), newcomerLevel('service', true)], ['unclassified', 'infrequent', 'machine', 'machine']);
});

test('users new among the frequent take their label at once, who leaves is infrequent, machines are machines', () => {
  assert.deepEqual(decide('unclassified', frequent(0.6)), ['intermediate', null]);
  assert.deepEqual(decide('infrequent', frequent(0.4)), ['beginner', null]);
  assert.deepEqual(decide('machine', frequent(2.9)), ['expert', null]);
  for (const level of ['expert', 'unclassified', 'infrequent', 'machine'] as const) assert.deepEqual(decide(level, null), ['infrequent', null]);
  assert.deepEqual(decide('expert', { machine: true, frequent: false, values: null }), ['machine', null]);
  assert.deepEqual(decide('beginner', frequent(3), null, 'service'), ['machine', null]);
});

test('a level changes at once when twice as near, else when it holds twice in a row with different data', () => {
  // 0.6 is 0.4 from intermediate and 0.6 from beginner; 0.7 is 0.3 and 0.7.
  assert.deepEqual(decide('beginner', frequent(0.6)), ['beginner', 'intermediate']);
  assert.deepEqual(decide('beginner', frequent(0.7)), ['intermediate', null]);
  assert.deepEqual(decide('beginner', frequent(0.61), { level: 'intermediate', values: valuesAt(0.6) }), ['intermediate', null]);
  assert.deepEqual(decide('beginner', frequent(0.6), { level: 'intermediate', values: valuesAt(0.6) }), ['beginner', 'intermediate'], 'the same data is no confirmation');
  assert.deepEqual(decide('intermediate', frequent(2.1), { level: 'beginner', values: valuesAt(0.4) }), ['intermediate', 'expert'], 'another level begins a new row');
  assert.deepEqual(decide('intermediate', frequent(0.9), { level: 'beginner', values: valuesAt(0.4) }), ['intermediate', null], 'the old level breaks the row');
});

test('training again on the same data changes no label', () => {
  for (let ratio = -1; ratio < 4; ratio += 0.05) {
    for (const level of ['beginner', 'intermediate', 'expert'] as const) {
      const first = decideLevel(level, 'scientist', null, frequent(ratio), MODEL);
      const again = decideLevel(first.level, 'scientist', first.candidate, frequent(ratio), MODEL);
      assert.deepEqual(again, first);
    }
  }
});

const RANGE = { first: 1, last: 28 };
function active(days: number, own = 1): PlainDay[] {
  return Array.from({ length: days }, (_, i) => plainDay(1 + i, [{ ...emptyBucket({ feature: `f${String(i % 3)}`, stage: i % 2 === 0 ? ('data' as const) : ('training' as const) }), actions: own, own, active: true }]));
}

test('frequent: enter at 8 active days, leave below 5; days outside the 28 and without activity do not count', () => {
  const at = (days: PlainDay[], was: boolean): boolean => standingOf(days, RANGE, 'scientist', was, null).frequent;
  assert.deepEqual([at(active(7), false), at(active(8), false), at(active(5), true), at(active(4), true)], [false, true, true, false]);
  const idle = active(8).map((day, i) => (i < 4 ? plainDay(day.day, day.buckets.map((bucket) => ({ ...bucket, active: false }))) : day));
  assert.equal(at(idle, true), false);
  assert.equal(standingOf(active(8), { first: 2, last: 29 }, 'scientist', false, null).frequent, false);
});

test('machines: the role, or more than 500 actions per active day', () => {
  assert.equal(standingOf(active(8, 500), RANGE, 'scientist', false, null).machine, false);
  assert.deepEqual(standingOf(active(8, 501), RANGE, 'scientist', true, null), { machine: true, frequent: false, values: null });
  assert.equal(standingOf(active(8), RANGE, 'service', true, null).machine, true);
});

test('errors are no feature: however many, the standing is the same', () => {
  const view = viewReference({ ...plainReference(0), feature_medians: [{ feature: 'f0', median_ms: 1_000 }] });
  const days = active(9, 3);
  const met = days.map(({ day, buckets }) => plainDay(day, [...buckets.map((bucket) => ({ ...bucket, errors: 40, fingerprints: [0, 1] })), { ...emptyBucket({ feature: 'only-errors', stage: 'deployment' as const }), errors: 7, fingerprints: [2] }]));
  assert.deepEqual(standingOf(met, RANGE, 'scientist', false, view), standingOf(days, RANGE, 'scientist', false, view));
  // Nor do they make a day an active one.
  const onlyErrors = active(8).map(({ day, buckets }) => plainDay(day, buckets.map(({ ref }) => ({ ...emptyBucket(ref), errors: 3 }))));
  assert.equal(standingOf(onlyErrors, RANGE, 'scientist', true, view).frequent, false);
});

test('the vector: 3 features in 2 stages, 3 actions a day, 8 of 10 attempts completed, tasks that did not end left out', () => {
  const days = active(8, 3);
  for (const { buckets } of days) for (const bucket of buckets) bucket.completed = 1;
  const [first] = days[0]?.buckets ?? [];
  assert.ok(first !== undefined);
  first.failed = 2;
  for (const step of [stepOf(400), stepOf(2_000), INFINITE_STEP]) addNumbers(first, 0, step);
  const view = viewReference({ ...plainReference(0), feature_medians: [{ feature: 'f0', median_ms: 1_000 }] });
  assert.deepEqual(standingOf(days, RANGE, 'scientist', false, view).values, [3 / 2, 3, 12 / 15, boundaryOf(stepOf(400)) / 1_000]);
  assert.equal(standingOf(days, RANGE, 'scientist', false, null).values?.[3], null);
});
