import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FindingState, Level } from '../../../../schemas/records.ts';
import type { Subject } from '../../../../consumers/analyzer/rules/counts.ts';
import { evaluate } from '../../../../consumers/analyzer/rules/evaluate.ts';
import { evidenceOf, teamsOf, wilson } from '../../../../consumers/analyzer/rules/evidence.ts';
import { ENTRY, ruleOf, subjectOf, worldOf } from './world.ts';
import type { Users } from './world.ts';

/** affected/eligible of beginners, intermediates, experts. */
type Shares = readonly [string, string, string];
const shares = (given: Shares): Users[] =>
  given.map((text, i) => {
    const [affected, eligible] = text.split('/').map(Number);
    return { level: (['beginner', 'intermediate', 'expert'] as const)[i] ?? 'expert', affected: affected ?? 0, eligible: eligible ?? 0 };
  });

const share: readonly (readonly [rule: string, what: string, Shares, FindingState, failed: readonly Level[]])[] = [
  ['error-everyone', 'all just above', ['81/100', '66/100', '51/100'], 'holds', []],
  ['error-everyone', 'beginners at the threshold', ['80/100', '66/100', '51/100'], 'near', []],
  ['error-everyone', 'intermediates at the threshold', ['81/100', '65/100', '51/100'], 'near', []],
  ['error-everyone', 'experts at the threshold', ['81/100', '66/100', '50/100'], 'near', []],
  ['error-everyone', 'beginners just above the relaxed', ['71/100', '66/100', '51/100'], 'near', []],
  ['error-everyone', 'beginners at the relaxed', ['70/100', '66/100', '51/100'], 'below', ['beginner']],
  ['error-everyone', 'intermediates at the relaxed', ['81/100', '55/100', '51/100'], 'below', ['intermediate']],
  ['error-everyone', 'experts and beginners at the relaxed', ['70/100', '66/100', '40/100'], 'below', ['expert', 'beginner']],
  ['error-everyone', 'nine intermediates', ['81/100', '9/9', '51/100'], 'insufficient_data', []],
  ['error-everyone', 'ten of each', ['9/10', '7/10', '6/10'], 'holds', []],
  ['error-novices', 'just above and below', ['51/100', '0/0', '9/100'], 'holds', []],
  ['error-novices', 'beginners at', ['50/100', '0/0', '9/100'], 'near', []],
  ['error-novices', 'experts at', ['51/100', '0/0', '10/100'], 'near', []],
  ['error-novices', 'experts just below the relaxed', ['51/100', '0/0', '19/100'], 'near', []],
  ['error-novices', 'experts at the relaxed', ['51/100', '0/0', '20/100'], 'below', ['expert']],
  ['error-novices', 'beginners at the relaxed', ['40/100', '0/0', '9/100'], 'below', ['beginner']],
  ['error-novices', 'nine experts', ['51/100', '0/0', '0/9'], 'insufficient_data', []],
  ['abandoned-everyone', 'just above', ['51/100', '51/100', '51/100'], 'holds', []],
  ['abandoned-everyone', 'intermediates at', ['51/100', '50/100', '51/100'], 'near', []],
  ['abandoned-everyone', 'intermediates at the relaxed', ['51/100', '40/100', '51/100'], 'below', ['intermediate']],
  ['abandoned-novices', 'just above and below', ['51/100', '90/100', '9/100'], 'holds', []],
  ['abandoned-novices', 'experts at', ['51/100', '0/0', '10/100'], 'near', []],
  ['unused-by-novices', 'just above and below', ['9/100', '50/100', '51/100'], 'holds', []],
  ['unused-by-novices', 'experts at', ['9/100', '50/100', '50/100'], 'near', []],
  ['unused-by-novices', 'beginners at', ['10/100', '50/100', '51/100'], 'near', []],
  ['unused-by-novices', 'beginners at the relaxed', ['20/100', '50/100', '51/100'], 'below', ['beginner']],
];
for (const [rule, what, given, state, failed] of share) {
  test(`${rule}: ${what}: ${state}`, () => {
    const verdict = evaluate(subjectOf(rule, shares(given)));
    assert.equal(verdict.state, state);
    assert.deepEqual(verdict.failed, failed);
  });
}

/** Medians of ten beginners, intermediates, experts; expected 1000 ms. */
const time: readonly (readonly [rule: string, what: string, g: number, medians: readonly [number, number, number], FindingState, failed: readonly Level[]])[] = [
  ['slow-everyone', 'just above twice', 1, [2001, 2001, 2001], 'holds', []],
  ['slow-everyone', 'experts at twice', 1, [2001, 2001, 2000], 'near', []],
  ['slow-everyone', 'experts at the relaxed', 1, [2001, 2001, 1800], 'below', ['expert']],
  ['slow-everyone', 'nobody ever ends', 1, [-1, -1, -1], 'holds', []],
  ['slow-novices', 'just above twice', 1, [2001, 0, 1000], 'holds', []],
  ['slow-novices', 'at twice', 1, [2000, 0, 1000], 'near', []],
  ['slow-novices', 'at the relaxed', 1, [1800, 0, 1000], 'below', ['beginner']],
  ['slow-novices', 'everything is slower for beginners', 1.5, [3000, 0, 1000], 'near', []],
  ['slow-novices', 'slower even so', 1.5, [3001, 0, 1000], 'holds', []],
  ['slow-novices', 'experts at 1.5 of the expected', 1, [3001, 0, 1500], 'holds', []],
  ['slow-novices', 'experts above it', 1, [4001, 0, 1501], 'near', []],
  ['slow-novices', 'experts at the relaxed', 1, [4001, 0, 1650], 'near', []],
  ['slow-novices', 'experts above the relaxed', 1, [4001, 0, 1651], 'below', ['expert']],
  ['slow-novices', 'beginners never end', 1, [-1, 0, 1000], 'holds', []],
  ['slow-novices', 'experts neither', 1, [-1, 0, -1], 'below', ['beginner', 'expert']],
];
const timed = (medians: readonly number[]): Users[] => medians.map((ms, i) => ({ level: (['beginner', 'intermediate', 'expert'] as const)[i] ?? 'expert', eligible: 10, durations: [[ms, 10]] }));
for (const [rule, what, g, medians, state, failed] of time) {
  test(`${rule}: ${what}: ${state}`, () => {
    const verdict = evaluate(subjectOf(rule, timed(medians), { g }));
    assert.equal(verdict.state, state);
    assert.deepEqual(verdict.failed, failed);
  });
}

test('the level median is the lower one of its users', () => {
  const users: Users[] = [{ level: 'beginner', eligible: 10, durations: [[2001, 5], [100, 5]] }, { level: 'expert', eligible: 10, durations: [[50, 5], [-1, 5]] }];
  assert.deepEqual(evaluate(subjectOf('slow-novices', users)).values, [100, 50]);
});

test('what a rule cannot do without', () => {
  const state = (rule: string, change: Partial<Subject>): FindingState => evaluate(subjectOf(rule, [...timed([3000, 3000, 3000]), ...shares(['10/10', '10/10', '10/10'])], change)).state;
  assert.equal(state('slow-everyone', {}), 'holds');
  assert.equal(state('slow-everyone', { catalog: null }), 'insufficient_data');
  assert.equal(state('slow-everyone', { catalog: { ...ENTRY, expected_ms: null } }), 'insufficient_data');
  assert.equal(state('slow-novices', { catalog: { ...ENTRY, expected_ms: null } }), 'insufficient_data');
  assert.equal(state('abandoned-everyone', { catalog: { ...ENTRY, expected_ms: null } }), 'near', 'needs no expectation');
  assert.equal(state('error-novices', { catalog: null }), 'below', 'needs no catalog');
  const errorsOnly = worldOf(shares(['90/100', '90/100', '90/100']));
  for (const { all } of errorsOnly.tally.levels.values()) all.worked = 0;
  assert.equal(state('error-everyone', errorsOnly), 'insufficient_data', 'errors alone: nobody knows who works there');
});

test('one team whose affair it is', async (t) => {
  const cases: readonly (readonly [name: string, rule: string, beginners: readonly Users[], FindingState, team: string | null])[] = [
    ['over 80 % of the affected, ten others', 'error-novices', [{ level: 'beginner', team: 'a', eligible: 15, affected: 13 }, { level: 'beginner', team: 'b', eligible: 10, affected: 3 }], 'near', 'a'],
    ['at 80 %', 'error-novices', [{ level: 'beginner', team: 'a', eligible: 12, affected: 12 }, { level: 'beginner', team: 'b', eligible: 10, affected: 3 }], 'holds', null],
    ['nine others', 'error-novices', [{ level: 'beginner', team: 'a', eligible: 15, affected: 13 }, { level: 'beginner', team: 'b', eligible: 9, affected: 3 }], 'holds', null],
    ['ten others in two teams', 'error-novices', [{ level: 'beginner', team: 'a', eligible: 15, affected: 13 }, { level: 'beginner', team: 'b', eligible: 5, affected: 1 }, { level: 'beginner', team: 'c', eligible: 5, affected: 2 }], 'near', 'a'],
    ['non-users are the affected', 'unused-by-novices', [{ level: 'beginner', team: 'a', eligible: 100, affected: 0 }, { level: 'beginner', team: 'b', eligible: 10, affected: 10 }], 'near', 'a'],
    ['users are not', 'unused-by-novices', [{ level: 'beginner', team: 'a', eligible: 50, affected: 8 }, { level: 'beginner', team: 'b', eligible: 50, affected: 0 }], 'holds', null],
  ];
  for (const [name, rule, beginners, state, team] of cases) {
    await t.test(name, () => {
      const experts: Users = rule === 'error-novices' ? { level: 'expert', eligible: 20, affected: 0 } : { level: 'expert', team: 'a', eligible: 20, affected: 20 };
      const verdict = evaluate(subjectOf(rule, [...beginners, experts]));
      assert.equal(verdict.state, state);
      assert.equal(verdict.team, team);
      assert.deepEqual(verdict.failed, []);
    });
  }
  await t.test('over all levels where all are harmed', () => {
    const everyone = (['beginner', 'intermediate', 'expert'] as const).flatMap((level): Users[] => [{ level, team: 'a', eligible: 30, affected: 30 }, { level, team: 'b', eligible: 4, affected: 0 }]);
    assert.equal(evaluate(subjectOf('error-everyone', everyone)).team, 'a', '12 others over the three levels');
  });
  await t.test('slow: those above the threshold', () => {
    const slow: Users[] = [{ level: 'beginner', team: 'a', eligible: 15, durations: [[5000, 15]] }, { level: 'beginner', team: 'b', eligible: 10, durations: [[2000, 10]] }, { level: 'expert', eligible: 10, durations: [[1000, 10]] }];
    assert.equal(evaluate(subjectOf('slow-novices', slow)).team, 'a');
  });
});

test('evidence: a row per level, thresholds for the named ones, Wilson intervals', () => {
  const rows = evidenceOf(subjectOf('error-novices', [...shares(['60/100', '30/50', '2/40']), { level: 'infrequent', eligible: 10, affected: 1 }, { level: 'machine', eligible: 99, affected: 99 }]));
  assert.deepEqual(rows.map(({ level, affected, eligible, value, op, threshold }) => [level, affected, eligible, value, op, threshold]), [
    ['beginner', 60, 100, 0.6, '>', 0.5],
    ['intermediate', 30, 50, 0.6, null, null],
    ['expert', 2, 40, 0.05, '<', 0.1],
    ['infrequent', 1, 10, 0.1, null, null],
  ]);
  // The textbook's interval for 60 of 100.
  const { low, high } = wilson(60, 100);
  assert.ok(Math.abs(low - 0.5020026) < 1e-6 && Math.abs(high - 0.6905987) < 1e-6, `${String(low)} ${String(high)}`);
  assert.equal(wilson(0, 20).low, 0);
});

test('evidence of medians: affected above the rule\'s threshold at every level, infinity as null', () => {
  const users: Users[] = [{ level: 'beginner', eligible: 12, durations: [[5000, 4], [-1, 8]] }, { level: 'expert', eligible: 10, durations: [[1000, 9], [3001, 1]] }];
  const rows = evidenceOf(subjectOf('slow-novices', users, { g: 1.5 }));
  assert.deepEqual(rows.map(({ level, measure, affected, eligible, value, op, threshold, low }) => [level, measure, affected, eligible, value, op, threshold, low]), [
    ['beginner', 'median_ms', 12, 12, null, '>', 3000, null],
    ['intermediate', 'median_ms', 0, 0, null, null, null, null],
    ['expert', 'median_ms', 1, 10, 1000, '<=', 1500, null],
    ['infrequent', 'median_ms', 0, 0, null, null, null, null],
  ]);
});

test('teams: of the harmed levels, five eligible or more', () => {
  const users: Users[] = [{ level: 'beginner', team: 'b', eligible: 5, affected: 4 }, { level: 'beginner', team: 'a', eligible: 20, affected: 9 }, { level: 'beginner', team: 'c', eligible: 4, affected: 4 }, { level: 'beginner', team: 'd', eligible: 2, affected: 0 }, { level: 'expert', team: 'a', eligible: 50, affected: 0 }];
  assert.deepEqual(teamsOf(subjectOf('error-novices', users)), [{ team: 'a', affected: 9, eligible: 20 }, { team: 'b', affected: 4, eligible: 5 }]);
});

test('a rule that compares with experts and does not name them: without any there is nothing to compare with', () => {
  const rule = { ...ruleOf('slow-novices'), id: 'slow-beginners', conditions: [{ level: 'beginner', op: '>', threshold: 2, of: 'experts' }] } as const;
  const beginners: Users = { level: 'beginner', eligible: 12, durations: [[5000, 12]] };
  assert.deepEqual(evaluate(subjectOf('slow-novices', [beginners], { rule })), { state: 'insufficient_data', failed: [], values: [5000], team: null });
  assert.equal(evaluate(subjectOf('slow-novices', [beginners, { level: 'expert', eligible: 3, durations: [[1000, 3]] }], { rule })).state, 'holds');
});
