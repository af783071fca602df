/** The collector's bench, short: both sides take the requests, what they write is the same, and the result has its shape. Nothing is said of speed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectKafka } from '../../infra/kafka/client.ts';
import { connectRegistry } from '../../infra/registry/registry.ts';
import { createCodec } from '../../schemas/codec.ts';
import { topicName } from '../../schemas/topics.ts';
import { benchCollector } from './collector/collector.ts';
import { SIDES, startContender } from './collector/contenders.ts';
import { openConnection } from './collector/connection.ts';
import { BODIES, createPool, requestsOf } from './collector/pool.ts';
import { startPlatform } from './platform.ts';

test('both sides take the requests, and the result has its shape', { timeout: 240_000 }, async () => {
  const { bench, ours, limit, peers, ratios, input } = await benchCollector({ body: 'json', eventsPerRequest: 50, connections: 2, runs: 1, warmUpSeconds: 0, seconds: 1, overloadMinutes: 0.02, say: () => undefined });
  assert.deepEqual([bench, peers, input.runs, input.events_per_request], ['collector', {}, 1, 50]);
  for (const side of [ours, limit]) assert.ok(side.events_per_second > 0 && side.cpu_seconds_per_million > 0 && side.peak_rss_mb > 10 && side.latency_ms.p99.median >= side.latency_ms.p50.median);
  assert.ok(ratios.limit > 0 && ratios.limit_cpu > 0);
  assert.ok(ours.overload !== null && ours.overload.accepted_events_per_second > 0 && ours.overload.rss_mb.max >= ours.overload.rss_mb.last_quarter && ours.overload.rss_mb.last_quarter > 10);
});

test('both sides write the same records for the same request, whatever its body', { timeout: 240_000 }, async (t) => {
  const platform = await startPlatform();
  t.after(() => platform.stop());
  await platform.prepare('bench');
  const pool = { requests: 2, eventsPerRequest: 40, at: Date.now() };
  const kafka = await connectKafka(platform.settings.kafka, { clientId: 'test', log: platform.log });
  const codec = await createCodec(connectRegistry(platform.settings.registry), ['PlatformEvent']);
  const topic = topicName('events', '');
  const since = async (from: readonly number[]): Promise<object[]> => {
    const found: object[] = [];
    for (const [partition, end] of (await kafka.ends(topic)).entries()) {
      for await (const records of kafka.read({ topic, partition, offset: from[partition] ?? 0 }, end)) {
        for (const { key, value } of records) {
          const event = { ...codec.decode('PlatformEvent', value ?? Buffer.alloc(0)), received_at: 0 };
          if (event.type !== 'clock') found.push({ partition, key: key?.toString(), bytes: value?.length, event });
        }
      }
    }
    return found;
  };
  const written: object[][] = [];
  for (const side of SIDES) {
    for (const body of BODIES) {
      const before = await kafka.ends(topic);
      const contender = await startContender(platform, side, `same-${side}-${body}`, pool);
      const connection = await openConnection(contender.port);
      for (const request of requestsOf(createPool(pool), body)) assert.equal(await connection.ask(request), 202);
      connection.close();
      await contender.stop();
      written.push(await since(before));
    }
  }
  await kafka.close();
  const [first = []] = written;
  assert.equal(first.length, 80);
  for (const other of written) assert.deepEqual(other, first);
});
