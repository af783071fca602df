import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { click, openWorld } from '../world.ts';

const GZIP = { 'content-encoding': 'gzip' };
const NDJSON = { 'content-type': 'application/x-ndjson' };
const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
const EVENT = JSON.stringify(click());
const good = JSON.stringify({ events: [click()] });

test('JSON of any depth is answered: the deep event is rejected alone, also where it must be written anew', async (t) => {
  for (const privacy of [{ pseudonymSecret: null, denyProperties: [] }, { pseudonymSecret: null, denyProperties: ['email'] }]) {
    const world = await openWorld(t, { overrides: { privacy } });
    const error = `{"user_id": "u", "type": "error", "error": ${deep(500_000)}}`;
    // The name of the list is written so that the texts of its elements are not found.
    for (const list of ['"events"', '"ev\\u0065nts"']) {
      const { status, body } = await world.post('/v1/events', `{${list}: [${error}, ${EVENT}]}`);
      assert.deepEqual([status, body['accepted']], [202, 1]);
    }
    assert.equal((await world.post('/v1/events', `${error}\n${EVENT}`, { headers: NDJSON })).body['accepted'], 1);
    assert.equal((await world.post('/v1/events', deep(700_000))).status, 400);
    assert.equal((await world.post('/v1/events', '['.repeat(1_500_000))).status, 400);
    assert.equal((await world.post('/v1/clock', deep(700_000), { key: 'a' })).status, 400);
    assert.deepEqual(world.deadLetters().map(({ reason }) => reason), ['invalid', 'invalid', 'invalid']);
  }
});

test('gzip that is none, ends early, goes on too long, or is packed twice', async (t) => {
  const world = await openWorld(t);
  const whole = gzipSync(good);
  const flipped = Buffer.from(whole);
  flipped[whole.length - 6] = (flipped[whole.length - 6] ?? 0) ^ 0xff;
  const cases: readonly (readonly [what: string, bytes: Buffer, status: number])[] = [
    ['whole', whole, 202],
    ['two members', Buffer.concat([gzipSync('{"events": ['), gzipSync(']}')]), 202],
    ['no gzip', Buffer.from(good), 400],
    ['a flipped checksum', flipped, 400],
    ['packed twice', gzipSync(whole), 400],
    ['a bomb', gzipSync(Buffer.alloc(32 * 1024 * 1024)), 413],
    ['a bomb of many members', Buffer.concat(Array.from({ length: 64 }, () => gzipSync(Buffer.alloc(1_000_000)))), 413],
    ['a bomb in a bomb', gzipSync(gzipSync(Buffer.alloc(32 * 1024 * 1024))), 400],
    ...Array.from({ length: 20 }, (_, index) => [`cut at ${index}`, whole.subarray(0, Math.floor((whole.length * index) / 20)), 400] as const),
  ];
  for (const [what, bytes, status] of cases) assert.equal((await world.post('/v1/events', bytes, { headers: GZIP })).status, status, what);
});

test('a body packed more tightly than the setting allows: 413', async (t) => {
  const world = await openWorld(t, { overrides: { maxRatio: 50 } });
  const padded = (bytes: number): Buffer => gzipSync(`{"events": [], "x": "${' '.repeat(bytes)}"}`);
  assert.equal((await world.post('/v1/events', padded(100_000), { headers: GZIP })).status, 413);
  assert.equal((await world.post('/v1/events', padded(1_000), { headers: GZIP })).status, 202);
});

test('text that is no UTF-8, and what is UTF-8 but no text', async (t) => {
  const world = await openWorld(t);
  const withBytes = (...bytes: number[]): Buffer => Buffer.concat([Buffer.from('{"events": [{"user_id": "'), Buffer.from(bytes), Buffer.from('"}]}')]);
  for (const bytes of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]) assert.equal((await world.post('/v1/events', withBytes(...bytes))).status, 400, String(bytes));
  assert.equal((await world.post('/v1/events', Buffer.from(good, 'utf16le'))).status, 400);
  assert.equal((await world.post('/v1/events', Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(good)]))).status, 400, 'a byte order mark');
  for (const user_id of ['\ud800', 'a\u0000b', 'a\u001fb', '\u007f']) assert.equal((await world.post('/v1/events', { events: [click({ user_id })] })).body['accepted'], 0, JSON.stringify(user_id));
  assert.equal(world.events().length, 0);
});

test('names of prototypes are names', async (t) => {
  const world = await openWorld(t);
  const names = ['constructor', 'toString', 'hasOwnProperty', 'prototype', 'valueOf'];
  const { body } = await world.post('/v1/events', `{"__proto__": {"events": []}, "events": [
    ${JSON.stringify(click({ properties: Object.fromEntries(names.map((name) => [name, 'x'])) }))},
    {"__proto__": ${EVENT}}, {"constructor": {"prototype": {"user_id": "u"}}}, ${EVENT.replace('"u1"', '"constructor"')},
    {"properties": {"__proto__": "x"}, ${EVENT.slice(1)}, {"properties": {"__proto__": {"polluted": "x"}}, ${EVENT.slice(1)}]}`);
  assert.deepEqual((body['rejected'] as { index: number }[]).map(({ index }) => index), [1, 2, 4, 5]);
  assert.deepEqual(world.events().map(({ user_id, properties }) => [user_id, Object.keys(properties).length]).sort(), [['constructor', 0], ['u1', 5]]);
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  for (const list of ['constructor', '__proto__', 'length']) assert.equal((await world.post('/v1/events', `{"${list}": [${EVENT}]}`)).status, 400);
});

test('other content types, none, and ones that say more', async (t) => {
  const world = await openWorld(t);
  const types: readonly (readonly [type: string, status: number])[] = [
    ['application/json; charset=utf-8', 202], ['APPLICATION/JSON', 202], ['application/json;;', 202], ['text/json', 400], ['application/jsonx', 400], ['multipart/form-data; boundary=x', 400],
    ['application/x-www-form-urlencoded', 400], ['application/json, text/plain', 400], ['json', 400], ['a/b'.repeat(300), 400], ['', 400],
  ];
  for (const [type, status] of types) assert.equal((await world.post('/v1/events', good, { headers: { 'content-type': type } })).status, status, type);
});
