/** Two small worlds of `npm run verify -- detection`, and what the judge must not let pass. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Outcome } from './flow.ts';
import { createWorld } from './history.ts';
import { consult, judgeWorld } from './judge.ts';
import { throughMemory } from './memoryFlow.ts';
import { planOf } from './plan.ts';
import { resultOf, scoreOf } from './report.ts';

const LARGEST = 210;
const PLANTED = 0;
const NULL = 2;

test('a world in which something is planted', async (t) => {
  const plan = planOf(1, PLANTED, LARGEST);
  assert.equal(plan.kind, 'planted');
  const world = createWorld(plan);
  const outcome = await throughMemory(world);
  const consulted = consult(world, outcome);
  const mismatches = (changed: Partial<Outcome>): number => scoreOf(world, judgeWorld(world, { ...outcome, ...changed }, consulted)).mismatches;

  await t.test('is what the oracle says; what is clear is found, and nothing else', () => {
    const verdict = judgeWorld(world, outcome, consulted);
    assert.deepEqual(verdict.differences.expected, []);
    assert.deepEqual(verdict.differences.actual, []);
    assert.ok(verdict.clear.length >= 2 && verdict.differences.rows > 1_000);
    assert.deepEqual(resultOf([scoreOf(world, verdict)]), { worlds: 1, oracle_mismatches: 0, precision: 1, recall: 1, ari: verdict.levels?.ari, ari_share: 1, false_openings_per_year: null, delay_ticks: { p50: 24, max: Math.max(...verdict.delays) } });
  });

  await t.test('a row too few, a number that is off by one, and one tick late are seen', () => {
    const { challenges, findings } = outcome;
    assert.equal(mismatches({ challenges: challenges.slice(1) }), 1);
    assert.equal(mismatches({ findings: findings.map((finding, n) => (n === 70 ? { ...finding, evidence: finding.evidence.map((row) => ({ ...row, eligible: row.eligible + 1 })) } : finding)) }), 1);
    assert.ok(mismatches({ challenges: challenges.map((challenge, n) => (n === 0 ? { ...challenge, evaluated_at: challenge.evaluated_at + 3_600_000 } : challenge)) }) >= 1);
    assert.equal(mismatches({ challenges: challenges.map((challenge, n) => (n === 0 ? { ...challenge, sample_event_ids: challenge.sample_event_ids.toReversed() } : challenge)) }), challenges[0]?.sample_event_ids.length === 0 ? 0 : 1);
  });

  await t.test('what was not opened is missed, and what was not planted is false', () => {
    const opened = outcome.challenges.filter(({ status }) => status === 'opened');
    const [first] = opened;
    assert.ok(first !== undefined);
    const { missed, wrong } = judgeWorld(world, { ...outcome, challenges: opened.map((challenge) => (challenge === first ? { ...challenge, feature: 'training-8' } : challenge)) }, consulted);
    assert.deepEqual(missed.map(({ feature }) => feature), [first.feature]);
    assert.deepEqual(wrong.map(({ feature }) => feature), ['training-8']);
  });
});

test('a world in which nothing is planted opens nothing', async () => {
  const plan = planOf(1, NULL, LARGEST);
  assert.equal(plan.kind, 'null');
  const world = createWorld(plan);
  const verdict = judgeWorld(world, await throughMemory(world));
  assert.deepEqual({ ...verdict.differences, rows: 0 }, { rows: 0, expected: [], actual: [] });
  assert.equal(verdict.openings, 0);
  assert.ok(verdict.judgedMs > 14 * 86_400_000, 'there was time enough');
});
