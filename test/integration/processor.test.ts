/** The processor on real parts: killed while it works, every event counts once, in order, enriched by what was there before it. */
import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connectKafka } from '../../infra/kafka/client.ts';
import { createTopics } from '../../infra/kafka/topics.ts';
import type { InRecord, Kafka, OutRecord } from '../../infra/ports.ts';
import { connectRegistry } from '../../infra/registry/registry.ts';
import { createCodec } from '../../schemas/codec.ts';
import { partitionOf } from '../../schemas/partition.ts';
import { appName, topicName } from '../../schemas/topics.ts';
import { startProcessor } from '../../streams/main.ts';
import { event, feature } from '../streams/harness.ts';
import { withParts } from './parts.ts';
import { eventually } from './sinkWorld.ts';

const parts = await withParts();
const binary = fileURLToPath(new URL('../../infra/cli/chokepoint.ts', import.meta.url));

async function world() {
  const env = parts.env();
  const settings = parts.settings({ CHOKEPOINT_APP: env['CHOKEPOINT_APP'] ?? '' });
  const kafka = await connectKafka(settings.kafka, { clientId: 'test', log: parts.log });
  await createTopics(kafka, settings);
  const codec = await createCodec(connectRegistry(settings.registry), ['PlatformEvent', 'User', 'Feature', 'ActionSignal', 'DeadLetter']);
  const producer = await kafka.producer();
  const partitions = await kafka.partitions('platform.events');
  const group = `processor-test-${randomUUID()}`;
  const posted = async (users: readonly string[], perUser: number, from: number): Promise<void> => {
    const records: OutRecord[] = users.flatMap((user_id) => Array.from({ length: perUser }, (_, i) => ({
      topic: 'platform.events', partition: partitionOf(user_id, partitions), key: user_id,
      value: codec.encode('PlatformEvent', event({ user_id, event_id: `${user_id}-${from + i}`, feature: group, occurred_at: Date.now() })),
    })));
    for (let at = 0; at < records.length; at += 1_000) await producer.send(records.slice(at, at + 1_000));
  };
  const close = async (): Promise<void> => {
    await producer.close();
    await kafka.close();
  };
  return { env, settings, kafka, codec, producer, partitions, feature: group, posted, close };
}

async function all(kafka: Kafka, topic: string): Promise<InRecord[]> {
  const found: InRecord[] = [];
  for (const [partition, end] of (await kafka.ends(topic)).entries()) for await (const batch of kafka.read({ topic, partition, offset: 0 }, end)) found.push(...batch);
  return found;
}

async function isDone(kafka: Kafka, app: string): Promise<boolean> {
  const ends = await kafka.ends('platform.events');
  const positions = await kafka.committed(appName('processor', app), ['platform.events']);
  return ends.every((end, partition) => end === 0 || positions.some((one) => one.partition === partition && one.offset >= end));
}

test('killed again and again while it works: every event gives its signal once, in order, with the user posted before it', { timeout: 240_000 }, async (t) => {
  const { env, settings, kafka, codec, producer, feature: name, posted, close } = await world();
  const users = Array.from({ length: 60 }, (_, i) => `${name}-${i}`);
  const children: ChildProcess[] = [];
  t.after(async () => {
    for (const child of children) child.kill('SIGKILL');
    await close();
  });
  await producer.send([{ topic: 'platform.features', partition: 0, key: name, value: codec.encode('Feature', feature(name)) }]);
  await producer.send(users.map((user_id) => ({ topic: 'platform.users', partition: 0, key: user_id, value: codec.encode('User', { user_id, team: 'known', role: 'r', org: 'o', joined_at: 1 }) })));
  const per = 100;
  for (let round = 0; round < 3; round++) {
    const child = fork(binary, ['processor'], { env, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    children.push(child);
    await posted(users, per, round * per);
    // Retries of what was posted before: duplicates across a restart.
    await posted(users.slice(0, 5), 20, round * per);
    if (round === 2) break;
    const before = (await kafka.ends(topicName('actions', settings.app))).reduce((a, b) => a + b, 0);
    await eventually(async () => (await kafka.ends(topicName('actions', settings.app))).reduce((a, b) => a + b, 0) > before, 'it works');
    await pause(20 * round);
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }
  await eventually(() => isDone(kafka, settings.app), 'everything is taken');
  const signals = (await all(kafka, topicName('actions', settings.app))).flatMap(({ value }) => (value === null ? [] : [codec.decode('ActionSignal', value)])).filter((signal) => signal.feature === name);
  assert.equal(signals.length, users.length * 3 * per);
  assert.equal(new Set(signals.map(({ event_id }) => event_id)).size, signals.length);
  assert.ok(signals.every(({ user }) => user.team === 'known'));
  const last = new Map<string, number>();
  for (const { user_id, event_id } of signals) {
    const n = Number(event_id.slice(user_id.length + 1));
    assert.equal(n, (last.get(user_id) ?? -1) + 1);
    last.set(user_id, n);
  }
});

test('the service says how it is, and what cannot be processed is in dead-letter with its bytes', { timeout: 120_000 }, async (t) => {
  const { settings, kafka, codec, producer, partitions, feature: name, posted, close } = await world();
  t.after(close);
  await posted([`${name}-lost`], 1, 0);
  await producer.send([{ topic: 'platform.events', partition: 0, key: null, value: Buffer.from('no event') }]);
  const processor = await startProcessor(settings, parts.log);
  t.after(() => processor.stop());
  await eventually(() => isDone(kafka, settings.app), 'everything is taken');
  const letters = (await all(kafka, topicName('deadLetters', settings.app))).flatMap(({ value }) => (value === null ? [] : [codec.decode('DeadLetter', value)]));
  assert.ok(letters.some(({ reason, event_id }) => reason === 'unknown_feature' && event_id === `${name}-lost-0`));
  assert.ok(letters.some(({ reason, original }) => reason === 'undecodable' && original.toString() === 'no event'));
  const { ready, detail } = processor.health();
  assert.ok(ready);
  assert.equal((detail['tasks'] as readonly object[]).length, partitions);
});

test('a user with nearly all of the traffic, and records of the largest size, hold up nobody in other partitions', { timeout: 240_000 }, async (t) => {
  const { settings, kafka, codec, producer, partitions, feature: name, posted, close } = await world();
  t.after(close);
  const hot = `${name}-hot`;
  const hotPartition = partitionOf(hot, partitions);
  const others = Array.from({ length: 40 }, (_, i) => `${name}-other-${i}`).filter((user) => partitionOf(user, partitions) !== hotPartition);
  await producer.send([{ topic: 'platform.features', partition: 0, key: name, value: codec.encode('Feature', feature(name)) }]);
  await posted([hot], 60_000, 0);
  const notes = 'x'.repeat(1_000_000);
  for (let i = 0; i < 60; i++) {
    await producer.send([{ topic: 'platform.events', partition: hotPartition, key: hot, value: codec.encode('PlatformEvent', event({ user_id: hot, event_id: `large-${i}`, feature: name, occurred_at: Date.now(), properties: { notes } })) }]);
  }
  await posted(others, 5, 0);
  const processor = await startProcessor(settings, parts.log);
  t.after(() => processor.stop());
  await eventually(() => isDone(kafka, settings.app), 'everything is taken');
  const signals = (await all(kafka, topicName('actions', settings.app))).flatMap(({ key, value, timestamp }) => (value === null ? [] : [{ user: String(key), id: codec.decode('ActionSignal', value).event_id, timestamp }]));
  const isOther = new Set(others);
  const ofOthers = signals.filter(({ user }) => isOther.has(user));
  const ofHot = signals.filter(({ user }) => user === hot);
  assert.equal(ofOthers.length, others.length * 5, 'the others are served');
  // From the log, which says when each was written: a look at it from here would come too late where both are done soon.
  const last = (of: typeof signals): number => of.reduce((newest, { timestamp }) => Math.max(newest, timestamp), 0);
  assert.ok(last(ofOthers) < last(ofHot), 'they did not wait for the hot partition');
  assert.deepEqual([ofHot.length, new Set(ofHot.map(({ id }) => id)).size], [60_060, 60_060]);
});
