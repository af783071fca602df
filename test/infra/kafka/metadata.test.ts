/** Metadata on the client's own cluster, with a broker that the test answers for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connector } from '../../../infra/kafka/kafkajs.ts';
import { metadataOf } from '../../../infra/kafka/metadata.ts';

/** Knows the topic `events`. A question for metadata is answered at once, or when the test says so. */
async function world() {
  const cluster = connector({ brokers: ['127.0.0.1:1'], ssl: false, sasl: null }, { clientId: 'test', log: () => undefined }).cluster();
  const held: { answer: () => void; fail: () => void }[] = [];
  let holding = false;
  const broker = {
    metadata: (topics: readonly string[]) =>
      new Promise((resolve, reject) => {
        const answer = (): void => { resolve({ brokers: [], topicMetadata: topics.map((topic) => ({ topic, partitionMetadata: [{ partitionId: 0, leader: 1 }] })) }); };
        if (holding) held.push({ answer, fail: () => { reject(Object.assign(new Error('the connection broke'), { name: 'KafkaJSConnectionError' })); } });
        else answer();
      }),
  };
  Object.assign((cluster as unknown as { brokerPool: object }).brokerPool, { findConnectedBroker: () => Promise.resolve(broker), seedBroker: { connectionPool: { host: '127.0.0.1', port: 1 } } });
  const metadata = metadataOf(cluster);
  await metadata.know(['events']);
  const next = async () => {
    while (held.length === 0) await new Promise(setImmediate);
    return held.shift() ?? assert.fail();
  };
  return { metadata, next, hold: (on: boolean) => { holding = on; } };
}

test('a topic that is named while an older question is under way is known afterwards, and not taken for one without partitions', { timeout: 10_000 }, async () => {
  const { metadata, next, hold } = await world();
  hold(true);
  // Some read has failed and asks for fresh metadata; the answer will not hold a topic that nobody had named by then.
  const refreshing = metadata.refresh();
  const older = await next();
  const know = metadata.know(['users']);
  await new Promise((resolve) => setTimeout(resolve, 20));
  hold(false);
  older.answer();
  await Promise.all([refreshing, know]);
  assert.equal(metadata.count('users'), 1);
  assert.equal(metadata.count('events'), 1);
});

test('a topic whose first question fails is asked for again', { timeout: 10_000 }, async () => {
  const { metadata, next, hold } = await world();
  hold(true);
  const know = metadata.know(['users']);
  const first = await next();
  hold(false);
  first.fail();
  await know;
  assert.equal(metadata.count('users'), 1);
});

test('a topic that nobody has made known has no number of partitions', async () => {
  const { metadata } = await world();
  assert.throws(() => metadata.count('elsewhere'), /elsewhere/);
});
