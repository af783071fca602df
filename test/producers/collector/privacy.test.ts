import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { createErasureTable } from '../../../schemas/erasures.ts';
import { partitionOf } from '../../../schemas/partition.ts';
import { PARTITIONS, click, openWorld, type World } from './world.ts';

const SECRET = 'a secret of more than 32 characters';
const pseudonym = (id: string): string => createHmac('sha256', SECRET).update(id).digest('hex').slice(0, 32);
const BOTH = { privacy: { pseudonymSecret: SECRET, denyProperties: ['email', 'IP'] } };
const USER = { user_id: 'ada-lovelace', team: 't', role: 'r', org: 'o', joined_at: 5 };

/** Everything that is in Kafka, as text. */
const stored = ({ kafka }: World): string => ['platform.events', 'platform.users', 'dead-letter'].flatMap((topic) => kafka.records(topic)).map(({ key, value }) => `${String(key)} ${String(value)}`).join('\n');

test('an event and its user get the same pseudonym, which decides the partition; nothing of the id is left', async (t) => {
  const world = await openWorld(t, { overrides: BOTH });
  await world.post('/v1/events', { events: [click({ user_id: 'ada-lovelace' }), click({ user_id: 'bob' })] });
  await world.post('/v1/users', { users: [USER] }, { key: 'a' });
  const [event] = world.read('events', 'PlatformEvent').filter(({ user_id }) => user_id === pseudonym('ada-lovelace'));
  assert.deepEqual([event?.partition, event?.key], [partitionOf(pseudonym('ada-lovelace'), PARTITIONS), pseudonym('ada-lovelace')]);
  assert.deepEqual(world.read('users', 'User').map(({ user_id, key, team }) => [user_id, key, team]), [[pseudonym('ada-lovelace'), pseudonym('ada-lovelace'), 't']]);
  assert.ok(!stored(world).includes('ada'));
});

test('whoever is erased by their id is erased by the pseudonym that Kafka knows them by', async (t) => {
  const world = await openWorld(t, { overrides: BOTH });
  const answer = await fetch(`${world.url}/v1/users/ada-lovelace`, { method: 'DELETE', headers: { authorization: 'Bearer a' } });
  assert.equal(answer.status, 202);
  assert.deepEqual(world.kafka.records('platform.users').map(({ key, value }) => [key?.toString(), value]), [[pseudonym('ada-lovelace'), null]]);
  const table = createErasureTable(null);
  for (const { key, value } of world.kafka.records('platform.erasures')) table.add(String(key), value ?? Buffer.alloc(0));
  assert.deepEqual([table.covers(pseudonym('ada-lovelace'), 0), table.covers('ada-lovelace', 0)], [true, false]);
});

test('denied properties are dropped whatever their case; the others stay', async (t) => {
  const world = await openWorld(t, { overrides: BOTH });
  await world.post('/v1/events', `{"events": [${JSON.stringify(click({ properties: { email: 'x@y', Email: 'x@y', ip: '10.1.2.3', region: 'eu', constructor: 'c' } }))}]}`);
  assert.deepEqual(world.events().map(({ properties }) => properties), [{ region: 'eu', constructor: 'c' }]);
});

test('what is rejected is kept without ids, denied properties and unknown fields; what cannot be read is not kept', async (t) => {
  const world = await openWorld(t, { overrides: BOTH });
  const bad = [
    click({ event_id: 'b1', type: 'nothing', user_id: 'ada-lovelace', userid: 'ada-lovelace', properties: { email: 'ada-lovelace', region: 'eu' } }),
    click({ event_id: 'b2', user_id: { id: 'ada-lovelace' } }),
    click({ event_id: 'b3', properties: ['ada-lovelace'] }),
    click({ event_id: 'b4', properties: { region: 'x'.repeat(300_000) } }),
    'ada-lovelace',
  ];
  assert.equal((await world.post('/v1/events', { events: bad })).body['accepted'], 0);
  assert.equal((await world.post('/v1/events', '{"user_id": "ada-lovelace"\n', { headers: { 'content-type': 'application/x-ndjson' } })).body['accepted'], 0);
  assert.ok(!stored(world).includes('ada'));
  const kept = world.deadLetters().map(({ original }) => String(original));
  assert.deepEqual(JSON.parse(kept[0] ?? ''), { event_id: 'b1', user_id: pseudonym('ada-lovelace'), occurred_at: 1_600_000_000_000, type: 'nothing', feature: 'notebook.create', action: 'click', properties: { region: 'eu' } });
  assert.deepEqual(kept.map((text) => text.startsWith('withheld')), [false, false, false, false, true, true]);
});

test('only a deny-list: ids stay; neither: the bytes of what is rejected stay as they came', async (t) => {
  const denying = await openWorld(t, { overrides: { privacy: { pseudonymSecret: null, denyProperties: ['email'] } } });
  await denying.post('/v1/events', { events: [click({ properties: { email: 'x' } })] });
  assert.deepEqual(denying.events().map(({ user_id, properties }) => [user_id, properties]), [['u1', {}]]);
  const open = await openWorld(t);
  await open.post('/v1/events', '{"events": [ {"user_id":  7} ]}');
  assert.equal(String(open.deadLetters()[0]?.original), '{"user_id":  7}');
});
