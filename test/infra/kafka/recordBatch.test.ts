import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { decodeBatches } from '../../../infra/kafka/recordDecoder.ts';
import { encodeBatch, recordSize } from '../../../infra/kafka/recordEncoder.ts';
import { readInt64, writeInt64, WireReader, WireWriter } from '../../../infra/kafka/wire.ts';
import type { InRecord, Lying, OutRecord, Slice } from '../../../infra/ports.ts';

/** The client's own codec, as a second opinion. */
const require = createRequire(import.meta.url);
const Decoder = require('kafkajs/src/protocol/decoder') as new (buffer: Buffer) => object;
const decodeTheirs = require('kafkajs/src/protocol/recordBatch/v0/decoder') as (decoder: object) => Promise<{ readonly records: readonly { readonly offset: string; readonly key: Buffer | null; readonly value: Buffer | null; readonly headers: Record<string, Buffer> }[] }>;
const theirCrc = require('kafkajs/src/protocol/recordBatch/crc32C') as (buffer: Buffer) => number;

const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;
const APPEND_TIME = 0x08;

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const records: fc.Arbitrary<OutRecord[]> = fc.array(
  fc.record({
    topic: fc.constant('t'),
    partition: fc.constant(0),
    key: fc.oneof(fc.string({ unit: 'binary' }), bytes, fc.constant(null)),
    value: fc.option(bytes),
    headers: fc.dictionary(fc.string().map((name) => `h${name}`), fc.string({ unit: 'grapheme' }), { maxKeys: 3 }),
  }),
  { minLength: 1, maxLength: 200 },
);
/** Its fields are getters. */
const plainRecord = ({ topic, partition, offset, timestamp, key, value, headers }: InRecord): InRecord => ({ topic, partition, offset, timestamp, key, value, headers });
const lying = (slice: Slice | null | undefined): Buffer | null => (slice === null || slice === undefined ? null : slice.bytes.subarray(slice.from, slice.to));
const keyBytes = (key: OutRecord['key']): Buffer | null => (typeof key === 'string' ? Buffer.from(key) : key);

test('what is encoded is decoded, by us and by the client', async () => {
  await fc.assert(
    fc.asyncProperty(records, fc.nat(2 ** 44), async (input, timestamp) => {
      const batch = encodeBatch(input, { timestamp, producer: { id: 12n, epoch: 3, sequence: 7 }, transactional: true });
      const ours = decodeBatches(batch, 0, [], 't', 0);
      assert.equal(ours.next, input.length);
      assert.deepEqual(ours.records.map(plainRecord), input.map((record, offset) => ({ topic: 't', partition: 0, offset, timestamp, key: keyBytes(record.key), value: record.value, headers: { ...record.headers } })));
      assert.equal(ours.records.reduce((sum, { size = NaN }) => sum + size, 0), ours.size);
      const theirs = await decodeTheirs(new Decoder(batch));
      assert.deepEqual(ours.records.map(({ keyIn, valueIn }) => [lying(keyIn), lying(valueIn)]), ours.records.map(({ key, value }) => [key, value]));
      assert.deepEqual(theirs.records.map(({ offset, key, value }) => [Number(offset), key, value]), ours.records.map(({ offset, key, value }) => [offset, key, value]));
      assert.deepEqual(theirs.records.map(({ headers }) => Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))), ours.records.map(({ headers }) => headers));
      assert.equal(batch.readUInt32BE(17), theirCrc(batch.subarray(21)) >>> 0);
      assert.ok(batch.length <= 61 + input.reduce((sum, record) => sum + recordSize(record), 0));
    }),
    { numRuns: 60 },
  );
});

test('numbers survive the wire up to 2^53, negative ones too', () => {
  const buffer = Buffer.alloc(8);
  for (const value of [0, 1, -1, 2 ** 31, -(2 ** 31) - 1, 2 ** 32, 2 ** 53 - 1, -(2 ** 53 - 1)]) {
    writeInt64(buffer, value, 0);
    assert.equal(buffer.readBigInt64BE(), BigInt(value));
    assert.equal(readInt64(buffer, 0), value);
  }
  for (const value of [0, 1, 127, 128, 255, 16_383, 16_384, 2 ** 31 - 1]) assert.equal(new WireReader(new WireWriter(1).uvarint(value).buffer).uvarint(), value);
});

interface Piece {
  readonly producer: bigint;
  readonly base: number;
  readonly keys: readonly string[];
  /** End of a transaction. */
  readonly end?: 'commit' | 'abort';
}

/** A piece of log: a batch of a transaction, or the marker of its end. */
function piece({ producer, base, keys, end }: Piece): Buffer {
  const content = end === undefined ? keys.map((key) => ({ topic: 't', partition: 0, key, value: null })) : [{ topic: 't', partition: 0, key: Buffer.from([0, 0, 0, end === 'commit' ? 1 : 0]), value: null }];
  const batch = encodeBatch(content, { timestamp: 1, producer: { id: producer, epoch: 0, sequence: 0 }, transactional: true });
  writeInt64(batch, base, 0);
  batch.writeInt16BE(end === undefined ? TRANSACTIONAL : TRANSACTIONAL | CONTROL, 21);
  return batch;
}
const readKeys = (log: Buffer, from: number, aborted: readonly { producerId: bigint; firstOffset: number }[]): unknown[] => {
  const { records: found, next } = decodeBatches(log, from, aborted, 't', 0);
  return [found.map(({ key }) => String(key)), next];
};

test('interleaved transactions: what was aborted is left out, whatever the order in which the broker names them and wherever the fetch begins', () => {
  const pieces = [
    piece({ producer: 1n, base: 0, keys: ['aborted 1'] }),
    piece({ producer: 2n, base: 1, keys: ['aborted 2'] }),
    piece({ producer: 3n, base: 2, keys: ['good 3'] }),
    piece({ producer: 2n, base: 3, keys: ['aborted 2 too'] }),
    piece({ producer: 1n, base: 4, keys: [], end: 'abort' }),
    piece({ producer: 1n, base: 5, keys: ['good 1'] }),
    piece({ producer: 2n, base: 6, keys: [], end: 'abort' }),
    piece({ producer: 3n, base: 7, keys: [], end: 'commit' }),
    piece({ producer: 1n, base: 8, keys: [], end: 'commit' }),
  ];
  const aborted = [{ producerId: 2n, firstOffset: 1 }, { producerId: 1n, firstOffset: 0 }];
  // Where both had begun before the fetch's first batch, kafkajs lets the second one's records through.
  const expected = [['good 3', 'good 1'], ['good 3', 'good 1'], ['good 3', 'good 1'], ['good 1'], ['good 1'], ['good 1'], [], [], []];
  for (const [from, keys] of expected.entries()) assert.deepEqual(readKeys(Buffer.concat(pieces.slice(from)), from, aborted.filter(({ producerId }) => from <= (producerId === 1n ? 4 : 6))), [keys, 9]);
});

test('a key that looks like an abort marker is a key', () => {
  const log = Buffer.concat([piece({ producer: 1n, base: 0, keys: ['\0\0\0\0', 'x'] }), piece({ producer: 1n, base: 2, keys: [], end: 'abort' })]);
  assert.deepEqual(readKeys(log, 0, [{ producerId: 1n, firstOffset: 0 }]), [[], 3]);
  assert.deepEqual(readKeys(log, 0, []), [['\0\0\0\0', 'x'], 3]);
});

test('a batch that compaction has emptied, and one that is cut off', () => {
  const emptied = Buffer.from(piece({ producer: 1n, base: 0, keys: ['a', 'b', 'c'] }).subarray(0, 61));
  emptied.writeInt32BE(61 - 12, 8);
  emptied.writeInt32BE(0, 57);
  assert.deepEqual(readKeys(emptied, 0, []), [[], 3]);
  const two = Buffer.concat([piece({ producer: 1n, base: 0, keys: ['a'] }), piece({ producer: 1n, base: 1, keys: ['b'] }).subarray(0, 65)]);
  assert.deepEqual(readKeys(two, 0, []), [['a'], 1]);
});

test('the broker\'s append time counts where the topic says so', () => {
  const batch = encodeBatch([{ topic: 't', partition: 0, key: 'a', value: null }], { timestamp: 5, producer: null, transactional: false });
  batch.writeInt16BE(APPEND_TIME, 21);
  writeInt64(batch, 9, 35);
  assert.equal(decodeBatches(batch, 0, [], 't', 0).records[0]?.timestamp, 9);
});

test('compressed batches of other producers: gzip and zstd are read, others refused in words', () => {
  const plain = encodeBatch([{ topic: 't', partition: 0, key: 'a', value: Buffer.from('v') }], { timestamp: 5, producer: null, transactional: false });
  const packed = (codec: number, body: Buffer): Buffer => {
    const batch = Buffer.concat([plain.subarray(0, 61), body]);
    batch.writeInt32BE(batch.length - 12, 8);
    batch.writeInt16BE(codec, 21);
    return batch;
  };
  const body = plain.subarray(61);
  for (const batch of [packed(1, gzipSync(body)), packed(4, zstdCompressSync(body))]) assert.deepEqual(readKeys(batch, 0, []), [['a'], 1]);
  assert.throws(() => decodeBatches(packed(2, body), 0, [], 't', 0), /snappy: let its producers use gzip, zstd or none/);
});

test('what is put before a request lies before it, however long it is, and a cleared one begins anew', () => {
  const writer = new WireWriter(4);
  for (const length of [0, 4, 127, 128, 129, 1_000]) {
    writer.clear().string('body');
    writer.prepend(Buffer.alloc(length, 'h'));
    writer.prepend(Buffer.from('size'));
    assert.equal(writer.buffer.toString('latin1'), `size${'h'.repeat(length)}\0\u0004body`);
  }
});

test('a record that lies in larger buffers is written as one that has its own', () => {
  const head = { timestamp: 5, producer: null, transactional: false };
  const inLarger = (own: Buffer): Buffer => Buffer.concat([Buffer.from('before'), own, Buffer.from('behind')]);
  const lie = (key: Buffer, value: Buffer): Lying => ({ keyBytes: inLarger(key), keyFrom: 6, keyTo: 6 + key.length, valueBytes: inLarger(value), valueFrom: 6, valueTo: 6 + value.length });
  fc.assert(fc.property(fc.array(fc.tuple(bytes, bytes), { minLength: 1, maxLength: 100 }), (pairs) => {
    const plain = pairs.map(([key, value]): OutRecord => ({ topic: 't', partition: 0, key, value }));
    const lying = pairs.map(([key, value]): OutRecord => ({ topic: 't', partition: 0, key, value, lies: lie(key, value) }));
    assert.ok(encodeBatch(lying, head).equals(encodeBatch(plain, head)));
    assert.deepEqual(lying.map(recordSize), plain.map((record) => recordSize(record) - 1));
  }));
});
