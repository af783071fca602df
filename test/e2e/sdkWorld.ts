/** What the SDK's events become: a collector behind a network that fails, the processor, the sink; and how often each is at every place. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after } from 'node:test';
import { startSink } from '../../consumers/clickhouse/main.ts';
import { connectClickHouse } from '../../infra/clickhouse/client.ts';
import { connectKafka } from '../../infra/kafka/client.ts';
import { connectRegistry } from '../../infra/registry/registry.ts';
import type { Service } from '../../infra/service/service.ts';
import { startCollector } from '../../producers/collector/main.ts';
import { createCodec } from '../../schemas/codec.ts';
import { topicName } from '../../schemas/topics.ts';
import { startProcessor } from '../../streams/main.ts';
import { withParts } from '../integration/parts.ts';
import { eventually } from '../integration/sinkWorld.ts';
import { faultyProxy, type FaultyProxy } from '../producers/sdk/faultyProxy.ts';

/** Number of times by action. */
type Counts = Readonly<Record<string, number>>;

export interface SdkWorld {
  readonly proxy: FaultyProxy;
  readonly key: string;
  readonly user: string;
  readonly feature: string;
  /** In platform.events, repeats included. */
  inLog(): Promise<Counts>;
  /** Waits until ClickHouse has a signal and an event of each action, and asserts that it, and signals.action for read_committed readers, has each once and nothing else. */
  eachOnce(actions: readonly string[]): Promise<void>;
}

/** Call it once at the top of a test file. `origins`: of pages that may post. */
export async function openSdkWorld(origins: readonly string[]): Promise<SdkWorld> {
  const parts = await withParts();
  const settings = parts.settings({ COLLECTOR_ORIGINS: origins.join(','), WRITE_KEYS: 'web:write' });
  const collector = await startCollector(settings, parts.log);
  const services: Service[] = [collector, await startProcessor(settings, parts.log), await startSink(settings, parts.log)];
  const url = `http://127.0.0.1:${collector.port}`;
  const proxy = await faultyProxy(() => url);
  const kafka = await connectKafka(settings.kafka, { clientId: 'test', log: parts.log });
  const clickhouse = connectClickHouse(settings.clickhouse);
  const codec = await createCodec(connectRegistry(settings.registry), ['PlatformEvent', 'ActionSignal']);
  after(async () => {
    await proxy.close();
    for (const service of services) await service.stop();
    await kafka.close();
    await clickhouse.close();
  });
  const [user, feature] = [`user-${randomBytes(6).toString('hex')}`, `feature-${settings.app}`];
  const answer = await fetch(`${url}/v1/features`, { method: 'POST', headers: { authorization: 'Bearer admin', 'content-type': 'application/json' }, body: JSON.stringify({ features: [{ feature, title: feature, stage: 'data' }] }) });
  assert.equal(answer.status, 202);

  const count = async (topic: string, record: 'PlatformEvent' | 'ActionSignal'): Promise<Counts> => {
    const counts: Record<string, number> = {};
    for (const [partition, end] of (await kafka.ends(topic)).entries()) {
      for await (const batch of kafka.read({ topic, partition, offset: 0 }, end)) {
        for (const { key, value } of batch) {
          // The topic is shared with tests that put undecodable records there: only this user's are decoded.
          if (value === null || key?.toString() !== user) continue;
          const one = codec.decode(record, value);
          if (one.user_id === user && one.action !== null) counts[one.action] = (counts[one.action] ?? 0) + 1;
        }
      }
    }
    return counts;
  };
  const inTable = async (table: 'signals' | 'events'): Promise<Counts> =>
    Object.fromEntries((await clickhouse.query<{ action: string; times: string }>(`SELECT action, toString(count()) AS times FROM ${table} WHERE user_id = {user:String} GROUP BY action`, { user })).map(({ action, times }) => [action, Number(times)]));

  return {
    proxy,
    key: 'write',
    user,
    feature,
    inLog: () => count(topicName('events', settings.app), 'PlatformEvent'),
    eachOnce: async (actions) => {
      const once = Object.fromEntries(actions.map((action) => [action, 1]));
      for (const table of ['signals', 'events'] as const) {
        await eventually(async () => Object.keys(await inTable(table)).length >= actions.length, `${table} has them all`);
        assert.deepEqual(await inTable(table), once, table);
      }
      assert.deepEqual(await count(topicName('actions', settings.app), 'ActionSignal'), once, 'signals.action');
    },
  };
}
