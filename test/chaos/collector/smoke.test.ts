/**
 * A short chaos run: a dozen seconds of faults between clients and the log, after which everything acknowledged is in the log, and once behind the processor; and
 * a shorter one with the acknowledgement taken out, in which the verifier finds what is missing. `npm run chaos -- collector` is the long one.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openArena, type Arena } from '../arena/arena.ts';
import { noCounts } from '../arena/counts.ts';
import { runChaos, SLOTS_NEEDED, type RunOptions, type RunResult } from './chaos.ts';

const LIMIT_MS = 280_000;
const SEED = 8;

let arena: Arena;
before(async () => { arena = await openArena(SLOTS_NEEDED); });
after(async () => { await arena.stop(); });

const run = (title: string, over: Pick<RunOptions, 'tag' | 'durationMs' | 'paceMs' | 'kinds' | 'acknowledgement'>): Promise<RunResult> =>
  runChaos(arena, { seed: SEED, eventsPerSecond: 150, say: (text) => { console.error(`${title}, seed ${SEED}: ${text}`); }, ...over });

test('collector and SDK killed, answers lost, connections cut: what is acknowledged is in the log, and once behind the processor', { timeout: LIMIT_MS }, async () => {
  const { faults, verdict } = await run('chaos', { tag: '', durationMs: 11_000, paceMs: 1_200, acknowledgement: true, kinds: ['kill_after_send', 'kill_before_answer', 'kafka_cut', 'http_cut', 'http_drop_answers', 'sdk_kill'] });
  const { lost, duplicated, torn, out_of_order, mismatches, samples, acknowledged, repeated_in_log } = verdict;
  assert.deepEqual({ lost, duplicated, torn, out_of_order, mismatches }, noCounts(), samples.join('\n'));
  assert.ok(acknowledged > 500, `${acknowledged} acknowledged`);
  assert.ok(repeated_in_log > 0, 'nothing was sent twice, or this would prove nothing about the processor');
  const happened = Object.values(faults).reduce((sum, times) => sum + times, 0);
  assert.ok(happened >= 5, `only ${happened} faults took effect: ${JSON.stringify(faults)}`);
});

test('a collector that answers before Kafka has acknowledged, killed while Kafka is stalled, loses events, and the verifier says so', { timeout: LIMIT_MS }, async () => {
  const { faults, verdict } = await run('without acknowledgement', { tag: 'u', durationMs: 3_000, paceMs: 1_500, acknowledgement: false, kinds: ['kafka_stall', 'kill_random'] });
  assert.deepEqual(faults, { kafka_stall: 1, kill_random: 1 });
  assert.ok(verdict.lost > 0, JSON.stringify(verdict));
});
