/**
 * Committed records out of the record batches that a fetch brings. Control records and those of aborted transactions are left out, and `next` runs
 * past them, so that a log ending in control records, or emptied by compaction, is read to its end.
 */
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { Headers, InRecord } from '../ports.ts';
import { KafkaError } from './errors.ts';
import { readInt64 } from './wire.ts';

/** A transaction that was aborted: records of this producer from this offset on, up to its abort marker, never were. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

export interface Decoded {
  readonly records: InRecord[];
  /** Offset to go on with. */
  readonly next: number;
}

const BATCH_OVERHEAD = 12;
const HEAD_BYTES = 61;
const MAGIC = 2;
const LOG_APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;
/** Type of a control record that ends an aborted transaction. */
const ABORT = 0;
const NO_HEADERS: Headers = {};

/** `from`: the offset asked for; batches may begin before it. The last batch may be cut off. Keys and values are views of `data`. */
export function decodeBatches(data: Buffer, from: number, aborted: readonly AbortedTransaction[], topic: string, partition: number): Decoded {
  const records: InRecord[] = [];
  // By producer, not by place: several transactions may have begun before the batch at which a fetch starts.
  const upcoming = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
  const open = new Set<bigint>();
  let next = from;
  for (let at = 0; at + HEAD_BYTES <= data.length; ) {
    const end = at + BATCH_OVERHEAD + data.readInt32BE(at + 8);
    if (end > data.length) break;
    if (data[at + 16] !== MAGIC) throw new KafkaError('UNREADABLE', `${topic}/${partition} holds messages of an old format (magic ${String(data[at + 16])}): rewrite the topic with a broker of version 4 or later.`, { fatal: true });
    const base = readInt64(data, at);
    const last = base + data.readInt32BE(at + 23);
    const attributes = data.readInt16BE(at + 21);
    const producerId = data.readBigInt64BE(at + 43);
    while (upcoming[0] !== undefined && upcoming[0].firstOffset <= last) open.add((upcoming.shift() as AbortedTransaction).producerId);
    if ((attributes & CONTROL) !== 0) {
      if (controlType(data, at, end) === ABORT) open.delete(producerId);
    } else if ((attributes & TRANSACTIONAL) === 0 || !open.has(producerId)) {
      if (last >= from) decodeRecords(records, data.subarray(at, end), { base, attributes, from, topic, partition });
    }
    if (last + 1 > next) next = last + 1;
    at = end;
  }
  return { records, next };
}

interface BatchContext {
  readonly base: number;
  readonly attributes: number;
  readonly from: number;
  readonly topic: string;
  readonly partition: number;
}

function decodeRecords(records: InRecord[], batch: Buffer, context: BatchContext): void {
  const { base, attributes, from, topic, partition } = context;
  const appendTime = (attributes & LOG_APPEND_TIME) === 0 ? null : readInt64(batch, 35);
  const firstTimestamp = readInt64(batch, 27);
  const count = batch.readInt32BE(57);
  const data = decompress(batch.subarray(HEAD_BYTES), attributes & 0x07, context);
  const cursor: Cursor = { data, at: 0 };
  for (let i = 0; i < count; i++) {
    const length = varint(cursor);
    const end = cursor.at + length;
    cursor.at += 1;
    const timestampDelta = varlong(cursor);
    const offset = base + varint(cursor);
    if (offset >= from) {
      const key = bytes(cursor);
      const value = bytes(cursor);
      records.push({ topic, partition, offset, timestamp: appendTime ?? firstTimestamp + timestampDelta, key, value, headers: headers(cursor) });
    }
    cursor.at = end;
  }
}

function decompress(data: Buffer, codec: number, { topic, partition }: BatchContext): Buffer {
  switch (codec) {
    case 0:
      return data;
    case 1:
      return gunzipSync(data);
    case 4:
      return zstdDecompressSync(data);
    default:
      throw new KafkaError('UNREADABLE', `${topic}/${partition} holds messages compressed with ${codec === 2 ? 'snappy' : 'lz4'}: let its producers use gzip, zstd or none.`, { fatal: true });
  }
}

/** Control batches hold one record, whose key is version and type, two bytes each. */
function controlType(data: Buffer, start: number, end: number): number | null {
  const cursor: Cursor = { data: data.subarray(start + HEAD_BYTES, end), at: 0 };
  if (cursor.data.length === 0) return null;
  varint(cursor);
  cursor.at += 1;
  varlong(cursor);
  varint(cursor);
  const key = bytes(cursor);
  return key === null || key.length < 4 ? null : key.readInt16BE(2);
}

interface Cursor {
  readonly data: Buffer;
  at: number;
}

function varint(cursor: Cursor): number {
  const { data } = cursor;
  let byte = data[cursor.at++] as number;
  if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1);
  let raw = byte & 0x7f;
  for (let shift = 7; byte >= 0x80; shift += 7) {
    byte = data[cursor.at++] as number;
    raw |= (byte & 0x7f) << shift;
  }
  return (raw >>> 1) ^ -(raw & 1);
}

/** Beyond 32 bits without Long arithmetic: timestamps' deltas, exact up to 2^53. */
function varlong(cursor: Cursor): number {
  const { data } = cursor;
  let raw = 0;
  let factor = 1;
  for (;;) {
    const byte = data[cursor.at++] as number;
    raw += (byte & 0x7f) * factor;
    if (byte < 0x80) break;
    factor *= 128;
  }
  return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2;
}

function bytes(cursor: Cursor): Buffer | null {
  const length = varint(cursor);
  if (length < 0) return null;
  cursor.at += length;
  return cursor.data.subarray(cursor.at - length, cursor.at);
}

function headers(cursor: Cursor): Headers {
  const count = varint(cursor);
  if (count === 0) return NO_HEADERS;
  const found: Record<string, string> = {};
  for (let i = 0; i < count; i++) {
    const name = bytes(cursor);
    const value = bytes(cursor);
    if (name !== null) found[name.toString('utf8')] = value === null ? '' : value.toString('utf8');
  }
  return found;
}
