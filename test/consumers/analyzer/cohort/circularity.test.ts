/** Findings that hold, judged again under the levels without the feature of the model that they are about. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBoard } from '../../../../consumers/analyzer/cohort/board.ts';
import { checkCircularity, circularityText } from '../../../../consumers/analyzer/cohort/circularity.ts';
import type { Circularity } from '../../../../consumers/analyzer/cohort/circularity.ts';
import { numbersWithout } from '../../../../consumers/analyzer/cohort/leftOut.ts';
import type { LeftOut } from '../../../../consumers/analyzer/cohort/leftOut.ts';
import type { OtherCounts } from '../../../../consumers/analyzer/partials.ts';
import type { LevelModel } from '../../../../consumers/analyzer/references.ts';
import { medianOf } from '../../../../consumers/analyzer/rules/tally.ts';
import { DAY_MS } from '../../../../consumers/analyzer/time.ts';
import { ENTRY, ruleOf, worldOf } from '../rules/world.ts';
import type { Users } from '../rules/world.ts';

const KEY = 'training/training-job';
const MODEL: LevelModel = {
  version: 1, scaling: [], centroids: [], labels: ['beginner', 'intermediate', 'expert'],
  left_out: ['features_per_stage', 'completion_ratio', 'relative_completion'].map((without) => ({ without, scaling: [], centroids: [] })),
};
const moves = (without: string, counts: readonly Partial<OtherCounts>[], presence: LeftOut['presence'] = []): LeftOut => ({
  v: 2, kind: 'left_out', tick: DAY_MS, without, presence,
  counts: counts.map((change) => ({ feature: 'training-job', stage: 'training', level: 'beginner', used: 0, attempted: 0, stuck: 0, durations: [], ...change })),
});

/** What is found of a rule that holds for these users; null: it was not asked. */
function found(rule: string, users: readonly Users[], said: readonly LeftOut[], model: LevelModel = MODEL): Circularity | null {
  const { tally, presence } = worldOf(users);
  const board = createBoard([ruleOf(rule)], () => null);
  const numbers = { features: new Map([[KEY, tally]]), presence };
  board.tick({ tick: DAY_MS, numbers, changes: { features: new Set([KEY]), presence: true }, before: null, catalog: new Map([[ENTRY.feature, ENTRY]]) });
  const [pair] = board.evaluated();
  assert.ok(pair !== undefined);
  const known = checkCircularity(board, { numbers, said, model });
  assert.deepEqual(known, pair.circularity === null ? [] : [pair], 'exactly what is news');
  assert.deepEqual(checkCircularity(board, { numbers, said, model }), [], 'the same again is no news');
  return pair.circularity;
}

/** 20 beginners with trouble, 20 experts without. */
const NOVICES: readonly Users[] = [{ level: 'beginner', eligible: 20, affected: 15 }, { level: 'intermediate', eligible: 20, affected: 4 }, { level: 'expert', eligible: 20, affected: 0 }];
const SLOW: readonly Users[] = [{ level: 'beginner', eligible: 20, durations: [[9000, 20]] }, { level: 'expert', eligible: 20, durations: [[1000, 20]] }];
const UNUSED: readonly Users[] = [{ level: 'beginner', eligible: 20, affected: 0 }, { level: 'expert', eligible: 20, affected: 15 }];

/** `users` beginners in trouble become experts. */
const stuckMove = (users: number): LeftOut => moves('completion_ratio', [{ attempted: -users, stuck: -users }, { level: 'expert', attempted: users, stuck: users }]);

test('abandonment: without completion ratios', () => {
  assert.equal(found('abandoned-novices', NOVICES, []), 'stands', 'nobody has another level');
  assert.equal(found('abandoned-novices', NOVICES, [stuckMove(1)]), 'stands', '14 of 19 and 1 of 21');
  assert.equal(found('abandoned-novices', NOVICES, [stuckMove(3)]), 'falls', '3 of 23 experts are not < 10 %');
  assert.equal(found('abandoned-novices', NOVICES, [stuckMove(1), stuckMove(2)]), 'falls', 'partitions add up');
  assert.equal(found('abandoned-novices', NOVICES, [moves('completion_ratio', [{ attempted: -11, stuck: -10 }, { level: 'intermediate', attempted: 11, stuck: 10 }])]), 'unknown', 'nine beginners are too few');
  assert.equal(found('abandoned-novices', NOVICES, [{ ...stuckMove(3), without: 'relative_completion' }]), 'stands', 'it is not about times');
});

test('completion times: without these, with how slow beginners are elsewhere under those levels', () => {
  const move = (users: number): LeftOut => moves('relative_completion', [{ durations: [[9000, -users]] }, { level: 'expert', durations: [[9000, users]] }]);
  assert.equal(found('slow-novices', SLOW, []), null, 'one feature that is nine times as slow is as slow as elsewhere: it does not hold');
  assert.equal(found('slow-everyone', [...SLOW, { level: 'intermediate', eligible: 20, durations: [[5000, 20]] }], [move(5)]), null);
  const everyone: readonly Users[] = (['beginner', 'intermediate', 'expert'] as const).map((level) => ({ level, eligible: 20, durations: [[level === 'expert' ? 2500 : 9000, 11], [1500, 9]] }));
  const fast = (users: number): LeftOut => moves('relative_completion', [{ level: 'expert', durations: [[2500, -users]] }, { durations: [[2500, users]] }]);
  assert.equal(found('slow-everyone', everyone, [fast(1)]), 'stands', 'ten of 19 experts above');
  assert.equal(found('slow-everyone', everyone, [fast(2)]), 'falls', 'the lower median of 9 and 9 is below');
});

test('use: without features per stage, of the users who are there', () => {
  const move = (users: number): LeftOut => moves('features_per_stage', [{ level: 'expert', used: -users }, { used: users }], [{ level: 'expert', users: -users }, { level: 'beginner', users }]);
  assert.equal(found('unused-by-novices', UNUSED, [move(2)]), 'stands', '2 of 22');
  assert.equal(found('unused-by-novices', UNUSED, [move(3)]), 'falls', '3 of 23');
  assert.equal(found('unused-by-novices', UNUSED, [move(11)]), 'unknown', 'nine experts are too few');
});

test('not asked of errors, nor of what does not hold; not known where the model has no levels without the feature', () => {
  assert.equal(found('error-novices', NOVICES, [stuckMove(3)]), null);
  assert.equal(found('abandoned-novices', [...NOVICES, { level: 'expert', eligible: 20, affected: 10 }], []), null);
  const { left_out, ...before } = MODEL;
  assert.equal(found('abandoned-novices', NOVICES, [], before), 'unknown');
  assert.equal(found('abandoned-novices', NOVICES, [], { ...before, left_out: left_out?.slice(0, 1) ?? [] }), 'unknown');
});

test('the numbers without a feature leave those in force as they are', () => {
  const { tally, presence } = worldOf(SLOW);
  const numbers = { features: new Map([[KEY, tally]]), presence };
  const before = structuredClone(numbers);
  const other = numbersWithout(numbers, [moves('relative_completion', [{ attempted: -3, durations: [[9000, -20], [1000, 3]] }, { level: 'infrequent', used: 1 }], [{ level: 'beginner', users: -2 }])]);
  assert.deepEqual(numbers, before);
  const beginners = other.features.get(KEY)?.levels.get('beginner')?.all;
  assert.ok(beginners !== undefined);
  assert.deepEqual([beginners.attempted, beginners.durations.users, medianOf(beginners.durations), other.presence.get('beginner')?.users], [17, 3, 1000, 18]);
  assert.equal(other.features.get(KEY)?.levels.get('infrequent')?.all.used, 1);
});

test('in words', () => {
  assert.equal(circularityText(ruleOf('slow-novices'), 'falls'), 'Without completion times in the model of levels this would not hold.');
  assert.equal(circularityText(ruleOf('unused-by-novices'), null), 'Whether this holds without the number of features used in the model of levels is not known.');
  for (const rule of ['slow-everyone', 'abandoned-novices', 'unused-by-novices']) assert.equal(circularityText(ruleOf(rule), 'stands'), '');
  for (const known of ['falls', 'unknown', null] as const) assert.equal(circularityText(ruleOf('error-novices'), known), '');
});
