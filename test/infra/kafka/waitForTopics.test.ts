/** Services that may not create topics wait for those that do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KafkaError } from '../../../infra/kafka/errors.ts';
import { waitForTopics } from '../../../infra/kafka/topics.ts';

const unknown = (topic: string): Promise<number> => Promise.reject(new KafkaError('UNKNOWN_TOPIC', `no ${topic}`));

test('until all topics are there; said once', async () => {
  const logged: unknown[] = [];
  let asked = 0;
  await waitForTopics({ partitions: (topic) => (topic === 'b' && ++asked < 3 ? unknown(topic) : Promise.resolve(1)) }, ['a', 'b'], (...line) => { logged.push(line); });
  assert.deepEqual([asked, logged], [3, [['warn', 'topics are not there yet: waiting', { why: 'no b' }]]]);
});

test('a stop ends the waiting; another error ends it with that', async () => {
  const stopping = new AbortController();
  const waiting = waitForTopics({ partitions: unknown }, ['a'], () => undefined, stopping.signal);
  stopping.abort();
  await waiting;
  await assert.rejects(waitForTopics({ partitions: () => Promise.reject(new KafkaError('REFUSED', 'no right')) }, ['a'], () => undefined), /no right/);
});
