import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DecodeError, UnknownSchemaError, createCodec, schemaText } from '../../schemas/codec.ts';
import type { PlatformEvent } from '../../schemas/records.ts';
import { memorySchemas } from '../fakes/schemas.ts';

const event = (properties: Record<string, string>): PlatformEvent => ({
  event_id: 'e', user_id: 'u', session_id: null, occurred_at: 1, sent_at: null, received_at: 2, source: 's', type: 'interaction', feature: 'f',
  action: 'open', task_id: null, outcome: null, duration_ms: null, waiting_ms: null, release: null, error: null, properties,
});

test('records of any size come back as they were, however they share a block', async () => {
  const codec = await createCodec(memorySchemas(), ['PlatformEvent']);
  // 65,000 characters cross the end of a block; 200,000 do not fit into one.
  const events = [1, 65_000, 5, 200_000, 64_000, 1_400, 80, 0].map((size) => event(size === 0 ? {} : { text: 'é'.repeat(size) }));
  const bytes = events.map((one) => codec.encode('PlatformEvent', one));
  for (const [index, one] of events.entries()) assert.deepEqual({ ...codec.decode('PlatformEvent', bytes[index] ?? Buffer.alloc(0)) }, one);
});

test('encoding fills block after block without touching what was given out before', async () => {
  const codec = await createCodec(memorySchemas(), ['PlatformEvent']);
  const bytes = Array.from({ length: 3_000 }, (_, i) => codec.encode('PlatformEvent', event({ n: String(i).repeat(i % 90) })));
  for (const [i, one] of bytes.entries()) assert.equal(codec.decode('PlatformEvent', one).properties['n'], String(i).repeat(i % 90));
});

// The properties are the last field: everything before their block is the same.
function withProperties(bytes: Buffer, block: readonly number[]): Buffer {
  return Buffer.concat([bytes.subarray(0, bytes.length - 1), Buffer.from(block)]);
}

const HOSTILE: readonly (readonly [string, readonly number[]])[] = [
  ['a block of 2^40 items', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 0]],
  ['a block of 2^40 items, with its size', [0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x02, 0]],
  ['a key of length -2, which leads back to its block', [0x02, 0x03, 0x00, 0x00]],
  ['bytes cut off within a key', [0x02, 0x10, 0x61]],
];
for (const [what, block] of HOSTILE) {
  test(`${what} is a decode error, at once`, { timeout: 5_000 }, async () => {
    const codec = await createCodec(memorySchemas(), ['PlatformEvent']);
    assert.throws(() => codec.decode('PlatformEvent', withProperties(codec.encode('PlatformEvent', event({})), block)), DecodeError);
  });
}

test('a writer with a further map, which the reader skips, is bounded as well', { timeout: 5_000 }, async () => {
  const source = memorySchemas();
  const codec = await createCodec(source, ['PlatformEvent']);
  const newer = JSON.parse(schemaText('PlatformEvent')) as { fields: object[] };
  newer.fields.push({ name: 'labels', type: { type: 'map', values: 'string' } });
  const id = await source.register('PlatformEvent', JSON.stringify(newer));
  const old = codec.encode('PlatformEvent', event({ a: 'b' }));
  const bytes = Buffer.concat([old, Buffer.from([0])]);
  bytes.writeInt32BE(id, 1);
  assert.throws(() => codec.decode('PlatformEvent', bytes), UnknownSchemaError);
  await codec.load(bytes);
  assert.equal(codec.decode('PlatformEvent', bytes).properties['a'], 'b');
  const hostile = Buffer.concat([bytes.subarray(0, -1), Buffer.from([0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 0])]);
  assert.throws(() => codec.decode('PlatformEvent', hostile), DecodeError);
});

test('a schema that the registry does not know, or that is not Avro, is a decode error', async () => {
  const source = memorySchemas();
  const codec = await createCodec(source, ['PlatformEvent']);
  const id = await source.register('PlatformEvent', 'syntax = "proto3";');
  const wire = (schema: number): Buffer => Buffer.from([0, 0, 0, 0, schema, 1]);
  await assert.rejects(codec.load(wire(id)), DecodeError);
  await assert.rejects(codec.load(wire(99)), DecodeError);
});
