import assert from 'node:assert/strict';
import { test } from 'node:test';
import { click, openWorld } from '../world.ts';
import { exchange, statusesOf } from './raw.ts';

const EVENT = JSON.stringify({ events: [click({ event_id: 'smuggled' })] });
const INNER = `POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer w\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ${EVENT.length}\r\n\r\n${EVENT}`;
const OUTER = 'POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer w\r\nContent-Type: application/json\r\n';

/** Requests that two readers could cut at different places: a proxy would see one where we see two. */
const SMUGGLED: readonly (readonly [what: string, request: string])[] = [
  ['both lengths', `${OUTER}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${INNER}`],
  ['both lengths, the other way round', `${OUTER}Transfer-Encoding: chunked\r\nContent-Length: ${INNER.length + 5}\r\n\r\n0\r\n\r\n${INNER}`],
  ['two lengths', `${OUTER}Content-Length: 0\r\nContent-Length: ${INNER.length}\r\n\r\n${INNER}`],
  ['a list of lengths', `${OUTER}Content-Length: 0, ${INNER.length}\r\n\r\n${INNER}`],
  ['a signed length', `${OUTER}Content-Length: +0\r\n\r\n${INNER}`],
  ['a negative length', `${OUTER}Content-Length: -1\r\n\r\n${INNER}`],
  ['a hexadecimal length', `${OUTER}Content-Length: 0x0\r\n\r\n${INNER}`],
  ['a length that overflows', `${OUTER}Content-Length: 18446744073709551616\r\n\r\n${INNER}`],
  ['chunked, but not last', `${OUTER}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${INNER}`],
  ['nearly chunked', `${OUTER}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${INNER}`],
  ['chunked behind a control character', `${OUTER}Transfer-Encoding: \u000bchunked\r\n\r\n0\r\n\r\n${INNER}`],
  ['a space before the colon', `${OUTER}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${INNER}`],
  ['a folded header', `${OUTER}X: a\r\n Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n${INNER}`.replace('\r\n Transfer', '\n Transfer')],
  ['a bare line feed in a header', `${OUTER}X: a\nContent-Length: 0\r\n\r\n${INNER}`],
  ['a NUL in a header', `${OUTER}X: a\0b\r\nContent-Length: 0\r\n\r\n${INNER}`],
  ['a chunk with a signed size', `${OUTER}Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n0\r\n\r\n${INNER}`],
  ['a chunk with a size that overflows', `${OUTER}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n\r\n0\r\n\r\n${INNER}`],
  ['a chunk that does not end where it says', `${OUTER}Transfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n0\r\n\r\n${INNER}`],
  ['a chunk whose size ends in a bare line feed', `${OUTER}Transfer-Encoding: chunked\r\n\r\n0\n\r\n${INNER}`],
  ['a line before the request that is none', `garbage\r\n${INNER}`],
  ['a version that is none', INNER.replace('HTTP/1.1', 'HTTP/9.9')],
  ['TLS', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000'],
];
for (const [what, request] of SMUGGLED) {
  test(`${what}: refused, the connection ends, and nothing that stands behind it is read`, async (t) => {
    const world = await openWorld(t);
    const statuses = statusesOf(await exchange(world.collector.port, request));
    assert.deepEqual(statuses.filter((status) => status < 400 || status > 499), []);
    assert.equal(statuses.length, 1);
    assert.equal(world.events().length, 0);
  });
}

test('the request that is smuggled above is a good one', async (t) => {
  const world = await openWorld(t);
  assert.deepEqual(statusesOf(await exchange(world.collector.port, INNER)), [202]);
  assert.deepEqual(world.events().map(({ event_id }) => event_id), ['smuggled']);
});

test('headers without end: 431, in the form of every refusal', async (t) => {
  const world = await openWorld(t);
  for (const headers of [`X: ${'x'.repeat(20_000)}\r\n`, 'X: y\r\n'.repeat(5_000)]) {
    const answer = await exchange(world.collector.port, `${OUTER}${headers}\r\n`);
    assert.deepEqual(statusesOf(answer), [431]);
    assert.deepEqual(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)), { error: 'bad_request', detail: 'the headers are too large' });
  }
  assert.equal(statusesOf(await exchange(world.collector.port, `POST /v1/${'x'.repeat(20_000)} HTTP/1.1\r\n\r\n`))[0], 431);
});

test('a body, or headers, that do not come to an end: 408, and what was reserved for them is free again', async (t) => {
  const world = await openWorld(t, { requestMs: 3_000 });
  const slow = Array.from({ length: 60 }, () => exchange(world.collector.port, `${OUTER}Content-Length: 1500000\r\n\r\n{"events": [`));
  const half = exchange(world.collector.port, 'POST /v1/events HTTP/1.1\r\nHost:');
  const answers = (await Promise.all(slow)).map((answer) => statusesOf(answer)[0]);
  // A key's bodies under way are bounded: those beyond are refused at once.
  assert.deepEqual([...new Set(answers)].sort(), [408, 503]);
  assert.ok(answers.filter((status) => status === 408).length <= 22);
  assert.deepEqual(statusesOf(await half), [408]);
  const large = { events: [click()], more: 'x'.repeat(1_400_000) };
  assert.equal((await world.post('/v1/events', large)).status, 202);
});

test('one key\'s slow bodies do not keep the others out', async (t) => {
  const world = await openWorld(t);
  const sockets = Array.from({ length: 40 }, () => exchange(world.collector.port, `${OUTER}Content-Length: 1500000\r\n\r\n{`));
  for (;;) if ((await world.post('/v1/events', 'x'.repeat(1_500_000))).status === 503) break;
  assert.equal((await world.post('/v1/events', { events: [click()], more: 'x'.repeat(1_000_000) }, { key: 'a' })).status, 202);
  await world.collector.stop();
  await Promise.all(sockets);
});

test('paths that cannot be read, and methods that nobody knows, are refused like all others', async (t) => {
  const world = await openWorld(t);
  for (const [line, status] of [['GET /%zz', 400], ['GET /v1/../healthz', 404], ['GET //healthz', 404], ['GET /v1/events%00', 404], ['DELETE /v1/events', 404], ['PROPFIND /', 404], ['GET http://evil.example/nothing', 404], ['OPTIONS *', 404]] as const) {
    const answer = await exchange(world.collector.port, `${line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    assert.deepEqual(statusesOf(answer), [status], line);
    const { error, detail } = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)) as Record<string, unknown>;
    assert.ok(typeof error === 'string' && typeof detail === 'string', line);
  }
});
