/** What is still to read, of a Kafka that answers and of one that does not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readLag, answerWithin } from '../../../consumers/dashboard/lag.ts';
import { remembered } from '../../../consumers/dashboard/queries/ask.ts';

test('a Kafka that is away is waited for so long, and its questions do not pile up', async () => {
  let asked = 0;
  const away = { ends: () => new Promise<number[]>(() => undefined), committed: () => { asked += 1; return new Promise<never>(() => undefined); } };
  const lag = remembered(0, Date.now, () => readLag(away, ''));
  const begun = performance.now();
  assert.equal(await answerWithin(20, lag), null);
  const once = asked;
  assert.deepEqual([await answerWithin(20, lag), await answerWithin(20, lag)], [null, null]);
  assert.ok(performance.now() - begun < 2_000);
  assert.equal(asked, once, 'one question is under way');
});

test('in time it is what it is; a failure is no answer', async () => {
  const groups = await answerWithin(10_000, () => readLag({ ends: () => Promise.resolve([5, 0]), committed: (_group, topics) => Promise.resolve(topics.map((topic) => ({ topic, partition: 0, offset: 3, metadata: '' }))) }, ''));
  assert.deepEqual(groups?.find(({ group }) => group === 'profile')?.partitions.slice(0, 2).map(({ end, committed }) => [end, committed]), [[5, 3], [0, null]]);
  assert.equal(await answerWithin(10_000, () => Promise.reject(new Error('away'))), null);
});
