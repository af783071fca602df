/** The processor in the real loop, on Kafka in memory: commits that fail, fenced members, rebalances. What is committed is what an undisturbed run gives. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runTasks, type TaskLoop } from '../../infra/kafka/taskLoop.ts';
import { createCodec, type RecordCodec } from '../../schemas/codec.ts';
import { partitionOf } from '../../schemas/partition.ts';
import type { PlatformEvent } from '../../schemas/records.ts';
import { createGlobalTables } from '../../streams/globalTables.ts';
import { createProcessorTask } from '../../streams/processorTask.ts';
import { createMemoryKafka, type Fault, type MemoryKafka } from '../fakes/memoryKafka.ts';
import { memorySchemas } from '../fakes/schemas.ts';
import { HOUR, T0, bytesOf, clock, event, feature, finished, started } from '../streams/harness.ts';
import { silent, until } from './world.ts';

const PARTITIONS = 4;
const OUTPUTS = ['signals.action', 'signals.error', 'signals.time', 'dead-letter'] as const;

/** Every user: a start, work, sometimes a finish, an event sent twice, one of an unknown feature; then time goes on past the timers. */
function someEvents(): PlatformEvent[] {
  const events = Array.from({ length: 40 }, (_, i) => `user-${i}`).flatMap((user_id, i) => {
    const at = T0 + i * 60_000;
    const twice = event({ user_id, occurred_at: at, event_id: `twice-${i}` });
    return [
      started('t', at, { user_id, event_id: `start-${i}` }), twice, event({ user_id, occurred_at: at, event_id: `error-${i}`, type: 'error', error: { code: 'E', message: `no. ${i}`, cause: 'user' } }),
      event({ user_id, occurred_at: at, event_id: `nowhere-${i}`, feature: 'nowhere' }), twice,
      ...(i % 2 === 0 ? [finished('t', at + HOUR, { user_id, event_id: `finish-${i}` })] : []),
    ];
  });
  return events.sort((a, b) => a.occurred_at - b.occurred_at);
}

async function world(): Promise<{ kafka: MemoryKafka; codec: RecordCodec }> {
  const codec = await createCodec(memorySchemas(), ['PlatformEvent', 'User', 'Feature', 'ActionSignal', 'ErrorSignal', 'TimeSignal', 'DeadLetter']);
  const kafka = createMemoryKafka({ partitions: PARTITIONS, now: () => T0 + 100 * HOUR, maxBatch: 7 });
  kafka.append([{ topic: 'platform.features', partition: 0, key: 'notebook', value: codec.encode('Feature', feature('notebook')) }]);
  const append = (value: PlatformEvent, partition: number): void => { kafka.append([{ topic: 'platform.events', partition, key: value.user_id, value: codec.encode('PlatformEvent', value) }]); };
  for (const one of someEvents()) append(one, partitionOf(one.user_id, PARTITIONS));
  for (let partition = 0; partition < PARTITIONS; partition++) append({ ...clock(T0 + 90 * HOUR), event_id: 'clock' }, partition);
  return { kafka, codec };
}

function join({ kafka, codec }: { kafka: MemoryKafka; codec: RecordCodec }): Promise<TaskLoop> {
  const tables = createGlobalTables(kafka, codec, { users: 'platform.users', features: 'platform.features' });
  const options = { app: '', codec, tables, partitions: PARTITIONS, dedupeWindowMs: 72 * HOUR, stepRecords: 5 };
  return runTasks(kafka, { group: 'processor', topics: ['platform.events'], assignment: 'co-partitioned', commit: 'transaction', create: (context) => createProcessorTask(options, context) }, { app: '', log: silent, firstRetryMs: 1 });
}

const isDone = async (kafka: MemoryKafka): Promise<boolean> => {
  const ends = await kafka.ends('platform.events');
  const positions = await kafka.committed('processor', ['platform.events']);
  return ends.every((end, partition) => positions.some((one) => one.partition === partition && one.offset === end));
};

async function finish(kafka: MemoryKafka, ...loops: TaskLoop[]): Promise<string[]> {
  let done = false;
  await until(() => {
    void isDone(kafka).then((answer) => { done = answer; });
    return done;
  }, 'everything is taken');
  await Promise.all(loops.map((loop) => loop.stop()));
  return OUTPUTS.flatMap((topic) => bytesOf(kafka.records(topic).toSorted((a, b) => a.partition - b.partition || a.offset - b.offset)));
}

async function undisturbed(): Promise<string[]> {
  const quiet = await world();
  return await finish(quiet.kafka, await join(quiet));
}

test('the undisturbed run gives what is in the log, once', async () => {
  const outputs = await undisturbed();
  const of = (topic: string): number => outputs.filter((line) => line.startsWith(topic)).length;
  // 40 starts, 40 interactions, 20 finishes, 20 timers; 40 errors; 20 completions, 20 censored; 40 of an unknown feature.
  assert.deepEqual(OUTPUTS.map(of), [120, 40, 40, 40]);
});

const broken = new Error('broken on purpose');
/** Fails every n-th action of a kind, before or after it took effect. */
const failing = (name: string, when: 'before' | 'after', every: number): Fault => {
  let count = 0;
  return (action, at) => {
    if (action.name === name && at === when && ++count % every === 0) throw broken;
  };
};

for (const [name, when, every] of [['send', 'before', 3], ['offsets', 'after', 4], ['commit', 'before', 3], ['commit', 'after', 3], ['init', 'after', 2]] as const) {
  test(`one ${name} in ${every} fails ${when} it took effect: the same bytes`, async () => {
    const expected = await undisturbed();
    const rough = await world();
    rough.kafka.onAction = failing(name, when, every);
    assert.deepEqual(await finish(rough.kafka, await join(rough)), expected);
  });
}

test('members that come and go take over where the last one ended: the same bytes', async () => {
  const expected = await undisturbed();
  const rough = await world();
  const first = await join(rough);
  await until(() => rough.kafka.records('signals.action').length > 20, 'the first has begun');
  const second = await join(rough);
  await until(() => rough.kafka.records('signals.action').length > 60, 'both have worked');
  rough.kafka.expel('processor', 0);
  const third = await join(rough);
  await first.stop();
  assert.deepEqual(await finish(rough.kafka, second, third), expected);
});
