import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createErasureTable } from '../../../schemas/erasures.ts';
import { click, openWorld, type World } from './world.ts';

const ada = { user_id: 'ada', team: 'search', role: 'data-scientist', org: 'retail', joined_at: '2026-01-05T09:00:00Z' };
const erase = (world: World, user: string, key = 'a'): Promise<Response> => fetch(`${world.url}/v1/users/${encodeURIComponent(user)}`, { method: 'DELETE', headers: { authorization: `Bearer ${key}` } });

test('erasing leaves a tombstone, and a record that has no id and covers what is before it', async (t) => {
  const world = await openWorld(t);
  await world.post('/v1/users', { users: [ada] }, { key: 'a' });
  await world.post('/v1/events', { events: [click({ user_id: 'ada' })] });
  const before = Date.now();
  assert.equal((await erase(world, 'ada')).status, 202);
  assert.deepEqual(world.kafka.records('platform.users').map(({ key, value }) => [key?.toString(), value === null]), [['ada', false], ['ada', true]]);
  const [record, ...others] = world.kafka.records('platform.erasures');
  assert.ok(record?.key !== undefined && record.key !== null && record.value !== null && others.length === 0);
  assert.ok(!`${record.key.toString()}${record.value.toString()}`.includes('ada'));
  const table = createErasureTable(null);
  table.add(record.key.toString(), record.value);
  assert.equal(table.of('ada')?.usersBefore, 2, 'both records of platform.users');
  assert.deepEqual([table.covers('ada', before), table.covers('ada', before + 3_600_000), table.covers('bob', before)], [true, false, false]);
});

test('only with an admin key', async (t) => {
  const world = await openWorld(t);
  assert.equal((await erase(world, 'ada', 'w')).status, 401);
  assert.equal(world.kafka.records('platform.erasures').length, 0);
});

test('ids of any characters and of the greatest length', async (t) => {
  const world = await openWorld(t);
  for (const id of ['a/b?c#d %', '\u{1F600}'.repeat(128), 'x'.repeat(256)]) {
    assert.equal((await erase(world, id)).status, 202, id);
    assert.equal(world.kafka.records('platform.users').at(-1)?.key?.toString(), id);
  }
});

test('where Kafka does not take it: 503, and nothing is promised', async (t) => {
  const world = await openWorld(t);
  world.fault = () => Promise.reject(new Error('no broker'));
  assert.equal((await erase(world, 'ada')).status, 503);
});
