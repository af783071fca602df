/** A view says what the codec says, of whatever bytes; and what the steps take from it without looking is true. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createCodec, DecodeError } from '../../../schemas/codec.ts';
import type { PlatformEvent } from '../../../schemas/records.ts';
import { decode } from '../../../streams/steps/decode.ts';
import { EventView } from '../../../streams/wire/eventView.ts';
import { memorySchemas } from '../../fakes/schemas.ts';
import { T0, event, viewOf, amid } from '../harness.ts';
import { anyEvent, changed, EXACT, fieldsOf, someChanges } from './events.ts';

const source = memorySchemas();
const codec = await createCodec(source, ['PlatformEvent']);
const record = (value: Buffer) => ({ topic: 'platform.events', partition: 0, offset: 0, timestamp: T0, key: null, value, valueIn: amid(value), headers: {} });
/** One for all, as in the processor: nothing of the last event may be left. */
const shared = new EventView();

/** What the codec makes of bytes; null where it refuses them. */
function judged(bytes: Buffer): PlatformEvent | null {
  try {
    return fieldsOf(codec.decode('PlatformEvent', bytes));
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

test('whatever our encoder writes is viewed, and every field is as it was', () => {
  fc.assert(fc.property(anyEvent, (given) => {
    const bytes = Buffer.from(codec.encode('PlatformEvent', given));
    assert.ok(shared.view(amid(bytes)));
    assert.deepEqual(fieldsOf(shared), fieldsOf(given));
  }), { numRuns: 2_000 });
});

test('of bytes that were cut, lengthened or altered anywhere the decode step says what the codec says', () => {
  fc.assert(fc.property(anyEvent, someChanges, (given, changes) => {
    const bytes = changed(codec.encode('PlatformEvent', given), changes);
    const expected = judged(bytes);
    if (expected !== null && Object.values(expected).some((value) => typeof value === 'number' && Math.abs(value) > EXACT)) return;
    const decoded = decode(codec, record(bytes), shared);
    assert.equal(decoded.kind, expected === null ? 'deadLetter' : 'ok');
    if (decoded.kind === 'ok') assert.deepEqual(fieldsOf(decoded.value), expected);
  }), { numRuns: 5_000 });
});

test('a map in several blocks, or with its size in bytes before it, is read as the codec reads it', () => {
  const plain = event({ properties: {} });
  const head = codec.encode('PlatformEvent', plain).subarray(0, -1);
  const entry = (name: string, value: string): Buffer => Buffer.concat([Buffer.from([name.length * 2]), Buffer.from(name), Buffer.from([value.length * 2]), Buffer.from(value)]);
  const [a, b] = [entry('a', 'x'), entry('b', 'yy')];
  const end = Buffer.from([0]);
  const blocks = [Buffer.from([2]), a, Buffer.from([2]), b, end];
  const sized = [Buffer.from([3, (a.length + b.length) * 2]), a, b, end];
  for (const tail of [blocks, sized]) {
    const decoded = decode(codec, record(Buffer.concat([head, ...tail])), shared);
    assert.ok(decoded.kind === 'ok');
    assert.deepEqual(fieldsOf(decoded.value), fieldsOf({ ...plain, properties: { a: 'x', b: 'yy' } }));
  }
});

test('numbers in more bytes than they take are written anew, so that what is copied of them has its usual length', () => {
  const given = event({ action: 'open', session_id: null });
  const bytes = Buffer.from(codec.encode('PlatformEvent', given));
  // The branch of `action`, which signals leave out: 02 as 82 00.
  const at = bytes.indexOf(Buffer.from([2, 8, ...Buffer.from('open')]));
  const padded = Buffer.concat([bytes.subarray(0, at), Buffer.from([0x82, 0]), bytes.subarray(at + 1)]);
  assert.deepEqual(judged(padded), fieldsOf(given));
  assert.equal(shared.view(amid(padded)), false);
  const decoded = decode(codec, record(padded), shared);
  assert.ok(decoded.kind === 'ok' && decoded.value.bytes.subarray(decoded.value.from - 5, decoded.value.end).equals(bytes));
});

test('a count of five bytes is not taken for the part of it that 32 bits hold', () => {
  // A branch of sent_at that is 2^31: its lowest bits say null.
  const given = event({ session_id: null, sent_at: null, occurred_at: 1 });
  const bytes = Buffer.from(codec.encode('PlatformEvent', given));
  const at = 5 + 2 + given.event_id.length + given.user_id.length + 2;
  assert.deepEqual([...bytes.subarray(at - 1, at + 1)], [2, 0]);
  const altered = Buffer.concat([bytes.subarray(0, at), Buffer.from([0x80, 0x80, 0x80, 0x80, 0x10]), bytes.subarray(at + 1)]);
  assert.equal(judged(altered), null);
  assert.equal(decode(codec, record(altered), shared).kind, 'deadLetter');
});

test('text that is not UTF-8 comes out as the codec would have it, and is passed on as such', () => {
  const bytes = Buffer.from(codec.encode('PlatformEvent', event({ user_id: 'aXb', properties: { k: 'aXb' } })));
  for (let at = bytes.indexOf('aXb'); at >= 0; at = bytes.indexOf('aXb', at + 1)) bytes[at + 1] = 0xff;
  const decoded = decode(codec, record(bytes), shared);
  assert.ok(decoded.kind === 'ok');
  // Strict readers of the signals would refuse anything else.
  assert.ok(!decoded.value.bytes.includes(0xff));
  const { key } = decoded.value;
  assert.equal(key.bytes.toString('utf8', key.from, key.to), 'a\ufffdb');
  assert.deepEqual([decoded.value.user_id, decoded.value.properties], ['a\ufffdb', { k: 'a\ufffdb' }]);
});

test('an event of another version of the schema is viewed in our own', async () => {
  const text = JSON.parse((await source.schema(codec.schemaId('PlatformEvent'))) ?? '') as { fields: object[] };
  text.fields.unshift({ name: 'locale', type: 'string', default: '' });
  const id = await source.register('PlatformEvent', JSON.stringify(text));
  const given = event({ event_id: 'newer' });
  const bytes = Buffer.concat([Buffer.from([0, 0, 0, 0, id, 4]), Buffer.from('de'), codec.encode('PlatformEvent', given).subarray(5)]);
  assert.throws(() => decode(codec, record(bytes), shared), { code: 'UNKNOWN_SCHEMA' });
  await codec.load(bytes);
  const decoded = decode(codec, record(bytes), shared);
  assert.ok(decoded.kind === 'ok');
  assert.deepEqual(fieldsOf(decoded.value), given);
});

test('plain is said only of events whose text needs no further look', () => {
  const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
  fc.assert(fc.property(anyEvent, (given) => {
    const view = viewOf(given);
    const ids = [given.event_id, given.user_id, given.feature];
    const names = [...ids, given.task_id, given.session_id, given.source, given.action, given.release, given.error?.code, ...Object.keys(given.properties)];
    const needsLook = ids.includes('') || [...ids, given.task_id].some((id) => id !== null && CONTROL.test(id)) || names.some((name) => (name?.length ?? 0) > 256);
    if (needsLook) assert.equal(view.isPlain, false);
    assert.equal(view.hasOurProperty, 'timer' in given.properties || 'late' in given.properties);
  }), { numRuns: 2_000 });
  assert.ok(viewOf(event()).isPlain);
});
