/** Teams in a challenge: nobody can tell from them what fewer than five users did, not even by subtracting what is shown from the levels' totals. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { TeamEvidence } from '../../../../schemas/records.ts';
import { shownTeams } from '../../../../consumers/analyzer/rules/shownTeams.ts';

const teams = (...eligible: readonly number[]): TeamEvidence[] => eligible.map((of, n) => ({ team: `t${String(n)}`, affected: Math.floor(of / 2), eligible: of }));
const names = (shown: readonly TeamEvidence[]): string[] => shown.map(({ team }) => team);

test('all teams are large: all are shown', () => {
  assert.deepEqual(shownTeams(teams(5, 30, 7)), teams(5, 30, 7));
});

test('one small team would follow by subtraction: the smallest of the others is left out too', () => {
  assert.deepEqual(names(shownTeams(teams(20, 4, 9, 6))), ['t0', 't2']);
  assert.deepEqual(names(shownTeams(teams(20, 4, 6, 6))), ['t0', 't3'], 'of two alike the first by name');
  assert.deepEqual(names(shownTeams(teams(3, 8))), [], 'the only other one');
});

test('small teams that are five users together hide each other', () => {
  assert.deepEqual(names(shownTeams(teams(20, 3, 2, 6))), ['t0', 't3']);
  assert.deepEqual(names(shownTeams(teams(20, 2, 2, 6))), ['t0'], 'four together do not');
});

test('whatever the teams: at least five users are in what is shown and in what is left over, and no more is left out than that takes', () => {
  const arbitrary = fc.uniqueArray(fc.record({ team: fc.string({ maxLength: 3 }), eligible: fc.integer({ min: 1, max: 12 }), share: fc.double({ min: 0, max: 1, noNaN: true }) }), { selector: ({ team }) => team, maxLength: 12 });
  fc.assert(fc.property(arbitrary, (given) => {
    const all = given.map(({ team, eligible, share }) => ({ team, eligible, affected: Math.round(eligible * share) }));
    const shown = shownTeams(all);
    assert.ok(shown.every(({ eligible }) => eligible >= 5));
    assert.deepEqual(shown, all.filter((team) => shown.includes(team)), 'as they are, in their order');
    const left = all.filter((team) => !shown.includes(team));
    const users = left.reduce((sum, { eligible }) => sum + eligible, 0);
    assert.ok(left.length === 0 || users >= 5 || shown.length === 0, `${String(users)} users follow by subtraction`);
    assert.ok(left.filter(({ eligible }) => eligible >= 5).length <= 1);
    // Whoever is told the totals and the shown teams knows the sum of the left over, and no part of it.
    const [larger] = left.filter(({ eligible }) => eligible >= 5);
    if (larger !== undefined) assert.ok(users - larger.eligible < 5 && users > larger.eligible);
    assert.deepEqual(shownTeams(all.toReversed()).toReversed(), shown, 'whatever their order');
  }), { numRuns: 500, seed: 1 });
});
