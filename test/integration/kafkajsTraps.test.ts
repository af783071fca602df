/**
 * What kafkajs 2.2.4 does when it is used as it comes, on a real broker: the traps that our own producing, fetching and membership are there for
 * (docs/kafka-client.md). Should one of these fail one day, the client has got better and we may need less code. One long file, because its tests wait side by side.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { AssignerProtocol, CompressionTypes, Kafka, logLevel, PartitionAssigners, type Cluster, type Consumer, type ConsumerConfig, type KafkaMessage } from 'kafkajs';
import { connectKafka } from '../../infra/kafka/client.ts';
import { connector } from '../../infra/kafka/kafkajs.ts';
import { collect, record } from '../contracts/kafka/subject.ts';
import { breakConnection } from './brokenConnections.ts';
import { withParts } from './parts.ts';
import { beginRaw } from './rawTransaction.ts';
import { eventually } from './sinkWorld.ts';

const parts = await withParts();
const { kafka: settings } = parts.settings();
const prefix = `traps-${randomBytes(4).toString('hex')}.`;
const client = new Kafka({ brokers: [...settings.brokers], clientId: 'traps', logLevel: logLevel.NOTHING, retry: { initialRetryTime: 50, maxRetryTime: 200 } });
const connections = connector(settings, { clientId: 'traps', log: parts.log });
const admin = client.admin();
const consumers = new Set<Consumer>();

before(() => admin.connect());
after(async () => {
  await Promise.all([...consumers].map((consumer) => consumer.disconnect()));
  await admin.disconnect();
});

async function topic(name: string, config: Readonly<Record<string, string>> = {}): Promise<string> {
  await admin.createTopics({ waitForLeaders: false, topics: [{ topic: `${prefix}${name}`, numPartitions: 1, configEntries: Object.entries(config).map(([key, value]) => ({ name: key, value })) }] });
  await eventually(() => admin.fetchTopicOffsets(`${prefix}${name}`).then(() => true, () => false), 'the topic has a leader');
  return `${prefix}${name}`;
}

interface Reading { readonly consumer: Consumer; readonly messages: KafkaMessage[]; readonly crashes: Error[]; fetches: number }

async function read(name: string, options: Partial<ConsumerConfig> = {}, onMessage: (consumer: Consumer) => Promise<void> = () => Promise.resolve()): Promise<Reading> {
  const consumer = client.consumer({ groupId: `${name}-group`, maxWaitTimeInMs: 100, readUncommitted: false, ...options });
  consumers.add(consumer);
  const reading: Reading = { consumer, messages: [], crashes: [], fetches: 0 };
  consumer.on(consumer.events.CRASH, ({ payload }) => { reading.crashes.push(payload.error); });
  consumer.on(consumer.events.FETCH, () => { reading.fetches += 1; });
  await consumer.connect();
  await consumer.subscribe({ topics: [name], fromBeginning: true });
  await consumer.run({ eachMessage: async ({ message }) => {
    reading.messages.push(message);
    await onMessage(consumer);
  } });
  return reading;
}

const keysOf = ({ messages }: Reading): string[] => messages.map(({ key }) => String(key));
const now = (condition: () => boolean, what: string): Promise<void> => eventually(() => Promise.resolve(condition()), what);

/**
 * What a transaction has committed for a group, once it is there: a commit is acknowledged before the group's coordinator has its marker, and kafkajs
 * does not ask for stable offsets only, so that until then the answer is that there is none.
 */
async function committedBy(groupId: string, name: string): Promise<{ readonly offset: string; readonly metadata: string | null }> {
  const fetched = async (): Promise<{ readonly offset: string; readonly metadata: string | null }> => (await admin.fetchOffsets({ groupId, topics: [name] }))[0]?.partitions[0] ?? { offset: '-1', metadata: null };
  await eventually(async () => (await fetched()).offset !== '-1', `${groupId} has a committed offset`);
  return fetched();
}

async function send(name: string, ...keys: readonly string[]): Promise<void> {
  const producer = client.producer();
  await producer.connect();
  for (const key of keys) await producer.send({ topic: name, messages: [{ key, value: 'v', partition: 0 }] });
  await producer.disconnect();
}

describe('kafkajs as it comes', { concurrency: true, timeout: 60_000 }, () => {
  test('1: a producer that is no member of a group commits for it, while the group has a live member', async () => {
    const name = await topic('1');
    const { consumer } = await read(name);
    await eventually(async () => (await consumer.describeGroup()).members.length === 1, 'the group has its member');
    const zombie = client.producer({ transactionalId: `${name}-id`, idempotent: true, maxInFlightRequests: 1 });
    await zombie.connect();
    const transaction = await zombie.transaction();
    await transaction.sendOffsets({ consumerGroupId: `${name}-group`, topics: [{ topic: name, partitions: [{ partition: 0, offset: '7' }] }] });
    await transaction.commit();
    await zombie.disconnect();
    assert.equal((await committedBy(`${name}-group`, name)).offset, '7');
  });

  test('2: after a commit that failed the producer can neither commit, nor abort, nor begin again', async () => {
    const name = await topic('2');
    const id = `${name}-id`;
    const producer = client.producer({ transactionalId: id, idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    const transaction = await producer.transaction();
    await transaction.send({ topic: name, messages: [{ key: 'a', value: 'v', partition: 0 }] });
    breakConnection({ kind: 'commit', containing: id, when: 'unsent' });
    await assert.rejects(transaction.commit());
    await assert.rejects(transaction.abort());
    await assert.rejects(producer.transaction(), /Cannot call "beginTransaction" in state "COMMITTING"/);
    await producer.disconnect();
  });

  test('3: two sends at once on an idempotent producer, an answer lost: one is acknowledged and not in the log, the other is there twice', async () => {
    const name = await topic('3');
    const producer = client.producer({ idempotent: true, maxInFlightRequests: 1, retry: { retries: 5, initialRetryTime: 50 } });
    await producer.connect();
    const sendOne = (key: string): Promise<unknown> => producer.send({ topic: name, messages: [{ key, value: 'v', partition: 0 }] });
    breakConnection({ kind: 'send', containing: name, when: 'unanswered' });
    await Promise.all([sendOne('a'), sendOne('b')]);
    await producer.disconnect();
    await send(name, 'end');
    const reading = await read(name);
    await now(() => keysOf(reading).includes('end'), 'everything is read');
    // Which of the two came first is chance.
    const [first = ''] = keysOf(reading);
    assert.ok(['a', 'b'].includes(first));
    assert.deepEqual(keysOf(reading), [first, first, 'end']);
  });

  test('4: aborted records are delivered where a fetch begins behind the beginning of two aborted transactions', async () => {
    const name = await topic('4');
    const [one, two] = [await beginRaw(connections, `${name}-1`), await beginRaw(connections, `${name}-2`)];
    for (const round of ['first', 'second']) {
      await one.write([record(name, 0, `${round} of 1, aborted`)]);
      await two.write([record(name, 0, `${round} of 2, aborted`)]);
    }
    await two.end('abort');
    await one.end('abort');
    await Promise.all([one.close(), two.close()]);
    await send(name, 'good');
    const reading = await read(name, { maxBytesPerPartition: 1, maxBytes: 1 });
    await now(() => keysOf(reading).includes('good'), 'everything is read');
    assert.ok(keysOf(reading).some((key) => key.includes('aborted')), `delivered: ${keysOf(reading).join('; ')}`);
  });

  test('5: its only assigner gives partition 0 of two topics to different members', async () => {
    assert.deepEqual(Object.keys(PartitionAssigners), ['roundRobin']);
    const counts: Readonly<Record<string, number>> = { a: 1, b: 2 };
    const cluster = { findTopicPartitionMetadata: (name: string) => Array.from({ length: counts[name] ?? 0 }, (_, partitionId) => ({ partitionId })) };
    const assigner = PartitionAssigners.roundRobin({ cluster: cluster as unknown as Cluster, groupId: 'g', logger: client.logger() });
    const members = ['m1', 'm2'].map((memberId) => ({ memberId, memberMetadata: Buffer.alloc(0) }));
    const shares = await assigner.assign({ members, topics: ['a', 'b'] });
    const owner = (name: string): string | undefined => shares.find(({ memberAssignment }) => AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment[name]?.includes(0) === true)?.memberId;
    assert.deepEqual([owner('a'), owner('b')], ['m1', 'm2']);
  });

  test('6: no heartbeat while a handler works: the group forgets the member', async () => {
    const name = await topic('6');
    await send(name, 'a');
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => { release = resolve; });
    const reading = await read(name, { sessionTimeout: 6_000, heartbeatInterval: 500 }, () => held);
    await now(() => reading.messages.length === 1, 'the handler works');
    await eventually(async () => (await admin.describeGroups([`${name}-group`])).groups[0]?.members.length === 0, 'the group has forgotten it');
    release();
  });

  test('7: records that retention removed before they were read are skipped without a word', async () => {
    const name = await topic('7');
    await send(name, '0', '1', '2', '3', '4', '5');
    await admin.setOffsets({ groupId: `${name}-group`, topic: name, partitions: [{ partition: 0, offset: '1' }] });
    await admin.deleteTopicRecords({ topic: name, partitions: [{ partition: 0, offset: '4' }] });
    const reading = await read(name);
    await now(() => keysOf(reading).includes('5'), 'it goes on');
    assert.deepEqual([keysOf(reading), reading.crashes], [['4', '5'], []]);
  });

  test('8: a timer for a moment long past, at once and for ever', async () => {
    const code = `const { Kafka } = require('kafkajs'); const admin = new Kafka({ brokers: ${JSON.stringify(settings.brokers)}, logLevel: 0 }).admin(); admin.connect().then(() => admin.listTopics()).then(() => admin.disconnect()).then(() => process.exit(0));`;
    const warned = await new Promise<string>((resolve) => { execFile(process.execPath, ['-e', code], (_error, _out, errors) => { resolve(errors); }); });
    assert.match(warned, /TimeoutNegativeWarning/);
  });

  test('9: the last offset of a log is a marker, which no reader is ever given', async () => {
    const name = await topic('9');
    const one = await beginRaw(connections, `${name}-id`);
    await one.write([record(name, 0, 'a')]);
    await one.end('commit');
    await one.close();
    const reading = await read(name);
    await now(() => reading.messages.length === 1, 'the record is read');
    const [end] = await admin.fetchTopicOffsets(name);
    const { fetches } = reading;
    await now(() => reading.fetches >= fetches + 3, 'it has fetched again');
    assert.deepEqual([end?.high, reading.messages.map(({ offset }) => offset)], ['2', ['0']]);
  });

  test('10: gzip is read; a topic that the brokers keep as zstd stops the consumer', async () => {
    const [gzip, zstd] = [await topic('10-gzip', { 'compression.type': 'gzip' }), await topic('10-zstd', { 'compression.type': 'zstd' })];
    await send(gzip, 'a');
    await send(zstd, 'a');
    const [read1, read2] = [await read(gzip), await read(zstd)];
    await now(() => read1.messages.length === 1 && read2.crashes.length > 0, 'one has read, the other has crashed');
    assert.match(read2.crashes[0]?.message ?? '', /ZSTD compression not implemented/);
  });

  test('10: what it packs with gzip, ours reads', async () => {
    const name = await topic('10-packed');
    const keys = Array.from({ length: 200 }, (_, n) => `k${String(n)}`);
    const producer = client.producer();
    await producer.connect();
    await producer.send({ topic: name, compression: CompressionTypes.GZIP, messages: keys.map((key) => ({ key, value: 'v'.repeat(100), partition: 0, headers: { h: key } })) });
    await producer.disconnect();
    const kafka = await connectKafka(settings, { clientId: 'traps', log: parts.log });
    const found = await collect(kafka.read({ topic: name, partition: 0, offset: 0 }, (await kafka.ends(name))[0] ?? 0));
    await kafka.close();
    assert.deepEqual(found.map(({ key, headers }) => [String(key), headers['h']]), keys.map((key) => [key, key]));
  });

  test('11: of an empty topic nothing is ever said', async () => {
    const name = await topic('11');
    const consumer = client.consumer({ groupId: `${name}-group`, maxWaitTimeInMs: 50 });
    consumers.add(consumer);
    let fetches = 0;
    let calls = 0;
    consumer.on(consumer.events.FETCH, () => { fetches += 1; });
    await consumer.connect();
    await consumer.subscribe({ topics: [name], fromBeginning: true });
    await consumer.run({ eachBatch: () => { calls += 1; return Promise.resolve(); } });
    await now(() => fetches >= 5, 'it has fetched');
    assert.equal(calls, 0);
  });

  test('12: a resume is not heard while the loop sleeps', async () => {
    const name = await topic('12');
    await send(name, 'a');
    const reading = await read(name, { maxWaitTimeInMs: 10_000 }, (consumer) => {
      consumer.pause([{ topic: name }]);
      return Promise.resolve();
    });
    await now(() => reading.messages.length === 1, 'the first is read, and all is paused');
    await send(name, 'b');
    await pause(500);
    const resumedAt = performance.now();
    reading.consumer.resume([{ topic: name }]);
    await now(() => reading.messages.length === 2, 'the second is read');
    assert.ok(performance.now() - resumedAt > 1_500);
  });

  test('13: no trap: metadata of offsets passes through a transaction, and the broker\'s append time is read', async () => {
    const name = await topic('13', { 'message.timestamp.type': 'LogAppendTime' });
    const producer = client.producer({ transactionalId: `${name}-id`, idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    const transaction = await producer.transaction();
    await transaction.send({ topic: name, messages: [{ key: 'a', value: 'v', partition: 0, timestamp: '1000' }] });
    const position = { partition: 0, offset: '1', metadata: 'said' };
    await transaction.sendOffsets({ consumerGroupId: `${name}-other`, topics: [{ topic: name, partitions: [position] }] });
    await transaction.commit();
    await producer.disconnect();
    assert.equal((await committedBy(`${name}-other`, name)).metadata, 'said');
    const reading = await read(name);
    await now(() => reading.messages.length === 1, 'it is read');
    assert.ok(Number(reading.messages[0]?.timestamp) > 1_000_000);
  });
});
