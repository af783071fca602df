import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTally, noCounts, type Counts } from '../arena/counts.ts';
import { compareRows, type Row } from './compareRows.ts';
import { compareStates } from './compareStates.ts';
import { createGroups } from './groups.ts';

const row = (id: string, group: string, text = `all of ${id}`): Row => ({ id, group, text });
const [A, B, C, D] = [row('a', 'tick 1'), row('b', 'tick 1'), row('c', 'tick 1'), row('d', 'tick 2')];

/** Two topics: rows of a tick are in both. */
function counts(challenges: readonly Row[], findings: readonly Row[]): Counts {
  const [tally, groups] = [createTally(), createGroups()];
  compareRows([A, B, D], challenges, 'challenges/0', tally, groups);
  compareRows([C], findings, 'findings/0', tally, groups);
  groups.finish(tally);
  return tally.counts;
}

test('the same rows in the same order count nothing', () => {
  assert.deepEqual(counts([A, B, D], [C]), noCounts());
});

test('a missing row is lost, and torn what was written with it, in whatever topic', () => {
  assert.deepEqual(counts([A, B], [C]), { ...noCounts(), lost: 1 });
  assert.deepEqual(counts([A, D], [C]), { ...noCounts(), lost: 1, torn: 1 });
  assert.deepEqual(counts([A, B, D], []), { ...noCounts(), lost: 1, torn: 1 });
});

test('a row that comes again is duplicated, one before its turn out of order', () => {
  assert.deepEqual(counts([A, B, A, D], [C]), { ...noCounts(), duplicated: 1 });
  assert.deepEqual(counts([A, D, B], [C]), { ...noCounts(), out_of_order: 1 });
});

test('other content and unknown rows are mismatches', () => {
  assert.deepEqual(counts([A, row('b', 'tick 1', 'other'), D], [C]), { ...noCounts(), mismatches: 1 });
  assert.deepEqual(counts([A, B, D, row('e', 'tick 3')], [C]), { ...noCounts(), mismatches: 1 });
});

test('states are compared key by key; how often was committed, and where in its own topic, is a run\'s own', () => {
  const differences = (calm: Record<string, unknown>, storm: Record<string, unknown>): number => {
    const tally = createTally();
    const state = (of: Record<string, unknown>): Map<string, string> => new Map(Object.entries(of).map(([key, value]) => [key, JSON.stringify(value)]));
    compareStates(state(calm), state(storm), 'profile.changelog/0', tally);
    return tally.counts.mismatches;
  };
  const calm = { p: { n: 3, watermark: 7 }, meta: { n: 3, partitions: [{ evaluated_to: 5, reset: 9 }] }, 'u/x': { n: 1, level: 'expert' } };
  assert.equal(differences(calm, { ...calm, p: { n: 8, watermark: 7 }, meta: { n: 8, partitions: [{ evaluated_to: 5, reset: 4 }] } }), 0);
  assert.equal(differences(calm, { ...calm, p: { n: 3, watermark: 8 } }), 1);
  assert.equal(differences(calm, { ...calm, 'u/x': { n: 2, level: 'expert' } }), 1);
  assert.equal(differences(calm, { p: calm.p, meta: calm.meta, 'u/y': {} }), 2);
});
