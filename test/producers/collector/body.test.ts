import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { BodyError, formatOf, parseBody } from '../../../producers/collector/body.ts';
import { elementTexts } from '../../../producers/collector/elements.ts';
import { TooLargeError, inflate, isPacked } from '../../../producers/collector/inflate.ts';

const json = (text: string): ReturnType<typeof parseBody> => parseBody('json', Buffer.from(text), 'events');
const ndjson = (text: string | Buffer): ReturnType<typeof parseBody> => parseBody('ndjson', Buffer.from(text), 'events');

test('formats', () => {
  assert.equal(formatOf('application/json'), 'json');
  assert.equal(formatOf('Application/JSON; charset=utf-8'), 'json');
  assert.equal(formatOf('application/x-ndjson'), 'ndjson');
  for (const type of [undefined, '', 'text/plain', 'application/jsonx']) assert.throws(() => formatOf(type), BodyError);
});

test('a JSON body that is not readable is refused whole', () => {
  for (const text of ['', '{', '[]', 'null', '1', '{}', '{"events": {}}', '{"users": []}', '{"__proto__": {"events": []}}']) assert.throws(() => json(text), BodyError, text);
  assert.throws(() => parseBody('json', Buffer.from([0x7b, 0xff, 0x7d]), 'events'), /UTF-8/);
});

test('the originals of a JSON body are the bytes that came', () => {
  const elements = ['{"a": 1.0, "b": 12345678901234567890}', '"x, ]"', '[1, [2, {"]": "}"}]]', '{"q": "\\"\\\\"}', 'null', '-0'];
  const body = json(`{"other": [1, 2], "x": {"events": [9]}, "events": [ ${elements.join(' ,\n')} ], "events2": ["z"]}`);
  assert.equal(body.values.length, elements.length);
  elements.forEach((text, index) => {
    assert.equal(body.original(index).toString(), text);
  });
  assert.equal(json('{"events": [1], "events": [2, 3]}').original(1).toString(), '3', 'of a list given twice the last');
  assert.equal(json('{"\\u0065vents": [{"a": 1}]}').original(0).toString(), '{"a":1}', 'where the scan does not find it, the value is written anew');
});

test('property: the scan finds the elements of any JSON', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue(), { maxLength: 6 }), fc.dictionary(fc.string().filter((key) => key !== 'events'), fc.jsonValue(), { maxKeys: 3 }), fc.constantFrom(undefined, 1, '\t'), (events, others, space) => {
      const texts = elementTexts(JSON.stringify({ ...others, events }, null, space), 'events');
      assert.deepEqual(texts.map((text) => JSON.parse(text) as unknown), JSON.parse(JSON.stringify(events)));
    }),
  );
});

test('a broken line of NDJSON costs that line alone; blank lines do not count', () => {
  const body = ndjson('{"a":1}\r\n\n{broken\n   \n{"b":2}');
  assert.deepEqual(body.values, [{ a: 1 }, undefined, { b: 2 }]);
  assert.deepEqual([...body.broken.keys()], [1]);
  assert.equal(body.original(1).toString(), '{broken');
  assert.deepEqual(ndjson('').values, []);
});

test('a line of NDJSON that is not UTF-8 is broken, and its bytes are kept', () => {
  const line = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}')]);
  const body = ndjson(Buffer.concat([line, Buffer.from('\n{"b":2}\n')]));
  assert.deepEqual(body.values, [undefined, { b: 2 }]);
  assert.deepEqual(body.original(0), line);
});

test('gzip: unpacked up to the limit, whatever the ratio', async () => {
  const limit = 1024;
  assert.equal((await inflate(gzipSync('x'.repeat(limit)), true, limit)).length, limit);
  assert.equal((await inflate(Buffer.from('x'), false, limit)).toString(), 'x');
  await assert.rejects(inflate(gzipSync('x'.repeat(limit + 1)), true, limit), TooLargeError);
  await assert.rejects(inflate(Buffer.alloc(limit + 1), false, limit), TooLargeError);
  await assert.rejects(inflate(Buffer.from('no gzip'), true, limit), BodyError);
  await assert.rejects(inflate(gzipSync('x'.repeat(100)).subarray(0, 15), true, limit), BodyError);
  assert.deepEqual(['gzip', ' X-GZIP ', 'identity', '', undefined].map(isPacked), [true, true, false, false, false]);
  assert.throws(() => isPacked('br'), BodyError);
});

test('a gzip bomb costs no more than the limit', async () => {
  const bomb = gzipSync(Buffer.alloc(256 * 1024 * 1024));
  const before = process.memoryUsage().arrayBuffers;
  await assert.rejects(inflate(bomb, true, 1_572_864), TooLargeError);
  assert.ok(process.memoryUsage().arrayBuffers - before < 16 * 1024 * 1024);
});
