import assert from 'node:assert/strict';
import { test } from 'node:test';
import { targets } from '../../../consumers/clickhouse/rows.ts';
import { createSinkTask } from '../../../consumers/clickhouse/sinkTask.ts';
import type { Task } from '../../../infra/ports.ts';
import { until } from '../../driver/world.ts';
import { createMemoryKafka } from '../../fakes/memoryKafka.ts';
import { actionSignal, challenge, event, inRecord, user } from './records.ts';
import { jumpingClock, sinkWorld, type Point, type SinkWorld } from './sinkWorld.ts';

const EVENTS = 'platform.events';
const COUNT = 60;

function produce(world: SinkWorld, from = 0, to = COUNT): void {
  for (let n = from; n < to; n++) world.kafka.append([{ topic: EVENTS, partition: n % 2, key: 'u', value: world.codec.encode('PlatformEvent', event({ event_id: `e${n}` })) }]);
}

/** Ids of all rows that ClickHouse holds, sorted: twice where a row is there twice. */
const rowIds = ({ blocks }: SinkWorld): string[] => [...blocks.values()].flatMap(({ rows }) => rows.map((row) => String(Object.values(row)[0]))).toSorted();
const expected = (to = COUNT): string[] => Array.from({ length: to }, (_, n) => `e${n}`).toSorted();
const committed = async (world: SinkWorld, topics = [EVENTS]): Promise<number> => (await world.kafka.committed('sink', topics)).reduce((sum, { offset }) => sum + offset, 0);

/** Whatever happened: an attempt of a token is always the same batch. */
function assertSameBatches({ attempts }: SinkWorld): void {
  const first = new Map<string, Buffer>();
  for (const { token, bytes } of attempts) {
    const known = first.get(token);
    if (known === undefined) first.set(token, bytes);
    else assert.ok(bytes.equals(known), token);
  }
}

test('a range is committed as planned, then inserted, then passed; the plan of a batch that is full by then goes along', async () => {
  const world = await sinkWorld();
  for (let n = 0; n < 17; n++) world.kafka.append([{ topic: EVENTS, partition: 0, key: 'u', value: world.codec.encode('PlatformEvent', event({ event_id: `e${n}` })) }]);
  let arrived: () => void = () => undefined;
  // The first insert takes until everything has come.
  world.fault = (at) => (at === 'before insert' && world.attempts.length === 1 ? new Promise((resolve) => { arrived = resolve; }) : undefined);
  const loop = await world.start([EVENTS]);
  await until(() => world.attempts.length === 1, 'the first insert begins');
  for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
  arrived();
  await until(() => world.commits.at(-1)?.offset === 17, 'the end is committed');
  await loop.stop();
  assert.deepEqual(world.commits.map(({ offset, metadata }) => [offset, metadata]), [
    [0, '{"planned":7}'], [7, '{"through":7,"planned":14}'], [14, '{"through":14,"planned":null}'], [14, '{"through":14,"planned":17}'], [17, '{"through":17,"planned":null}'],
  ]);
  assert.deepEqual([...world.blocks.keys()], ['platform.events-0-0-7-0-0', 'platform.events-0-7-14-0-0', 'platform.events-0-14-17-0-0']);
  assert.equal(rowIds(world).length, 17);
});

for (const point of ['before insert', 'after insert', 'before commit', 'after commit'] satisfies Point[]) {
  test(`a failure ${point}, at every occurrence, gives each row once and the same batches`, async () => {
    for (const occurrence of [1, 2, 3, 8]) {
      const world = await sinkWorld();
      produce(world);
      let seen = 0;
      world.fault = (at) => {
        if (at === point && ++seen === occurrence) throw new Error(`injected ${point}`);
      };
      const loop = await world.start([EVENTS]);
      await until(() => rowIds(world).length >= COUNT, 'all rows are in');
      await loop.stop();
      assert.deepEqual(rowIds(world), expected(), `occurrence ${occurrence}`);
      assertSameBatches(world);
    }
  });

  test(`the process ends ${point}, another goes on: each row once, although more records and other limits came in between`, async () => {
    for (const occurrence of [1, 2, 5]) {
      const world = await sinkWorld();
      produce(world, 0, 40);
      let seen = 0;
      world.fault = (at) => (at === point && ++seen === occurrence ? new Promise<never>(() => undefined) : undefined);
      await world.start([EVENTS]);
      await until(() => seen >= occurrence, 'the process is gone');
      // Its other task is a zombie: it goes on inserting what it has planned, and cannot commit.
      world.fault = () => undefined;
      world.kafka.expel('sink', 0);
      produce(world, 40, COUNT);
      const next = await world.start([EVENTS], { records: 11 });
      await until(() => rowIds(world).length >= COUNT, 'all rows are in');
      await next.stop();
      assert.deepEqual(rowIds(world), expected(), `occurrence ${occurrence}`);
      assertSameBatches(world);
      await world.kafka.close();
    }
  });
}

test('while ClickHouse is away the records wait, and nothing is lost or committed beyond the plan', async () => {
  const world = await sinkWorld();
  produce(world);
  let refused = 0;
  world.fault = (at) => {
    if (at === 'before insert' && ++refused) throw new Error('away');
  };
  const loop = await world.start([EVENTS]);
  await until(() => refused > 40, 'it was tried often');
  assert.equal(await committed(world), 0);
  assert.deepEqual(loop.state().tasks.map(({ status, restarts }) => [status, restarts]), [['running', 0], ['running', 0]]);
  world.fault = () => undefined;
  await until(() => rowIds(world).length >= COUNT, 'all rows are in');
  await loop.stop();
  assert.deepEqual(rowIds(world), expected());
  assertSameBatches(world);
});

test('the backlog says stop when two batches wait, and never while a planned range is not all there', async () => {
  const target = targets('').get(EVENTS);
  assert.ok(target);
  const { codec } = await sinkWorld();
  const input = { topic: EVENTS, partition: 0 };
  const records = Array.from({ length: 10 }, (_, offset) => inRecord(EVENTS, offset, codec.encode('PlatformEvent', event())));
  const open = async (metadata: string): Promise<Task> => {
    const task = createSinkTask({ id: 'x', inputs: [input], log: createMemoryKafka(), wake: () => undefined }, target, {
      codec, clock: jumpingClock(), limits: { records: 2, bytes: 1e6, lingerMs: 1, intervalMs: 1 }, withBlock: (of, work) => work(of.block()), insert: () => Promise.resolve(), onUnreadable: () => undefined,
    });
    await task.open([{ ...input, offset: 0, metadata }]);
    return task;
  };
  const fresh = await open('');
  fresh.accept(records.slice(0, 3));
  assert.equal(fresh.backlog(input), 0);
  fresh.accept(records.slice(3, 4));
  assert.ok(fresh.backlog(input) > 1e9);
  // Planned by a process with larger limits: to wait for less would be to wait for ever.
  const restarted = await open('{"planned":8}');
  restarted.accept(records.slice(0, 7));
  assert.equal(await restarted.step(), null);
  assert.equal(restarted.backlog(input), 0);
  restarted.accept(records.slice(7, 8));
  assert.ok(restarted.backlog(input) > 1e9);
  assert.deepEqual(await restarted.step(), { outputs: [], positions: [{ ...input, offset: 8, metadata: '{"through":8,"planned":null}' }] });
});

test('progress records are not rows, need no insert, and move through', async () => {
  const world = await sinkWorld();
  const topic = 'signals.action';
  const progress = (origin: number): void => { world.kafka.append([{ topic, partition: 0, key: null, value: null, headers: { origin_offset: String(origin), watermark: '1' } }]); };
  progress(4);
  progress(6);
  const loop = await world.start([topic]);
  await until(() => world.commits.some(({ offset }) => offset === 2), 'they are passed');
  assert.deepEqual(world.commits.map(({ metadata }) => metadata), ['{"through":7,"planned":null}']);
  world.kafka.append([{ topic, partition: 0, key: 'u', value: world.codec.encode('ActionSignal', actionSignal({ origin_offset: 9 })) }]);
  await until(() => world.commits.some(({ offset }) => offset === 3), 'the signal is in');
  assert.equal(world.commits.at(-1)?.metadata, '{"through":7,"planned":null}');
  progress(9);
  await until(() => world.commits.some(({ offset }) => offset === 4), 'and its progress record');
  assert.equal(world.commits.at(-1)?.metadata, '{"through":10,"planned":null}');
  await loop.stop();
  assert.equal(world.attempts.length, 1);
});

test('what cannot be read is left out of events, and stops a topic that only this system writes', async () => {
  const world = await sinkWorld();
  world.kafka.append([{ topic: EVENTS, partition: 0, key: null, value: Buffer.from('nonsense') }, { topic: EVENTS, partition: 0, key: null, value: Buffer.from([0, 0, 0, 9, 9, 1]) }]);
  world.kafka.append([{ topic: EVENTS, partition: 0, key: null, value: world.codec.encode('PlatformEvent', event()) }]);
  const loop = await world.start([EVENTS]);
  await until(() => world.commits.at(-1)?.offset === 3, 'they are passed');
  await loop.stop();
  assert.deepEqual(world.unreadable, [0, 1]);
  assert.deepEqual(rowIds(world), ['e1']);

  world.kafka.append([{ topic: 'challenges', partition: 0, key: null, value: Buffer.from('nonsense') }]);
  const other = await world.start(['challenges']);
  await until(() => other.state().tasks.some(({ error }) => /cannot be read, though only this system writes there/.test(error ?? '')), 'the task says so');
  await other.stop();
  assert.equal(await committed(world, ['challenges']), 0);
});

test('a tombstone of a user is a row; one of a challenge is not', async () => {
  const world = await sinkWorld();
  world.kafka.append([{ topic: 'platform.users', partition: 0, key: 'u1', value: world.codec.encode('User', user()) }, { topic: 'platform.users', partition: 0, key: 'u1', value: null }]);
  world.kafka.append([{ topic: 'challenges', partition: 0, key: 'c1', value: null }, { topic: 'challenges', partition: 0, key: 'c1', value: world.codec.encode('Challenge', challenge()) }]);
  const loop = await world.start(['platform.users', 'challenges']);
  await until(() => rowIds(world).length === 3, 'all rows are in');
  await loop.stop();
  const users = [...world.blocks.values()].find(({ table }) => table === 'users_raw');
  assert.deepEqual(users?.rows.map(({ user_id, _deleted }) => [user_id, _deleted]), [['u1', 0], ['u1', 1]]);
});
