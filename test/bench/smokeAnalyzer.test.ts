/** The analyzer's bench itself, on a short log: every contender runs, the peer counts the same as ours, and the result has its shape. Nothing is said of speed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { benchAnalyzer } from './analyzer/bench.ts';
import { COUNTING } from './peer/settings.ts';

const EVENTS = 10_000;
/** Ticks are what costs here: fewer days, fewer of them. */
const DAYS = 3;
const RESTORED = 3_000;
const TRAINED = 2_000;
const SMALL_JVM = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

test('every contender takes the signals of the run, the peer counts the same, and what is restored is what was written', { timeout: 240_000 }, async () => {
  const said: string[] = [];
  const result = await benchAnalyzer({
    events: EVENTS,
    days: DAYS,
    runs: 1,
    processes: [1],
    only: ['ours', 'peer', 'limit'],
    peers: { small: { ...COUNTING, jvm: SMALL_JVM } },
    restoredUsers: RESTORED,
    findings: [],
    trainedUsers: TRAINED,
    say: (line) => said.push(line),
  });
  const { ours, peers, limit, processor, ratios, same_counts, restore, training, input } = result;
  assert.ok(input.signals > EVENTS, said.join('\n'));
  assert.ok(same_counts !== null && same_counts.counts > 1_000 && same_counts.users > 500, said.join('\n'));
  for (const side of [ours, peers['kafka-streams'], limit, processor]) assert.ok(side !== null && side !== undefined && side.events_per_second > 0 && side.peak_rss_mb > 10);
  assert.deepEqual(Object.keys(ratios), ['cpu', 'wall', 'limit', 'latency_p99']);
  assert.ok(ratios.wall !== null && ratios.limit !== null);
  assert.ok(restore !== null && restore.failed === null, restore?.failed ?? '');
  assert.ok(restore.users >= RESTORED && (restore.users_per_second ?? 0) > 0 && (result.bytes_per_user ?? 0) > 100);
  assert.ok(training !== null && training.users === TRAINED && training.train_s > 0);
});
