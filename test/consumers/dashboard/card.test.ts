/** What of a challenge is shown: users that it harms, and nothing of fewer than five. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cardOf, levelEvidence } from '../../../consumers/dashboard/queries/card.ts';
import type { Evidence } from '../../../schemas/records.ts';
import { challenge } from '../clickhouse/records.ts';

const share = (level: Evidence['level'], affected: number, eligible: number, op: string | null = null): Evidence => ({ level, measure: 'share', affected, eligible, value: affected / eligible, op, threshold: op === null ? null : 0.5, low: 0.1, high: 0.9 });
const evidence = [share('beginner', 30, 40, '>'), share('expert', 2, 20, '<'), share('intermediate', 3, 4)];
const title = (): string => 'Notebooks';

test('of fewer than five users nothing is said but that there are few', () => {
  assert.deepEqual(levelEvidence(share('expert', 3, 4, '<')), { level: 'expert', measure: 'share', affected: null, eligible: null, value: null, op: '<', threshold: 0.5, low: null, high: null, few: true });
  assert.equal(levelEvidence(share('expert', 3, 5)).affected, 3);
});

test('affected are users of the harmed levels; where the rule counts who does, those who do not', () => {
  const of = (harmed: Evidence['level'][], doers: boolean) => cardOf(challenge({ evidence }), () => ({ harmed, counts_users_who_do: doers }), title);
  assert.deepEqual([of(['beginner'], false).affected, of(['beginner'], false).eligible], [30, 40]);
  assert.deepEqual([of(['beginner'], true).affected, of(['beginner'], true).eligible], [10, 40]);
  assert.deepEqual([of(['beginner', 'expert', 'intermediate'], false).affected, of(['beginner', 'expert', 'intermediate'], false).eligible], [32, 60], 'four intermediates are not counted in');
  assert.deepEqual([of(['intermediate'], false).affected, of(['intermediate'], false).eligible], [null, null]);
});

test('of a rule that is not known, the levels that it names', () => {
  const card = cardOf(challenge({ evidence }), () => null, title);
  assert.deepEqual([card.affected, card.eligible, card.title], [32, 60, 'Notebooks']);
});
