/** The bench itself, on a short log: every contender runs, the peer does the same work as ours, and the result has its shape. Nothing is said of speed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { THROUGHPUT, LATENCY } from './peer/settings.ts';
import { benchProcessor } from './processor.ts';

const EVENTS = 20_000;
const SMALL_JVM = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

test('every contender takes the whole log, and the peer gives the same signals as ours', { timeout: 240_000 }, async () => {
  const said: string[] = [];
  const { ours, peers, limit, ratios, same_work, input, bench } = await benchProcessor({
    events: EVENTS,
    runs: 1,
    latency: { warmUpSeconds: 1, seconds: 1 },
    processes: [1],
    only: ['ours', 'peer', 'limit'],
    peers: { small: { ...THROUGHPUT, jvm: SMALL_JVM } },
    latencyPeer: { ...LATENCY, jvm: SMALL_JVM },
    say: (line) => said.push(line),
  });
  assert.equal(bench, 'processor');
  // A clock per partition besides.
  assert.equal(input.events, EVENTS + input.partitions);
  assert.ok(same_work !== null && Object.values(same_work).reduce((sum, count) => sum + count, 0) > EVENTS, said.join('\n'));
  assert.ok(Object.values(same_work).every((count) => count > 0), 'each topic, dead letters included, was compared');
  for (const side of [ours, peers['kafka-streams'], limit]) {
    assert.ok(side !== null && side !== undefined);
    // Of so few events the processor time may be less than the system's clock shows.
    assert.ok(side.events_per_second > 0 && side.cpu_seconds_per_million >= 0 && side.peak_rss_mb > 10);
  }
  for (const side of [ours, peers['kafka-streams']]) assert.ok(side?.latency_ms !== null && side?.latency_ms !== undefined && side.latency_ms.p50.median >= 0 && side.latency_ms.p99.median >= side.latency_ms.p50.median);
  assert.deepEqual(Object.keys(ratios), ['cpu', 'wall', 'limit', 'latency_p99']);
  assert.ok(ratios.wall !== null && ratios.wall > 0 && ratios.limit !== null && ratios.limit > 0);
});
