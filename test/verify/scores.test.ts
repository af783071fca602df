import assert from 'node:assert/strict';
import { test } from 'node:test';
import { history, createWorld } from './history.ts';
import { classifyInformed } from './informed.ts';
import { isWellSeparated, planOf } from './plan.ts';
import { adjustedRandIndex } from './randIndex.ts';
import { resultOf, type Score } from './report.ts';

test('the adjusted Rand index: 1 for the same partition under other names, below 0 for worse than chance, and a worked example', () => {
  assert.equal(adjustedRandIndex(['a', 'a', 'b', 'b'], ['x', 'x', 'y', 'y']), 1);
  assert.ok(Math.abs(adjustedRandIndex(['a', 'a', 'b', 'b'], ['x', 'y', 'x', 'y']) + 0.5) < 1e-12);
  // Hubert and Arabie's measure by hand: pairs together in both 2, in each 6 and 4, of 15; expected 1.6.
  assert.ok(Math.abs(adjustedRandIndex(['a', 'a', 'a', 'b', 'b', 'b'], ['x', 'x', 'y', 'y', 'z', 'z']) - (2 - 18 / 15) / (4.5 - 18 / 15)) < 1e-12);
});

test('the informed classifier tells apart what can be told apart, also where only the spread differs', () => {
  const at = (level: string, n: number): { user_id: string; level: 'unclassified'; values: [number, number, number, number] } => {
    const wave = Math.sin(n * 12.9898) * (level === 'wide' ? 2 : 0.05);
    return { user_id: `${level}${String(n)}`, level: 'unclassified', values: [Math.exp(wave), Math.exp(Math.cos(n * 7.1) * 0.3), 0.5, 1 + 0.1 * Math.sin(n)] };
  };
  const users = ['narrow', 'wide'].flatMap((level) => Array.from({ length: 60 }, (_, n) => ({ level, vector: at(level, n) })));
  const named = classifyInformed(users.map(({ vector }) => vector), users.map(({ level }) => level));
  assert.ok(named.filter((name, i) => name === users[i]?.level).length > 112);
});

test('fifty plans: null worlds, five on real Kafka, sizes over two decades; a world is a function of seed and number', () => {
  const plans = Array.from({ length: 50 }, (_, number) => planOf(1, number));
  assert.equal(plans.filter(({ flow }) => flow === 'kafka').length, 5);
  assert.equal(plans.filter(({ kind }) => kind === 'null').length, 11);
  assert.ok(plans.filter((plan) => isWellSeparated(plan)).length > 20 && plans.some((plan) => !isWellSeparated(plan)));
  assert.ok(Math.min(...plans.map(({ users }) => users)) < 300 && Math.max(...plans.map(({ users }) => users)) > 15_000);
  const first = (): string => JSON.stringify(history(createWorld(planOf(3, 1, 210))).next().value);
  assert.equal(first(), first());
});

test('scores add up to the result, in any pieces', () => {
  const score: Score = { world: 0, rows: 10, mismatches: 0, planted: 4, clear: 3, found: 3, right: 4, wrong: 0, levels: { users: 9, ari: 0.9, informed: 1, wellSeparated: true }, delays: [24, 30], isNull: false, judgedMs: 1, openings: 4 };
  const nothing: Score = { world: 1, rows: 10, mismatches: 2, planted: 0, clear: 0, found: 0, right: 0, wrong: 1, levels: { users: 9, ari: 0.4, informed: 0.8, wellSeparated: false }, delays: [26], isNull: true, judgedMs: 365.25 * 86_400_000 / 2, openings: 1 };
  assert.deepEqual(resultOf([score, nothing]), { worlds: 2, oracle_mismatches: 2, precision: 0.8, recall: 1, ari: 0.9, ari_share: 0.7222, false_openings_per_year: 2, delay_ticks: { p50: 26, max: 30 } });
  assert.deepEqual(resultOf([{ ...score, found: 2 }]), { worlds: 1, oracle_mismatches: 0, precision: 1, recall: 0.6667, ari: 0.9, ari_share: 0.9, false_openings_per_year: null, delay_ticks: { p50: 24, max: 30 } });
});
