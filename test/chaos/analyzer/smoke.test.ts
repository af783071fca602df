/**
 * A short chaos run: four weeks of a small platform through analyzers that are killed at every point, frozen, cut off and restarted in turn, and not a
 * row is other than in an uninterrupted run. `npm run chaos -- analyzer` is the long one, with `--without-transactions` to see the verifier find something.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openArena } from '../arena/arena.ts';
import { noCounts } from '../arena/counts.ts';
import { SLOTS } from '../arena/ordeal.ts';
import { runChaos } from './chaos.ts';

const LIMIT_MS = 280_000;
const SEED = 5;

test('analyzers killed, frozen, cut off and restarted: the same levels, bottlenecks and challenges as undisturbed', { timeout: LIMIT_MS }, async () => {
  const arena = await openArena(SLOTS);
  try {
    const { faults, verdict } = await runChaos(arena, {
      seed: SEED, world: 'small', days: 0, undisturbedDays: 16, durationMs: 10_000, paceMs: 2_000, transactions: true, say: (text) => { console.error(`chaos, seed ${SEED}: ${text}`); },
      kinds: ['kill_in_restore', 'kill_after_send', 'kill_before_commit', 'kill_after_commit', 'rolling_restart', 'proxy_drop_responses'],
    });
    const { lost, duplicated, torn, out_of_order, mismatches, samples, rows } = verdict;
    console.error(JSON.stringify(rows));
    assert.deepEqual({ lost, duplicated, torn, out_of_order, mismatches }, noCounts(), samples.join('\n'));
    const happened = Object.values(faults).reduce((sum, times) => sum + times, 0);
    assert.ok(happened >= 3, `only ${happened} faults took effect: ${JSON.stringify(faults)}`);
  } finally {
    await arena.stop();
  }
});
