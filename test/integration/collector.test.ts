import assert from 'node:assert/strict';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { connectKafka } from '../../infra/kafka/client.ts';
import { connectRegistry } from '../../infra/registry/registry.ts';
import type { InRecord } from '../../infra/ports.ts';
import { createCodec } from '../../schemas/codec.ts';
import { partitionOf } from '../../schemas/partition.ts';
import type { PlatformEvent } from '../../schemas/records.ts';
import { topicName } from '../../schemas/topics.ts';
import type { Settings } from '../../infra/settings.ts';
import type { Collector } from '../../producers/collector/collector.ts';
import { startCollector } from '../../producers/collector/main.ts';
import { withParts } from './parts.ts';

const parts = await withParts();
/** platform.* is shared with other tests: what is ours has this in its user ids. */
const OURS = randomBytes(6).toString('hex');
const EVENTS = topicName('events', '');

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

async function start(t: TestContext, settings: Settings): Promise<{ collector: Collector; call: (path: string, body?: string | Buffer, headers?: Record<string, string>) => Promise<Answer> }> {
  const collector = await startCollector(settings, parts.log);
  t.after(() => collector.stop());
  return {
    collector,
    call: async (path, body, headers = {}) => {
      const response = await fetch(`http://127.0.0.1:${collector.port}${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { authorization: 'Bearer admin', 'content-type': 'application/json', ...headers },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : new Uint8Array(body) }),
      });
      return { status: response.status, body: (await response.json()) as Answer['body'] };
    },
  };
}

async function reader(t: TestContext, settings: Settings): Promise<{ ends: (topic: string) => Promise<number[]>; records: (topic: string, from?: readonly number[]) => Promise<InRecord[]>; events: (from?: readonly number[]) => Promise<(PlatformEvent & { partition: number; timestamp: number })[]> }> {
  const kafka = await connectKafka(settings.kafka, { clientId: 'test', log: parts.log });
  t.after(() => kafka.close());
  const codec = await createCodec(connectRegistry(settings.registry), ['PlatformEvent', 'DeadLetter', 'User', 'Feature']);
  const records = async (topic: string, from: readonly number[] = []): Promise<InRecord[]> => {
    const found: InRecord[] = [];
    for (const [partition, end] of (await kafka.ends(topic)).entries()) for await (const batch of kafka.read({ topic, partition, offset: from[partition] ?? 0 }, end)) found.push(...batch);
    return found;
  };
  return {
    ends: (topic) => kafka.ends(topic),
    records,
    events: async (from) =>
      (await records(EVENTS, from)).flatMap(({ value, partition, timestamp }) => {
        if (value === null || value[0] !== 0) return [];
        try {
          return [{ ...codec.decode('PlatformEvent', value), partition, timestamp }];
        } catch {
          return []; // another test's bad input
        }
      }),
  };
}

const event = (over: object = {}): object => ({ event_id: randomUUID(), user_id: `u-${OURS}`, occurred_at: Date.now(), type: 'interaction', feature: 'f', action: 'click', ...over });

test('what is acknowledged is in the log, in its user\'s partition, with the broker\'s time', async (t) => {
  const settings = parts.settings({ COLLECTOR_CLOCK_INTERVAL: '10m' });
  const { call, collector } = await start(t, settings);
  assert.equal(collector.health().ready, true);
  const read = await reader(t, settings);
  const before = await read.ends(EVENTS);
  const sent = Array.from({ length: 5_000 }, (_, index) => event({ user_id: `u-${OURS}-${index % 300}`, occurred_at: 1_600_000_000_000 + index }));
  const answer = await call('/v1/events', gzipSync(JSON.stringify({ events: sent })), { 'content-encoding': 'gzip' });
  assert.deepEqual(answer, { status: 202, body: { accepted: 5_000, rejected: [] } });
  const ours = (await read.events(before)).filter(({ user_id }) => user_id.startsWith(`u-${OURS}-`));
  assert.deepEqual(ours.map(({ event_id }) => event_id).sort(), sent.map((one) => (one as { event_id: string }).event_id).sort());
  for (const one of ours) {
    assert.equal(one.partition, partitionOf(one.user_id, before.length));
    assert.ok(Math.abs(one.timestamp - Date.now()) < 60_000, 'LogAppendTime, not the event\'s');
  }
  const perUser = ours.filter(({ user_id }) => user_id === `u-${OURS}-7`).map(({ occurred_at }) => occurred_at);
  assert.deepEqual(perUser, [...perUser].sort((a, b) => a - b), 'in the order of the request');
});

test('the largest dead letter is taken, in the collector\'s own partition', async (t) => {
  const settings = parts.settings({ COLLECTOR_INDEX: '3', COLLECTOR_CLOCK_INTERVAL: '10m' });
  const { call } = await start(t, settings);
  const read = await reader(t, settings);
  const big = JSON.stringify(event({ event_id: 'big', properties: { text: 'x'.repeat(1_500_000) } }));
  const { status, body } = await call('/v1/events', `{"events":[${big},{"type":"error"}]}`);
  assert.deepEqual([status, body['accepted'], (body['rejected'] as { reason: string }[]).map(({ reason }) => reason)], [202, 0, ['too_large', 'invalid']]);
  const letters = await read.records(topicName('deadLetters', settings.app));
  assert.deepEqual(letters.map(({ partition }) => partition), [0, 0].map(() => settings.partitions + 3));
  assert.ok((letters[0]?.value?.indexOf(big) ?? -1) > 0, 'the bytes as they came');
});

test('users and features are in their topics, compacted by key', async (t) => {
  const settings = parts.settings({ COLLECTOR_CLOCK_INTERVAL: '10m' });
  const { call } = await start(t, settings);
  const read = await reader(t, settings);
  const [users, features] = await Promise.all([
    call('/v1/users', JSON.stringify({ users: [{ user_id: `u-${OURS}`, team: 't', role: 'r', org: 'o', joined_at: '2020-01-01' }] })),
    call('/v1/features', JSON.stringify({ features: [{ feature: `f-${OURS}`, title: 'F', stage: 'data' }] })),
  ]);
  assert.deepEqual([users, features].map(({ status, body }) => [status, body['accepted']]), [[202, 1], [202, 1]]);
  assert.equal((await read.records(topicName('users', ''))).at(-1)?.key?.toString(), `u-${OURS}`);
  assert.equal((await read.records(topicName('features', ''))).at(-1)?.key?.toString(), `f-${OURS}`);
});

test('a clock follows in every partition; a new collector says it again; status tells where the log ends', async (t) => {
  const settings = parts.settings({ COLLECTOR_CLOCK_INTERVAL: '50ms' });
  const read = await reader(t, settings);
  const first = await start(t, settings);
  const before = await read.ends(EVENTS);
  const occurredAt = Date.now() + 1_000; // later than any other test's
  await first.call('/v1/events', JSON.stringify({ events: [event({ occurred_at: occurredAt })] }));
  const clocks = async (): Promise<number[]> => (await read.events(before)).filter(({ type, occurred_at }) => type === 'clock' && occurred_at === occurredAt).map(({ partition }) => partition);
  while ((await clocks()).length < before.length) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(await clocks(), before.map((_, partition) => partition));

  await start(t, parts.settings({ CHOKEPOINT_APP: settings.app, COLLECTOR_INDEX: '1', COLLECTOR_CLOCK_INTERVAL: '10m' }));
  assert.equal((await clocks()).length, 2 * before.length);

  const { status, body } = await first.call('/v1/status');
  const end = Object.fromEntries((await read.ends(EVENTS)).entries());
  const none = { complete_through: Object.fromEntries(before.map((_, partition) => [partition, 0])), lag: Object.values(end).reduce((sum, one) => sum + one, 0) };
  assert.deepEqual([status, body], [200, { caught_up: false, end, stages: { processor: none, profile: none, cohort: none, sink: none, alerts: { complete_through: null, lag: null } } }]);
});

test('keys come from a file, and change with it', async (t) => {
  const file = join(mkdtempSync(join(tmpdir(), 'collector-keys-')), 'keys.json');
  t.after(() => {
    rmSync(dirname(file), { recursive: true });
  });
  const write = (key: string): void => {
    writeFileSync(file, JSON.stringify({ keys: [{ name: 'job', rights: 'write', sha256: createHash('sha256').update(key).digest('hex') }] }));
  };
  write('one');
  const { call } = await start(t, parts.settings({ COLLECTOR_KEYS_FILE: file, COLLECTOR_CLOCK_INTERVAL: '10m' }));
  const statusOf = async (key: string): Promise<number> => (await call('/v1/events', '{"events": []}', { authorization: `Bearer ${key}` })).status;
  assert.deepEqual([await statusOf('one'), await statusOf('two')], [202, 401]);
  write('two');
  while ((await statusOf('two')) !== 202) await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(await statusOf('one'), 401);
});
