import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { click, openWorld } from './world.ts';

const MIB = 1024 * 1024;

test('Kafka is slow: what waits is bounded, who comes beyond that is told to wait, and nothing is lost or taken twice once Kafka is back', async (t) => {
  const world = await openWorld(t, { acknowledgeMs: 400 });
  let release: (() => void)[] = [];
  world.fault = () => new Promise((resolve) => release.push(resolve));
  const large = (index: number): string => JSON.stringify({ events: Array.from({ length: 6 }, (_, part) => click({ event_id: `e${index}-${part}`, properties: { text: 'x'.repeat(200_000) } })) });
  const refused: string[] = [];
  let most = 0;
  // Far more than may wait: 120 requests of 1.2 MB.
  for (let round = 0; round < 6; round++) {
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => world.post('/v1/events', large(round * 20 + index), { key: index % 2 === 0 ? 'w' : 'a' })));
    for (const { status, headers, body } of answers) {
      assert.deepEqual([status, body['error']], [503, 'unavailable']);
      assert.ok(Number(headers.get('retry-after')) > 0);
      refused.push(String(body['detail']));
    }
    most = Math.max(most, Number(world.collector.health().detail['queued_bytes']));
  }
  assert.ok(most > 0 && most <= 64 * MIB, `${most} bytes wait`);
  assert.equal(world.collector.health().ready, false);
  assert.equal((await world.get('/readyz')).status, 503);
  assert.equal((await world.get('/healthz')).status, 200);

  world.fault = null;
  for (const one of release) one();
  release = [];
  while (world.collector.health().detail['queued_bytes'] !== 0) await new Promise((resolve) => setTimeout(resolve, 5));
  // The first send was under way: it is in the log although its client had a 503. What had waited too long was given back unsent.
  const before = world.events().length;
  assert.equal((await world.post('/v1/events', { events: [click({ event_id: 'after' })] })).status, 202);
  assert.equal(world.events().length, before + 1);
  const ids = world.events().map(({ event_id }) => event_id);
  assert.equal(new Set(ids).size, ids.length);
  assert.equal(world.collector.health().ready, true);
});

test('who finds no room waits for it with its body unread, and is taken; not for ever', async (t) => {
  const world = await openWorld(t);
  let release: (() => void)[] = [];
  world.fault = () => new Promise((resolve) => release.push(resolve));
  const large = (index: number): string => JSON.stringify({ events: Array.from({ length: 6 }, (_, part) => click({ event_id: `e${index}-${part}`, properties: { text: 'x'.repeat(200_000) } })) });
  // Of 1.2 MB each: 27 are half of the room, which is one key's.
  const underWay = Array.from({ length: 27 }, (_, index) => world.post('/v1/events', large(index)));
  while (Number(world.collector.health().detail['queued_bytes']) < 27 * 1_200_000) await new Promise((resolve) => setTimeout(resolve, 5));
  const begun = performance.now();
  const late = await world.post('/v1/events', large(100));
  assert.equal(late.status, 503);
  assert.ok(performance.now() - begun > 1_900);
  const waiting = world.post('/v1/events', large(101));
  assert.equal((await world.post('/v1/events', { events: [] }, { key: 'a' })).status, 202, 'another key does not wait');
  world.fault = null;
  for (const one of release) one();
  release = [];
  for (const { status } of await Promise.all([...underWay, waiting])) assert.equal(status, 202);
  assert.equal(world.events().filter(({ type }) => type !== 'clock').length, 28 * 6);
});

test('a stop: what is under way is answered 202; what comes to its end only now gets our 503, and a connection that closes', async (t) => {
  const world = await openWorld(t);
  let release: () => void = () => undefined;
  world.fault = () => new Promise((resolve) => (release = resolve));
  const underWay = world.post('/v1/events', { events: [click()] });
  while (world.collector.health().detail['queued_bytes'] === 0) await new Promise((resolve) => setTimeout(resolve, 5));

  const late = JSON.stringify({ events: [click({ event_id: 'late' })] });
  const socket = connect(world.collector.port, '127.0.0.1').setEncoding('utf8');
  let answer = '';
  socket.on('data', (text: string) => (answer += text));
  socket.write(`POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer w\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: ${late.length}\r\n\r\n`);
  await once(socket, 'data'); // 100 Continue: the collector has the request, and waits for its body
  const stopping = world.collector.stop();
  world.fault = null;
  socket.write(late);
  release();

  const { status, headers } = await underWay;
  assert.deepEqual([status, headers.get('connection')], [202, 'close']);
  await once(socket, 'close');
  assert.match(answer, /HTTP\/1\.1 503 /);
  assert.match(answer, /\r\nretry-after: 5\r\n/i);
  assert.match(answer, /\r\nconnection: close\r\n/i);
  assert.match(answer, /"error":"unavailable"/);
  await stopping;
  assert.deepEqual(world.events().filter(({ type }) => type !== 'clock').map(({ event_id }) => event_id), ['e1']);
  await assert.rejects(world.get('/healthz'));
});

test('a request whose headers come to their end only after the stop has begun gets our 503 too', async (t) => {
  const world = await openWorld(t);
  let release: () => void = () => undefined;
  world.fault = () => new Promise((resolve) => (release = resolve));
  const underWay = world.post('/v1/events', { events: [click()] });
  const socket = connect(world.collector.port, '127.0.0.1').setEncoding('utf8');
  let answer = '';
  socket.on('data', (text: string) => (answer += text));
  socket.write('GET /v1/status HTTP/1.1\r\nHost: x\r\n');
  while (world.collector.health().detail['queued_bytes'] === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await world.get('/healthz'); // comes after those bytes
  const stopping = world.collector.stop();
  socket.write('\r\n');
  await once(socket, 'close');
  assert.match(answer, /HTTP\/1\.1 503 /);
  assert.match(answer, /"error":"unavailable","detail":/);
  assert.match(answer, /\r\nretry-after: 5\r\n/i);
  world.fault = null;
  release();
  assert.equal((await underWay).status, 202);
  await stopping;
});
