/** What reaches a task and when: order of opening, records that come twice, long and short inputs, revoked tasks, positions only. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InRecord, Kafka, Task, TaskGroup } from '../../infra/ports.ts';
import { runTasks } from '../../infra/kafka/taskLoop.ts';
import { createMemoryKafka } from '../fakes/memoryKafka.ts';
import { countingGroup } from './countingTask.ts';
import { actualCounts, expectedCounts, silent, until, wordsWorld } from './world.ts';

const WORDS = 40;
const options = { app: '', log: silent, firstRetryMs: 1 };

test('a commit of the last owner that ends while the next one opens is seen: fence first, then read the positions', async () => {
  const kafka = wordsWorld(WORDS);
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => { release = resolve; });
  let asleep = false;
  kafka.onAction = async ({ id, name }, when) => {
    if (id !== 'counting-0' || when !== 'before') return;
    if (name === 'commit' && !asleep) {
      asleep = true;
      await held;
    } else if (name === 'init' && asleep) {
      const before = actualCounts(kafka).length;
      release();
      await until(() => actualCounts(kafka).length > before, 'the last owner has committed');
    }
  };
  const last = await runTasks(kafka, countingGroup({ batch: 5 }), options);
  await until(() => asleep && actualCounts(kafka).length >= WORDS, 'the last owner is in its commit, all else is counted');
  kafka.expel('counting', 0);
  const next = await runTasks(kafka, countingGroup({ batch: 5 }), options);
  await until(() => actualCounts(kafka).length >= 2 * WORDS, 'everything is counted');
  await Promise.all([last.stop(), next.stop()]);
  assert.deepEqual(actualCounts(kafka), expectedCounts(kafka));
});

test('records that a consumer delivers again after a rejoin are dropped', async () => {
  const kafka = wordsWorld(WORDS);
  let previous: readonly InRecord[] = [];
  const stuttering: Kafka = {
    ...kafka,
    consumer: (consumerOptions) => kafka.consumer({ ...consumerOptions, onRecords: (records, bytes) => {
      const again = [...previous.filter(({ partition }) => partition === records[0]?.partition), ...records];
      previous = records;
      consumerOptions.onRecords(again, bytes);
      consumerOptions.onRecords(records, bytes);
    } }),
  };
  const loop = await runTasks(stuttering, countingGroup({ batch: 5 }), options);
  await until(() => actualCounts(kafka).length >= 2 * WORDS, 'everything is counted');
  await loop.stop();
  assert.deepEqual(actualCounts(kafka), expectedCounts(kafka));
});

test('a long input is paused while the short one goes on, and all of it comes in the end', async () => {
  const kafka = createMemoryKafka({ partitions: 1, maxBatch: 5_000 });
  const count = { long: 60_000, short: 3 };
  for (const topic of ['long', 'short'] as const) kafka.append(Array.from({ length: count[topic] }, () => ({ topic, partition: 0, key: null, value: null })));
  const waiting = { long: 0, short: 0 };
  const taken = { long: 0, short: 0 };
  let held = true;
  const create = (): Task => ({
    open: () => Promise.resolve(),
    accept: (records) => {
      const topic = records[0]?.topic === 'long' ? 'long' : 'short';
      waiting[topic] += records.length;
    },
    step: () => {
      if (held || waiting.long + waiting.short === 0) return Promise.resolve(null);
      for (const topic of ['long', 'short'] as const) {
        const part = Math.min(waiting[topic], 1_000);
        waiting[topic] -= part;
        taken[topic] += part;
      }
      return Promise.resolve({ outputs: [], positions: [{ topic: 'long', partition: 0, offset: taken.long, metadata: '' }] });
    },
    backlog: ({ topic }) => (topic === 'long' ? waiting.long : waiting.short),
  });
  const group: TaskGroup = { group: 'merge', topics: ['long', 'short'], assignment: 'co-partitioned', commit: 'offsets', create };
  const loop = await runTasks(kafka, group, options);
  await until(() => waiting.long > 20_000, 'the long input is over its mark');
  kafka.append([{ topic: 'short', partition: 0, key: null, value: null }]);
  await until(() => waiting.short === 4, 'the short input goes on');
  for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
  assert.ok(waiting.long <= 25_000, `paused at ${waiting.long}`);
  held = false;
  kafka.append([{ topic: 'short', partition: 0, key: null, value: null }]);
  await until(() => taken.long === count.long && taken.short === 5, 'everything is taken');
  await until(() => kafka.actions.length === 0, 'no transaction was needed');
  await loop.stop();
  assert.deepEqual(await kafka.committed('merge', ['long', 'short']), [{ topic: 'long', partition: 0, offset: count.long, metadata: '' }]);
});

test('a task that is revoked is closed and takes no further step; the one that stays is not opened again', async () => {
  const kafka = wordsWorld(WORDS);
  const opened: string[] = [];
  const closed: string[] = [];
  const group = countingGroup({ batch: 5, onOpen: ({ id }) => opened.push(id), onClose: ({ id }) => closed.push(id) });
  const first = await runTasks(kafka, group, options);
  await until(() => actualCounts(kafka).length === 2 * WORDS, 'everything is counted');
  const second = await runTasks(kafka, group, options);
  await until(() => second.state().tasks.every(({ status }) => status === 'running') && second.state().tasks.length === 1, 'the second member has its task');
  assert.deepEqual([opened, closed, first.state().tasks.map(({ id }) => id), second.state().tasks.map(({ id }) => id)], [['0', '1', '1'], ['1'], ['0'], ['1']]);
  for (const partition of [0, 1]) kafka.append([{ topic: 'words', partition, key: 'late', value: null }]);
  await until(() => actualCounts(kafka).length === 2 * WORDS + 2, 'the rest is counted');
  await Promise.all([first.stop(), second.stop()]);
  assert.deepEqual(actualCounts(kafka), expectedCounts(kafka));
});

test('a wake asks for a step where no record comes', async () => {
  const kafka = createMemoryKafka({ partitions: 1 });
  let wake: () => void = () => undefined;
  let steps = 0;
  const create: TaskGroup['create'] = (context) => {
    wake = context.wake;
    return {
      open: () => Promise.resolve(),
      accept: () => undefined,
      step: () => Promise.resolve(++steps === 2 ? { outputs: [{ topic: 'out', partition: 0, key: 'k', value: null }], positions: [] } : null),
      backlog: () => 0,
    };
  };
  const loop = await runTasks(kafka, { group: 'g', topics: ['in'], assignment: 'single', commit: 'transaction', create }, options);
  await until(() => steps === 1, 'the first step is over');
  wake();
  await until(() => kafka.records('out').length === 1, 'outputs without positions are committed');
  await loop.stop();
});
