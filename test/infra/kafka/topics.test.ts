import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTopics, topicConfigs } from '../../../infra/kafka/topics.ts';
import { cutRounds } from '../../../infra/kafka/produceRounds.ts';
import { createMemoryKafka } from '../../fakes/memoryKafka.ts';

test('topics come from the table, with their times, retention and clean-up', () => {
  const configs = new Map(topicConfigs('A', 4).map((config) => [config.topic, config]));
  const events = configs.get('platform.events');
  assert.deepEqual([events?.partitions, events?.config['message.timestamp.type'], events?.config['retention.ms'], events?.config['cleanup.policy']], [4, 'LogAppendTime', String(90 * 86_400_000), 'delete']);
  const levels = configs.get('A.expertise.levels');
  assert.deepEqual([levels?.partitions, levels?.config['cleanup.policy'], levels?.config['retention.ms'], levels?.config['segment.bytes'] !== undefined], [4, 'compact', undefined, true]);
  assert.equal(configs.get('A.dead-letter')?.partitions, 12);
  assert.equal(configs.get('A.signals.action')?.config['message.timestamp.type'], undefined);
});

test('copies are as the settings say, and where they say nothing as the brokers have it', () => {
  const said = topicConfigs('', 4, { factor: 3, minInSync: 2 });
  assert.deepEqual(new Set(said.map(({ replicas, config }) => `${replicas} ${config['min.insync.replicas']}`)), new Set(['3 2']));
  assert.ok(topicConfigs('', 4).every((topic) => !('replicas' in topic) && topic.config['min.insync.replicas'] === undefined));
});

test('the partition count of platform.events holds for every app that comes later', async () => {
  const kafka = createMemoryKafka();
  await createTopics(kafka, { app: '', partitions: 3 });
  await createTopics(kafka, { app: 'B', partitions: 8 });
  assert.equal(await kafka.partitions('B.signals.time'), 3);
  assert.equal(await kafka.partitions('B.dead-letter'), 11);
});

test('records are cut into rounds with each partition once, in order, by size', () => {
  const value = Buffer.alloc(200 * 1024);
  const records = [0, 1, 0, 0, 0, 0].map((partition, n) => ({ topic: 't', partition, key: String(n), value }));
  const huge = { topic: 't', partition: 1, key: 'huge', value: Buffer.alloc(2 * 1024 * 1024) };
  const rounds = cutRounds([...records, huge]).map((round) => round.map(({ partition, records: chunk }) => `${partition}: ${chunk.map(({ key }) => String(key)).join(' ')}`));
  assert.deepEqual(rounds, [['0: 0 2', '1: 1'], ['0: 3 4', '1: huge'], ['0: 5']]);
});
