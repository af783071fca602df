/**
 * A short chaos run: half a minute of faults, after which not one signal is missing, double, torn, out of order or other than the oracle says; and a
 * shorter one with the transaction taken out, in which the verifier finds what went wrong. `npm run chaos -- processor` is the long one.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openArena, type Arena } from '../arena/arena.ts';
import { SLOTS } from '../arena/ordeal.ts';
import { runChaos, type RunOptions } from './chaos.ts';
import { startBefore } from './traffic.ts';

const LIMIT_MS = 280_000;
const SEED = 11;
const DAY = 86_400_000;
const start = startBefore(Date.now());
const run = (title: string, over: Pick<RunOptions, 'durationMs' | 'paceMs' | 'kinds' | 'app' | 'transactions' | 'start'>): RunOptions => ({ seed: SEED, eventsPerSecond: 1_000, say: (text) => { console.error(`${title}, seed ${SEED}: ${text}`); }, ...over });

let arena: Arena;
before(async () => { arena = await openArena(SLOTS); });
after(async () => { await arena.stop(); });

test('members killed at every point, frozen, cut off and kept waiting: every event counts once', { timeout: LIMIT_MS }, async () => {
  const { faults, acknowledged, verdict } = await runChaos(arena, run('chaos', {
    durationMs: 24_000, paceMs: 2_200, app: '', transactions: true, start,
    kinds: ['kill_random', 'kill_in_restore', 'kill_after_init', 'kill_after_send', 'kill_after_send_offsets', 'kill_before_commit', 'kill_after_commit', 'zombie', 'proxy_cut', 'proxy_drop_responses', 'proxy_delay_end_txn'],
  }));
  const { lost, duplicated, torn, out_of_order, mismatches, signals, samples } = verdict;
  assert.deepEqual({ lost, duplicated, torn, out_of_order, mismatches }, { lost: 0, duplicated: 0, torn: 0, out_of_order: 0, mismatches: 0 }, samples.join('\n'));
  assert.ok(acknowledged > 5_000 && signals > 5_000, `${acknowledged} acknowledged, ${signals} signals`);
  const happened = Object.values(faults).reduce((sum, times) => sum + times, 0);
  assert.ok(happened >= 6, `only ${happened} faults took effect: ${JSON.stringify(faults)}`);
});

test('with the transaction taken out the verifier finds failures', { timeout: LIMIT_MS }, async () => {
  const { faults, verdict } = await runChaos(arena, run('without transactions', { durationMs: 10_000, paceMs: 2_000, app: 'bare', transactions: false, start: start + 10 * DAY, kinds: ['kill_after_send'] }));
  assert.ok((faults['kill_after_send'] ?? 0) > 0, 'nobody was killed between two sends');
  assert.ok(verdict.lost + verdict.duplicated + verdict.torn > 0, JSON.stringify(verdict));
});
