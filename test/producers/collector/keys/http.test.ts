import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { click, openWorld, type World } from '../world.ts';

const hash = (key: string): string => createHash('sha256').update(key).digest('hex');
const fileOf = (...keys: readonly object[]): string => JSON.stringify({ keys: keys.map((key) => ({ rights: 'write', ...key })) });
const PAGE = 'https://app.example';

const until = async (what: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await what())) await new Promise((resolve) => setTimeout(resolve, 5));
};
const statusOf = async (world: World, key: string): Promise<number> => (await world.post('/v1/events', { events: [] }, { key })).status;

test('a key writes events of its own sources only: another source costs that event alone, and is kept in the dead letters', async (t) => {
  const world = await openWorld(t, { readKeys: () => Promise.resolve(fileOf({ name: 'team', sha256: hash('k'), sources: ['notebooks', 'jobs'] })) });
  const events = [click({ event_id: 'none' }), click({ event_id: 'own', source: 'jobs' }), click({ event_id: 'others', source: 'web' })];
  const { status, body } = await world.post('/v1/events', { events }, { key: 'k' });
  assert.deepEqual([status, body], [202, { accepted: 2, rejected: [{ index: 2, event_id: 'others', reason: 'invalid', detail: 'source must be notebooks or jobs: this key is for no other' }] }]);
  assert.deepEqual(world.events().map(({ event_id, source }) => [event_id, source]), [['none', 'notebooks'], ['own', 'jobs']]);
  assert.deepEqual(world.deadLetters().map(({ event_id }) => event_id), ['others']);
  assert.equal((await world.post('/v1/events', { events }, { key: 'w' })).body['accepted'], 3, 'a key of the settings is bound to no source');
});

test('a key that is for pages is good for those alone, and its refusal can be read by the page', async (t) => {
  const world = await openWorld(t, { overrides: { origins: ['*'] }, readKeys: () => Promise.resolve(fileOf({ name: 'page', sha256: hash('k'), origins: [PAGE] })) });
  const post = (headers: Record<string, string>) => world.post('/v1/events', { events: [click()] }, { key: 'k', headers });
  assert.equal((await post({ origin: PAGE })).status, 202);
  for (const headers of [{ origin: 'https://evil.example' }, { origin: `${PAGE}.evil.example` }, { origin: 'null' }, {}]) {
    const refused = await post(headers);
    assert.deepEqual([refused.status, refused.body['error']], [401, 'unauthorized'], JSON.stringify(headers));
    if ('origin' in headers) assert.equal(refused.headers.get('access-control-allow-origin'), headers.origin);
  }
  assert.equal(world.events().length, 1);
});

test('keys change without a restart: old and new are both valid for a while, then the new one alone', async (t) => {
  let file = fileOf({ name: 'web', sha256: hash('old') });
  const world = await openWorld(t, { readKeys: () => Promise.resolve(file) });
  assert.deepEqual([await statusOf(world, 'old'), await statusOf(world, 'new')], [202, 401]);
  file = fileOf({ name: 'web', sha256: [hash('old'), hash('new')] });
  await until(async () => (await statusOf(world, 'new')) === 202);
  assert.equal(await statusOf(world, 'old'), 202);
  file = fileOf({ name: 'web', sha256: hash('new') });
  await until(async () => (await statusOf(world, 'old')) === 401);
  assert.equal(await statusOf(world, 'new'), 202);
  assert.deepEqual([await statusOf(world, 'w'), await statusOf(world, 'a')], [202, 202], 'those of the settings stay');
});

test('a keys file that is wrong, or gone, changes nothing but the log and a metric; a start with one fails', async (t) => {
  let read: () => Promise<string> = () => Promise.resolve(fileOf({ name: 'web', sha256: hash('k') }));
  const lines: string[] = [];
  const world = await openWorld(t, { readKeys: () => read(), log: (_level, message) => lines.push(message) });
  const complaints = (): number => lines.filter((line) => line.startsWith('the keys file cannot be used')).length;
  const wrong = async (): Promise<boolean> => String((await world.get('/metrics')).body['text']).includes('\nchokepoint_collector_keys_file_wrong 1\n');
  for (const [index, next] of [() => Promise.resolve('{"keys": [{'), () => Promise.reject(new Error('ENOENT'))].entries()) {
    read = next;
    await until(() => complaints() === index + 1);
    assert.deepEqual([await statusOf(world, 'k'), await wrong()], [202, true]);
  }
  read = () => Promise.resolve(fileOf({ name: 'web', sha256: hash('other') }));
  await until(async () => (await statusOf(world, 'other')) === 202);
  assert.deepEqual([await statusOf(world, 'k'), await wrong(), complaints()], [401, false, 2]);
  await assert.rejects(openWorld(t, { readKeys: () => Promise.resolve('{}') }), /keys file/);
});

test('a key beyond its limit: 429 with Retry-After, before the body is read; the other keys are not touched', async (t) => {
  const world = await openWorld(t, { readKeys: () => Promise.resolve(fileOf({ name: 'few', sha256: hash('few'), requests_per_second: 0.01 }, { name: 'small', sha256: hash('small'), events_per_second: 0.001 })) });
  const post = (key: string, events = 1) => world.post('/v1/events', { events: Array.from({ length: events }, () => click()) }, { key });
  assert.equal((await post('few')).status, 202);
  const refused = await world.post('/v1/events', '{', { key: 'few' });
  assert.deepEqual([refused.status, refused.body['error']], [429, 'too_many']);
  assert.ok(Number(refused.headers.get('retry-after')) > 90);
  assert.equal((await post('small', 3)).status, 202, 'larger than the bucket');
  assert.equal((await post('small')).status, 429);
  assert.equal((await post('w')).status, 202);
  assert.equal(world.events().length, 5);
});

test('who was let in while there was something in the bucket, and is counted once there is not: 429, and nothing is taken', async (t) => {
  const world = await openWorld(t, { readKeys: () => Promise.resolve(fileOf({ name: 'small', sha256: hash('small'), events_per_second: 0.001 })) });
  const late = JSON.stringify({ events: [click({ event_id: 'late' })] });
  const socket = connect(world.collector.port, '127.0.0.1').setEncoding('utf8');
  let answer = '';
  socket.on('data', (text: string) => (answer += text));
  socket.write(`POST /v1/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer small\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: ${late.length}\r\n\r\n`);
  await once(socket, 'data'); // 100 Continue: it is let in
  assert.equal((await world.post('/v1/events', { events: [click(), click()] }, { key: 'small' })).status, 202);
  socket.write(late);
  await once(socket, 'close');
  assert.match(answer, /HTTP\/1\.1 429 [^]*retry-after: \d{3,}/i);
  assert.equal(world.events().length, 2);
});

test('the limits of the settings are those of the keys that name none', async (t) => {
  const world = await openWorld(t, { overrides: { keyLimits: { requests: 0.1, events: null } } });
  assert.deepEqual([await statusOf(world, 'w'), await statusOf(world, 'w'), await statusOf(world, 'a')], [202, 429, 202]);
});

test('metrics count by the name of the key, and never show a key', async (t) => {
  const world = await openWorld(t, { readKeys: () => Promise.resolve(fileOf({ name: 'counted', sha256: hash('secret-key-1') })) });
  await world.post('/v1/events', { events: [click(), {}] }, { key: 'secret-key-1' });
  await world.post('/v1/events', { events: [click()] }, { key: 'secret-key-2' });
  const text = String((await world.get('/metrics')).body['text']);
  assert.match(text, /chokepoint_collector_key_events_total\{key="counted",result="accepted"\} 1\n/);
  assert.match(text, /chokepoint_collector_key_events_total\{key="counted",result="rejected"\} 1\n/);
  assert.match(text, /chokepoint_collector_key_requests_total\{key="counted",status="202"\} 1\n/);
  assert.match(text, /chokepoint_collector_key_requests_total\{key="none",status="401"\} [1-9]/);
  assert.ok(!text.includes('secret-key') && !text.includes(hash('secret-key-1')));
});
