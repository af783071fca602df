/** Events of other standards over HTTP: what is answered, what reaches the log, and what is kept of what is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { openWorld } from './world.ts';

const run = (eventType: string, owner = 'user:ada'): Record<string, unknown> => ({
  eventType, eventTime: '2026-11-23T10:00:00Z', run: { runId: 'r1' }, job: { namespace: 'prod', name: 'train', facets: { ownership: { owners: [{ name: owner }] } } },
});
const cloudEvent = (over: object = {}): Record<string, unknown> => ({ specversion: '1.0', id: 'A1', source: '/nb', type: 'notebook.opened', time: '2026-11-23T10:00:00Z', userid: 'ada', ...over });
const jupyter = (over: object = {}): Record<string, unknown> => ({ __timestamp__: '2026-11-23T10:00:00.1+00:00Z', __schema__: 'https://example.org/nb/v1', action: 'open', ...over });
const STRUCTURED = { 'content-type': 'application/cloudevents+json' };
const BATCH = { 'content-type': 'application/cloudevents-batch+json' };

test('a run\'s life posted to the path of OpenLineage\'s clients, packed or not, is a task', async (t) => {
  const world = await openWorld(t);
  assert.deepEqual((await world.post('/api/v1/lineage', run('START'))).body, { accepted: 1, rejected: [] });
  assert.deepEqual((await world.post('/api/v1/lineage', run('RUNNING'))).body, { accepted: 0, rejected: [], ignored: 1 });
  assert.equal((await world.post('/api/v1/lineage', gzipSync(JSON.stringify(run('FAIL'))), { headers: { 'content-encoding': 'gzip' } })).status, 202);
  assert.deepEqual(world.events().map(({ type, task_id, outcome, source, user_id }) => [type, task_id, outcome, source, user_id]), [['task_started', 'r1', null, 'web', 'ada'], ['task_finished', 'r1', 'failed', 'web', 'ada']]);
});

test('sent again, an event has the id that it had', async (t) => {
  const world = await openWorld(t);
  for (let time = 0; time < 2; time++) {
    await world.post('/api/v1/lineage', run('START'));
    await world.post('/v1/cloudevents', cloudEvent(), { headers: STRUCTURED });
    await world.post('/v1/jupyter?user_id=ada', jupyter());
  }
  const ids = world.events().map(({ event_id }) => event_id);
  assert.equal(ids.length, 6);
  assert.equal(new Set(ids).size, 3);
});

test('one event that is refused: 422 with what to do, and a dead letter as it came, the same when it is sent again', async (t) => {
  const world = await openWorld(t);
  const cases = [
    ['/api/v1/lineage', run('START', 'team:x'), {}, /whose run it is/], ['/api/v1/lineage', run('START', `user:${'a'.repeat(300)}`), {}, /user_id has 300 characters/],
    ['/v1/cloudevents', cloudEvent({ userid: undefined }), STRUCTURED, /userid/], ['/v1/cloudevents', [cloudEvent({ time: undefined })], BATCH, /occurred_at is missing/], ['/v1/jupyter', jupyter(), {}, /\?user_id=/],
  ] as const;
  for (const [path, body, headers, detail] of cases) {
    const text = JSON.stringify(body, null, 1);
    const answer = await world.post(path, text, { headers });
    assert.deepEqual([answer.status, answer.body['error']], [422, 'invalid'], path);
    assert.match(String(answer.body['detail']), detail);
    const letter = world.deadLetters().at(-1);
    assert.deepEqual([letter?.reason, letter?.step, letter?.detail], ['invalid', 'collector', answer.body['detail']]);
    assert.deepEqual(JSON.parse(String(letter?.original)), JSON.parse(JSON.stringify(Array.isArray(body) ? body[0] : body)));
  }
  assert.equal(world.events().length, 0);
  const line = await world.post('/v1/jupyter', '{broken', { headers: { 'content-type': 'application/x-ndjson' } });
  assert.deepEqual([line.status, line.body['error']], [422, 'undecodable']);
});

test('of many events each stands for itself, at its place in the request', async (t) => {
  const world = await openWorld(t);
  const batch = await world.post('/v1/cloudevents', [cloudEvent(), cloudEvent({ id: 'A2', userid: null }), cloudEvent({ id: 'A3' })], { headers: BATCH });
  assert.equal(batch.status, 202);
  assert.equal(batch.body['accepted'], 2);
  assert.deepEqual((batch.body['rejected'] as { index: number }[]).map(({ index }) => index), [1]);
  const lines = [JSON.stringify(jupyter()), '{broken', '', JSON.stringify(jupyter({ action: 'save' })), '7'].join('\n');
  const { status, body } = await world.post('/v1/jupyter?user_id=ada', lines, { headers: { 'content-type': 'application/x-ndjson' } });
  assert.deepEqual([status, body['accepted'], (body['rejected'] as { index: number; reason: string }[]).map(({ index, reason }) => [index, reason])], [202, 2, [[1, 'undecodable'], [3, 'invalid']]]);
  assert.deepEqual(world.deadLetters().map(({ original }) => String(original)).slice(1), ['{broken', '7']);
  assert.equal((await world.post('/v1/jupyter?user_id=ada', [jupyter({ action: 'a' }), jupyter({ action: 'b' })])).body['accepted'], 2);
});

test('CloudEvents: the three modes; no body where there is nothing to tell', async (t) => {
  const world = await openWorld(t);
  const binary = { 'content-type': 'application/json', 'ce-specversion': '1.0', 'ce-id': 'B1', 'ce-source': '/nb', 'ce-type': 'notebook.saved', 'ce-time': '2026-11-23T10:00:00Z', 'ce-userid': '%C3%A9va' };
  for (const [body, headers] of [[cloudEvent(), STRUCTURED], [[cloudEvent({ id: 'A2' })], BATCH], [{ action: 'save' }, binary], ['', { ...binary, 'ce-id': 'B2' }]] as const) {
    const answer = await world.post('/v1/cloudevents', body, { headers });
    assert.deepEqual([answer.status, answer.body], [202, { text: '' }]);
  }
  assert.deepEqual(world.events().map(({ user_id, action }) => [user_id, action]).sort(), [['ada', 'opened'], ['ada', 'opened'], ['éva', 'save'], ['éva', 'saved']]);
  const refused = await world.post('/v1/cloudevents', { a: 1 }, { headers: { ...binary, 'ce-type': 'run.started' } });
  assert.equal(refused.status, 422);
  assert.deepEqual(JSON.parse(String(world.deadLetters()[0]?.original)), { specversion: '1.0', id: 'B1', source: '/nb', type: 'run.started', time: '2026-11-23T10:00:00Z', userid: 'éva', datacontenttype: 'application/json', data: { a: 1 } });
});

test('what cannot be read, is too much, or has no key is answered like any other', async (t) => {
  const world = await openWorld(t, { overrides: { maxEvents: 2 } });
  for (const [path, body, headers] of [
    ['/api/v1/lineage', '{', {}], ['/api/v1/lineage', [run('START'), run('FAIL')], {}], ['/api/v1/lineage', [], {}], ['/api/v1/lineage', '', {}], ['/api/v1/lineage', Buffer.from([0x22, 0xff, 0x22]), {}],
    ['/v1/cloudevents', cloudEvent(), {}], ['/v1/cloudevents', cloudEvent(), { 'content-type': 'application/cloudevents+avro' }], ['/v1/cloudevents', '{', { 'ce-specversion': '1.0' }], ['/v1/cloudevents', [cloudEvent(), cloudEvent()], STRUCTURED],
    ['/v1/jupyter', jupyter(), { 'content-type': 'text/plain' }], ['/v1/jupyter', '{', {}],
  ] as const) {
    const answer = await world.post(path, body, { headers });
    assert.deepEqual([answer.status, answer.body['error']], [400, 'bad_request'], `${path} ${JSON.stringify(body)}`);
  }
  assert.equal((await world.post('/v1/cloudevents', [1, 2, 3], { headers: BATCH })).status, 413);
  assert.equal((await world.post('/v1/jupyter', '1\n2\n3', { headers: { 'content-type': 'application/x-ndjson' } })).status, 413);
  for (const path of ['/api/v1/lineage', '/v1/cloudevents', '/v1/jupyter']) assert.equal((await world.post(path, '{', { key: 'x' })).status, 401);
  assert.equal(world.kafka.records('platform.events').length + world.kafka.records('dead-letter').length, 0);
});

test('where user ids become pseudonyms, so do those of other standards, and nothing of the id is left in what is refused', async (t) => {
  const world = await openWorld(t, { overrides: { privacy: { pseudonymSecret: 'a secret of more than 32 characters', denyProperties: ['producer'] } } });
  const who = 'user:ada-lovelace';
  await world.post('/api/v1/lineage', { ...run('START', who), producer: 'p' });
  for (const over of [{ eventTime: 'noon' }, { eventType: 'DONE' }]) assert.equal((await world.post('/api/v1/lineage', { ...run('START', who), ...over })).status, 422);
  await world.post('/v1/cloudevents', [cloudEvent({ userid: 'ada-lovelace' }), cloudEvent({ userid: 'ada-lovelace', type: 'run.started' })], { headers: BATCH });
  await world.post('/v1/jupyter?user_id=ada-lovelace', jupyter());
  assert.equal(new Set(world.events().map(({ user_id }) => user_id)).size, 1);
  assert.deepEqual([world.events().length, world.deadLetters().length, world.events()[0]?.properties['producer']], [3, 3, undefined]);
  const stored = ['platform.events', 'dead-letter'].flatMap((topic) => world.kafka.records(topic)).map(({ key, value }) => `${String(key)} ${String(value)}`).join('\n');
  assert.ok(!stored.includes('lovelace'));
});
