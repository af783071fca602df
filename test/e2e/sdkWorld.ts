/** What the SDK's events become: a collector behind a network that fails, the processor, the sink; and how often each is at every place. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { topicName } from '../../schemas/topics.ts';
import { eventually } from '../integration/sinkWorld.ts';
import type { FaultyProxy } from '../producers/sdk/faultyProxy.ts';
import { openFlow } from './flow.ts';

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
  const flow = await openFlow({ COLLECTOR_ORIGINS: origins.join(',') });
  const { settings, proxy, kafka, clickhouse, codec } = flow;
  const [user, feature] = [`user-${randomBytes(6).toString('hex')}`, `feature-${settings.app}`];
  await flow.addFeatures([feature]);

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
