/**
 * A short chaos run: seconds of faults between the log and the tables, after which each row is there once, also when everything was read once more; and a shorter
 * one in which a batch counts as inserted when it is sent, in which the verifier finds what is missing. `npm run chaos -- sink` is the long one.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openArena, type Arena } from '../arena/arena.ts';
import { noCounts } from '../arena/counts.ts';
import { SLOTS } from '../arena/ordeal.ts';
import { runChaos, type RunOptions, type RunResult } from './chaos.ts';

const LIMIT_MS = 280_000;
const SEED = 5;

let arena: Arena;
before(async () => { arena = await openArena(SLOTS); });
after(async () => { await arena.stop(); });

const run = (title: string, over: Pick<RunOptions, 'app' | 'durationMs' | 'paceMs' | 'kinds' | 'confirmation' | 'replayed'>): Promise<RunResult> =>
  runChaos(arena, { seed: SEED, recordsPerSecond: 500, say: (text) => { console.error(`${title}, seed ${SEED}: ${text}`); }, ...over });

test('sinks killed around inserts and commits, ClickHouse killed and full, answers lost: each row once, and after everything was read once more', { timeout: LIMIT_MS }, async () => {
  const { faults, verdict, rows, repeatedInserts } = await run('chaos', { app: 'chaos', durationMs: 9_000, paceMs: 1_400, confirmation: true, replayed: true, kinds: ['kill_after_insert', 'kill_after_offsets', 'clickhouse_kill', 'http_drop_answers', 'disk_full', 'http_cut'] });
  const { samples, ...counts } = verdict;
  assert.deepEqual(counts, noCounts(), samples.join('\n'));
  assert.ok((rows['signals'] ?? 0) > 1_000, JSON.stringify(rows));
  assert.ok(repeatedInserts > 0, 'nothing was inserted twice, or this would prove nothing about the tokens');
  const happened = Object.values(faults).reduce((sum, times) => sum + times, 0);
  assert.ok(happened >= 4, `only ${happened} faults took effect: ${JSON.stringify(faults)}`);
});

test('a sink that takes a batch for inserted when it is sent loses rows while ClickHouse takes none, and the verifier says so', { timeout: LIMIT_MS }, async () => {
  const { faults, verdict } = await run('without confirmation', { app: 'unconfirmed', durationMs: 4_000, paceMs: 2_500, confirmation: false, replayed: false, kinds: ['too_many_parts'] });
  assert.ok(Object.values(faults).some((times) => times > 0), JSON.stringify(faults));
  assert.ok(verdict.lost > 0, JSON.stringify(verdict));
});
