/** The counting rules of semantics 5 for one user, in tables. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FINGERPRINTS_KEPT, lowerMedian, mergeSteps } from '../../../../consumers/analyzer/profile/buckets.ts';
import { contributionOf } from '../../../../consumers/analyzer/profile/contributions.ts';
import { signalFrom } from '../../../../consumers/analyzer/profile/signal.ts';
import { boundaryOf, INFINITE_STEP, quantise, stepOf } from '../../../../consumers/analyzer/quantise.ts';
import { DAY_MS, dayOf, firstTickAfter, isTrainingTick, stateDaysOf, TICK_MS, windowOf } from '../../../../consumers/analyzer/time.ts';
import { boundary } from './recount.ts';
import { numberOf, putSignal } from './plainDays.ts';
import type { PlainDay } from './plainDays.ts';
import { MONDAY, signalOf } from './world.ts';
import type { Kind } from './world.ts';

const REF = { feature: 'f', stage: 'data' as const };
const WINDOW = { first: 100, last: 113 };

/** Days with signals of one feature. */
function daysWith(kinds: readonly (readonly [day: number, kind: Kind])[]): PlainDay[] {
  const days: PlainDay[] = [];
  for (const [day, kind] of kinds) putSignal(days, day, REF, signalFrom(signalOf({ user: 'u', ...REF, kind, occurredAt: day * DAY_MS }, 0, 0, 0)));
  return days;
}

const use: Kind = { class: 'action', outcome: null };
const error = (code: string, cause: 'user' | 'dependency' = 'user'): Kind => ({ class: 'error', code, cause });
const ended = (outcome: 'completed' | 'failed' | 'abandoned'): Kind => ({ class: 'action', outcome });
const took = (durationMs: number, censored = false): Kind => ({ class: 'time', measure: 'completion', durationMs, censored });
const count = (...kinds: (readonly [number, Kind])[]): ReturnType<typeof contributionOf> => contributionOf(daysWith(kinds), REF, WINDOW);

test('steps are the recurrence of the semantics', () => {
  for (const ms of [0, 1, 2, 99, 100, 101, 150, 199, 200, 201, 202, 203, 1_000, 1_234, 60_000, 86_400_000, 123_456_789]) assert.equal(quantise(ms), boundary(ms), String(ms));
  assert.equal(boundaryOf(INFINITE_STEP), Infinity);
  assert.equal(quantise(-5), 0);
  for (let step = 0; step < INFINITE_STEP; step++) assert.equal(stepOf(boundaryOf(step)), step);
});

test('the lower median, infinite ones last', () => {
  const cases: readonly [values: number[], median: number][] = [
    [[], -1],
    [[5], 5],
    [[1, 9], 1],
    [[1, 5, 9], 5],
    [[1, 2, 3, 4], 2],
    [[1, INFINITE_STEP], 1],
    [[1, INFINITE_STEP, INFINITE_STEP], INFINITE_STEP],
  ];
  for (const [values, median] of cases) assert.equal(lowerMedian(mergeSteps(values.map((step) => [step, 1]))), median, values.join());
});

test('the window is the 14 UTC days up to and including the day of the tick less a millisecond', () => {
  assert.deepEqual(windowOf(MONDAY), { first: dayOf(MONDAY) - 14, last: dayOf(MONDAY) - 1 });
  assert.deepEqual(windowOf(MONDAY + TICK_MS), { first: dayOf(MONDAY) - 13, last: dayOf(MONDAY) });
  assert.equal(stateDaysOf(MONDAY).first, dayOf(MONDAY) - 28);
  assert.deepEqual([count([99, use]), count([114, use])], [null, null]);
  assert.equal(count([100, use])?.used, true);
  assert.equal(count([113, use])?.used, true);
});

test('ticks', () => {
  assert.equal(firstTickAfter(MONDAY), MONDAY + TICK_MS);
  assert.equal(firstTickAfter(MONDAY - 1), MONDAY);
  assert.deepEqual([isTrainingTick(MONDAY), isTrainingTick(MONDAY + DAY_MS), isTrainingTick(MONDAY + TICK_MS), isTrainingTick(MONDAY + 7 * DAY_MS)], [true, false, false, true]);
});

test('who keeps meeting an error: on more than a third of the days with a signal', () => {
  assert.deepEqual(count([100, error('A')], [101, use], [102, use])?.errors, [[numberOf('fp-A-user'), false]]);
  assert.deepEqual(count([100, error('A')], [101, use])?.errors, [[numberOf('fp-A-user'), true]]);
  assert.deepEqual(count([100, error('A')], [100, error('A')], [101, use], [102, use], [103, use])?.errors, [[numberOf('fp-A-user'), false]]);
  // Days outside the window count on neither side.
  assert.deepEqual(count([99, use], [98, use], [100, error('A')], [101, use])?.errors, [[numberOf('fp-A-user'), true]]);
});

test('an error of a dependency is a signal, and no error', () => {
  assert.deepEqual(count([100, error('A', 'dependency')]), { worked: false, used: false, attempted: false, stuck: false, median: -1, errors: null });
  assert.deepEqual(count([100, error('A')], [101, error('A', 'dependency')], [102, error('B', 'dependency')])?.errors, [[numberOf('fp-A-user'), false]]);
});

test('attempts: at least three, stuck with more than half of them', () => {
  const table: readonly [outcomes: ('completed' | 'failed' | 'abandoned')[], attempted: boolean, stuck: boolean][] = [
    [['failed', 'failed'], false, false],
    [['failed', 'failed', 'completed'], true, true],
    [['failed', 'completed', 'abandoned', 'completed'], true, false],
    [['abandoned', 'abandoned', 'abandoned'], true, true],
  ];
  for (const [outcomes, attempted, stuck] of table) {
    const found = count(...outcomes.map((outcome, i) => [100 + i, ended(outcome)] as const));
    assert.deepEqual([found?.attempted, found?.stuck], [attempted, stuck], outcomes.join());
  }
});

test("a user's value is the lower median over the window, censored ones infinite", () => {
  assert.equal(count([100, took(1_000)], [101, took(50)], [102, took(0, true)])?.median, stepOf(1_000));
  assert.equal(count([100, took(0, true)], [102, took(70)], [103, took(0, true)])?.median, INFINITE_STEP);
  assert.equal(count([100, { class: 'time', measure: 'dwell', durationMs: 5, censored: false }])?.median, -1);
});

test('the 65th fingerprint of a user and feature is not kept, and has a place once one of the 64 has left', () => {
  const days = daysWith(Array.from({ length: FINGERPRINTS_KEPT }, (_, i) => [i === 0 ? 100 : 101, error(`E${String(i)}`)] as const));
  const meet = (code: string): boolean => putSignal(days, 102, REF, signalFrom(signalOf({ user: 'u', ...REF, kind: error(code), occurredAt: 0 }, 0, 0, 0)));
  assert.equal(meet('late'), false);
  assert.equal(meet('E7'), true);
  days.shift();
  assert.equal(meet('late'), true);
  assert.equal(days.at(-1)?.buckets[0]?.errors, 3);
});
