import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryKafka } from '../../fakes/memoryKafka.ts';
import { PARTITIONS, click, openWorld, type World } from './world.ts';

const MINUTE_MS = 60_000;
const NOW = 1_600_000_000_000;
const now = (): number => NOW;

const clocks = (world: World): { partition: number; occurred_at: number }[] => world.events().filter(({ type }) => type === 'clock').map(({ partition, occurred_at }) => ({ partition, occurred_at }));
const everywhere = (occurred_at: number): { partition: number; occurred_at: number }[] => Array.from({ length: PARTITIONS }, (_, partition) => ({ partition, occurred_at }));
const until = async (what: () => boolean): Promise<void> => {
  while (!what()) await new Promise((resolve) => setTimeout(resolve, 5));
};

test('a clock is posted to every partition, of no user and no feature; beyond five minutes ahead it is refused', async (t) => {
  const world = await openWorld(t, { now });
  const answer = await world.post('/v1/clock', { occurred_at: NOW + 5 * MINUTE_MS }, { key: 'a' });
  assert.deepEqual([answer.status, answer.body], [202, { occurred_at: NOW + 5 * MINUTE_MS, partitions: PARTITIONS }]);
  assert.deepEqual(clocks(world), everywhere(NOW + 5 * MINUTE_MS));
  assert.deepEqual(world.events().map(({ user_id, feature }) => user_id + feature), ['', '', '', '']);
  for (const body of [{ occurred_at: NOW + 5 * MINUTE_MS + 1 }, {}, { occurred_at: 'soon' }, [], '', '{']) assert.equal((await world.post('/v1/clock', body, { key: 'a' })).status, 400, JSON.stringify(body));
  assert.equal((await world.post('/v1/events', { events: [click({ type: 'clock', user_id: '', feature: '' })] }, { key: 'a' })).body['accepted'], 0);
  assert.equal(clocks(world).length, PARTITIONS);
});

test('clocks follow what is acknowledged, and future events drag none', async (t) => {
  const world = await openWorld(t, { now, overrides: { clockIntervalMs: 10 } });
  await world.post('/v1/events', { events: [click({ occurred_at: 1_000 }), click({ occurred_at: 3_000 }), click({ occurred_at: NOW + 5 * MINUTE_MS + 1 })] });
  await until(() => clocks(world).length >= PARTITIONS);
  await world.post('/v1/events', { events: [click({ occurred_at: 2_000 })] });
  await world.post('/v1/events', { events: [click({ occurred_at: 4_000 })] });
  await until(() => clocks(world).length >= 2 * PARTITIONS);
  assert.deepEqual(clocks(world), [3_000, 4_000].flatMap(everywhere).sort((a, b) => a.partition - b.partition), 'none for the event that was not new');
});

test('a clock that Kafka does not acknowledge is said again', async (t) => {
  const world = await openWorld(t, { now, overrides: { clockIntervalMs: 10 } });
  let sends = 0;
  // The first send is the event's; the next two are of its clock.
  world.fault = () => ([2, 3].includes(++sends) ? Promise.reject(new Error('no')) : Promise.resolve());
  await world.post('/v1/events', { events: [click({ occurred_at: 1_000 })] });
  await until(() => clocks(world).length >= PARTITIONS);
  assert.deepEqual(clocks(world), everywhere(1_000));
  assert.equal(sends, 4);
});

test('a new collector first says the highest time at the partitions\' ends', async (t) => {
  const kafka = createMemoryKafka({ now });
  const first = await openWorld(t, { kafka, now });
  await first.post('/v1/events', { events: [click({ occurred_at: 7_000 }), click({ user_id: 'u2', occurred_at: 9_000 }), click({ user_id: 'u3', occurred_at: NOW + 6 * MINUTE_MS })] });
  kafka.append([{ topic: 'platform.events', partition: 0, key: 'x', value: Buffer.from('no record') }]);
  assert.deepEqual(kafka.records('platform.events').length, 4);
  await openWorld(t, { kafka, now });
  const added = kafka.records('platform.events').slice(0).filter(({ value }) => value !== null && value[0] === 0).map(({ value }) => first.codec.decode('PlatformEvent', value ?? Buffer.alloc(0))).filter(({ type }) => type === 'clock');
  assert.deepEqual(added.map(({ occurred_at }) => occurred_at), [9_000, 9_000, 9_000, 9_000]);
});

test('a log whose old records have been taken away: the highest time of what is left', async (t) => {
  const kafka = createMemoryKafka({ now });
  const first = await openWorld(t, { kafka, now });
  await first.post('/v1/events', { events: Array.from({ length: 150 }, (_, index) => click({ occurred_at: index === 100 ? 9_000 : 5_000 + index })) });
  const partition = first.events()[0]?.partition ?? 0;
  kafka.truncate({ topic: 'platform.events', partition }, 120);
  const second = await openWorld(t, { kafka, now });
  assert.deepEqual(clocks(second), everywhere(5_149).sort((a, b) => a.partition - b.partition));
});

test('stopping: what is under way is finished, the last clock is said, nothing more is taken', async (t) => {
  const world = await openWorld(t, { now });
  let release: () => void = () => undefined;
  world.fault = () => new Promise((resolve) => (release = resolve));
  const posted = world.post('/v1/events', { events: [click({ occurred_at: 5_000 })] });
  await until(() => world.collector.health().detail['queued_bytes'] !== 0);
  const stopping = world.collector.stop();
  assert.equal(world.collector.health().ready, false);
  world.fault = null;
  release();
  assert.equal((await posted).status, 202);
  await stopping;
  assert.deepEqual(clocks(world), everywhere(5_000));
  await assert.rejects(world.post('/v1/events', { events: [click()] }));
});
