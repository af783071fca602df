import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { hashOf } from '../../../schemas/ids.ts';
import { partitionOf } from '../../../schemas/partition.ts';
import { INDEX, PARTITIONS, click, openWorld } from './world.ts';

const NDJSON = { 'content-type': 'application/x-ndjson' };
const GZIP = { 'content-encoding': 'gzip' };

test('events are accepted once they are in the log, each in its user\'s partition', async (t) => {
  const world = await openWorld(t);
  const users = ['u1', 'u2', 'ü3', 'u4', 'u5'];
  const { status, body } = await world.post('/v1/events', { events: users.map((user_id, index) => click({ user_id, event_id: `e${index}` })) });
  assert.deepEqual([status, body], [202, { accepted: 5, rejected: [] }]);
  assert.deepEqual(world.events().map(({ user_id }) => user_id).sort(), [...users].sort());
  for (const event of world.events()) {
    assert.equal(event.partition, partitionOf(event.user_id, PARTITIONS));
    assert.equal(event.source, 'web', 'the key\'s source');
    assert.ok(Math.abs(event.received_at - Date.now()) < 60_000);
  }
});

test('a rejected event costs itself alone, and is a dead letter in this collector\'s own partition', async (t) => {
  const world = await openWorld(t);
  const body = `{"events": [${JSON.stringify(click())}, {"event_id": "bad", "user_id": 12345678901234567890}, ${JSON.stringify(click({ event_id: 'big', properties: { text: 'x'.repeat(300_000) } }))}, {"type": "interaction", "__proto__": {"user_id": "u"}}]}`;
  const answer = await world.post('/v1/events', body);
  assert.equal(answer.status, 202);
  assert.equal(answer.body['accepted'], 1);
  const rejected = answer.body['rejected'] as { index: number; event_id: string | null; reason: string; detail: string }[];
  assert.deepEqual(rejected.map(({ index, event_id, reason }) => [index, event_id, reason]), [[1, 'bad', 'invalid'], [2, 'big', 'too_large'], [3, null, 'invalid']]);
  assert.match(String(rejected[0]?.detail), /^type is missing/);
  assert.deepEqual(world.events().map(({ event_id }) => event_id), ['e1']);
  const letters = world.deadLetters();
  assert.deepEqual(letters.map(({ partition }) => partition), [1, 1, 1].map(() => PARTITIONS + INDEX));
  assert.deepEqual(letters.map(({ event_id, reason, detail, step, origin_topic }) => ({ event_id, reason, detail, step, origin_topic })), rejected.map(({ event_id, reason, detail }) => ({ event_id, reason, detail, step: 'collector', origin_topic: null })));
  assert.equal(String(letters[0]?.original), '{"event_id": "bad", "user_id": 12345678901234567890}', 'the bytes as they came');
  assert.equal(letters[0]?.dead_letter_id, hashOf('collector', 'web', 'bad', '{"event_id": "bad", "user_id": 12345678901234567890}'), 'sent again it is the same dead letter');
  assert.equal(({} as Record<string, unknown>)['user_id'], undefined);
});

test('ids are made for events that have none, and returned', async (t) => {
  const world = await openWorld(t);
  const { body } = await world.post('/v1/events', { events: [click(), click({ event_id: undefined }), click({ event_id: null })] });
  const made = body['event_ids'] as { index: number; event_id: string }[];
  assert.deepEqual(made.map(({ index }) => index), [1, 2]);
  for (const { event_id } of made) assert.match(event_id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.deepEqual(world.events().map(({ event_id }) => event_id), ['e1', ...made.map(({ event_id }) => event_id)]);
});

test('NDJSON with a broken line; gzip', async (t) => {
  const world = await openWorld(t);
  const lines = `${JSON.stringify(click())}\n{broken\n\n${JSON.stringify(click({ event_id: 'e2' }))}`;
  const { status, body } = await world.post('/v1/events', gzipSync(lines), { headers: { ...NDJSON, ...GZIP } });
  assert.equal(status, 202);
  assert.equal(body['accepted'], 2);
  assert.deepEqual(body['rejected'], [{ index: 1, event_id: null, reason: 'undecodable', detail: 'the line is not JSON: write one object per line' }]);
  assert.equal(world.deadLetters()[0]?.original.toString(), '{broken');
});

test('a body that is not readable: 400, and nothing is accepted', async (t) => {
  const world = await openWorld(t);
  const bodies: readonly (readonly [unknown, Record<string, string>])[] = [
    ['{"events": [', {}], ['[]', {}], ['{}', {}], ['', {}], ['"events"', {}], ['null', {}], ['{"events": {"0": {}}}', {}], [Buffer.from([0x22, 0xff, 0x22]), {}],
    [JSON.stringify({ events: [click()] }), { 'content-type': 'text/plain' }], [JSON.stringify({ events: [click()] }), GZIP], [gzipSync(JSON.stringify({ events: [click()] })).subarray(0, 40), GZIP],
    [JSON.stringify({ events: [click()] }), { 'content-encoding': 'br' }],
  ];
  for (const [body, headers] of bodies) {
    const answer = await world.post('/v1/events', body, { headers });
    assert.deepEqual([answer.status, answer.body['error']], [400, 'bad_request'], String(body));
    assert.equal(typeof answer.body['detail'], 'string');
  }
  assert.equal(world.kafka.records('platform.events').length + world.kafka.records('dead-letter').length, 0);
});

test('who has no key, or not the right one: 401', async (t) => {
  const world = await openWorld(t);
  for (const path of ['/v1/events', '/v1/users', '/v1/features', '/v1/clock']) {
    for (const key of [null, 'x', '']) {
      const answer = await world.post(path, '{', { key });
      assert.deepEqual([answer.status, answer.body['error'], answer.headers.get('www-authenticate')], [401, 'unauthorized', 'Bearer'], `${path} ${String(key)}`);
    }
    if (path !== '/v1/events') assert.equal((await world.post(path, '{', { key: 'w' })).status, 401, `a write key on ${path}`);
  }
  assert.equal((await world.post('/v1/events', { events: [click()] }, { key: 'a' })).status, 202, 'admin keys also write');
});

test('limits: 2 MB, 5,001 events, a bomb: 413, and the answer arrives', async (t) => {
  const world = await openWorld(t);
  const tooLarge = [
    [`{"events": [], "x": "${'x'.repeat(2_000_000)}"}`, {}],
    [`{"events": [], "x": "${'x'.repeat(20_000_000)}"}`, {}],
    [gzipSync(`{"events": [], "x": "${'x'.repeat(2_000_000)}"}`), GZIP],
    [gzipSync(Buffer.alloc(64 * 1024 * 1024, ' ')), GZIP],
    [{ events: Array.from({ length: 5_001 }, () => 1) }, {}],
    ['1\n'.repeat(5_001), NDJSON],
  ] as const;
  for (const [body, headers] of tooLarge) {
    const answer = await world.post('/v1/events', body, { headers });
    assert.deepEqual([answer.status, answer.body['error']], [413, 'too_large']);
  }
  assert.equal((await world.post('/v1/events', 'x'.repeat(20_000_000), { key: null })).status, 401);
  assert.equal((await world.post('/v1/events', { events: Array.from({ length: 5_000 }, (_, index) => click({ event_id: `e${index}` })) })).body['accepted'], 5_000);
  assert.equal(world.events().length, 5_000);
});

test('Kafka does not acknowledge: 503 with Retry-After within the bound; once it does, all goes on', async (t) => {
  const world = await openWorld(t, { acknowledgeMs: 100 });
  const open: (() => void)[] = [];
  world.fault = () => new Promise((resolve) => open.push(resolve));
  const slow = await world.post('/v1/events', { events: [click()] });
  assert.deepEqual([slow.status, slow.body['error'], slow.headers.get('retry-after')], [503, 'unavailable', '5']);
  assert.equal((await world.get('/readyz')).status, 503, 'it still waits');
  world.fault = null;
  open[0]?.();
  assert.equal((await world.post('/v1/events', { events: [click({ event_id: 'e2' })] })).status, 202);

  world.fault = () => Promise.reject(new Error('not enough replicas'));
  const failed = await world.post('/v1/events', { events: [click({ event_id: 'e3' })] });
  assert.equal(failed.status, 503);
  assert.match(String(failed.body['detail']), /send the same again/);
  assert.equal((await world.get('/readyz')).status, 503);
  assert.equal((await world.get('/healthz')).status, 200, 'the process is well');
  world.fault = null;
  assert.equal((await world.post('/v1/events', { events: [click({ event_id: 'e3' })] })).status, 202);
  assert.equal((await world.get('/readyz')).status, 200);
  assert.deepEqual(world.events().map(({ event_id }) => event_id), ['e1', 'e2', 'e3']);
});

test('users and features go to their topics under their keys; what is wrong is only in the answer', async (t) => {
  const world = await openWorld(t);
  const user = { user_id: 'u1', team: 't', role: 'r', org: 'o', joined_at: 5 };
  const users = await world.post('/v1/users', { users: [user, { ...user, team: 7 }] }, { key: 'a' });
  assert.deepEqual([users.status, users.body], [202, { accepted: 1, rejected: [{ index: 1, reason: 'invalid', detail: 'team must be a string, but is a number: put it in quotes' }] }]);
  assert.deepEqual(world.read('users', 'User'), [{ ...user, partition: 0, key: 'u1' }]);
  const feature = { feature: 'f', title: 'F', stage: 'training', expected_ms: 60_000 };
  assert.equal((await world.post('/v1/features', { features: [feature] }, { key: 'a' })).status, 202);
  assert.deepEqual(world.read('features', 'Feature'), [{ ...feature, tool: '', core: false, task_timeout_ms: null, owner: null, ignore_repeats: false, partition: 0, key: 'f' }]);
  assert.equal(world.kafka.records('dead-letter').length, 0);
});

test('other paths and methods: 404; metrics are told', async (t) => {
  const world = await openWorld(t);
  assert.equal((await world.post('/v1/nothing', {})).status, 404);
  assert.equal((await world.get('/v1/events')).status, 404);
  await world.post('/v1/events', { events: [click()] });
  assert.match(String((await world.get('/metrics')).body['text']), /chokepoint_collector_events_total\{result="accepted"\} [1-9]/);
});
