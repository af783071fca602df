/**
 * Committed records out of the record batches that a fetch brings. Control records and those of aborted transactions are left out, and `next` runs
 * past them, so that a log ending in control records, or emptied by compaction, is read to its end.
 */
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { InRecord, TopicPartition } from '../ports.ts';
import { KafkaError } from './errors.ts';
import { ATTRIBUTES_BYTES, bytes, LogRecord, passVarint, varint, type Batch, type Cursor } from './logRecord.ts';
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
  /** Bytes that the records take, uncompressed. */
  readonly size: number;
}

const BATCH_OVERHEAD = 12;
const HEAD_BYTES = 61;
const MAGIC = 2;
const LOG_APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;
/** Type of a control record that ends an aborted transaction. */
const ABORT = 0;

/** `from`: the offset asked for; batches may begin before it. The last batch may be cut off. The records are views of `data`. */
export function decodeBatches(data: Buffer, from: number, aborted: readonly AbortedTransaction[], topic: string, partition: number): Decoded {
  const records: InRecord[] = [];
  // By producer, not by place: several transactions may have begun before the batch at which a fetch starts.
  const upcoming = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
  const open = new Set<bigint>();
  let next = from;
  let size = 0;
  for (let at = 0; at + HEAD_BYTES <= data.length; ) {
    const end = at + BATCH_OVERHEAD + data.readInt32BE(at + 8);
    if (end > data.length) break;
    if (data[at + 16] !== MAGIC) throw new KafkaError('UNREADABLE', `${topic}/${partition} holds messages of an old format (magic ${String(data[at + 16])}): rewrite the topic with a broker of version 4 or later.`, { fatal: true });
    const last = readInt64(data, at) + data.readInt32BE(at + 23);
    const attributes = data.readInt16BE(at + 21);
    const producerId = data.readBigInt64BE(at + 43);
    while (upcoming[0] !== undefined && upcoming[0].firstOffset <= last) open.add((upcoming.shift() as AbortedTransaction).producerId);
    if ((attributes & CONTROL) !== 0) {
      if (controlType(data, at, end) === ABORT) open.delete(producerId);
    } else if ((attributes & TRANSACTIONAL) === 0 || !open.has(producerId)) {
      if (last >= from) size += addRecords(records, data.subarray(at, end), from, { topic, partition });
    }
    if (last + 1 > next) next = last + 1;
    at = end;
  }
  return { records, next, size };
}

/** Gives the bytes of what it has added. */
function addRecords(records: InRecord[], batch: Buffer, from: number, { topic, partition }: TopicPartition): number {
  const base = readInt64(batch, 0);
  const attributes = batch.readInt16BE(21);
  const appendTime = (attributes & LOG_APPEND_TIME) === 0 ? null : readInt64(batch, 35);
  const data = decompress(batch.subarray(HEAD_BYTES), attributes & 0x07, { topic, partition });
  const shared: Batch = { topic, partition, data, appendTime, firstTimestamp: readInt64(batch, 27) };
  const cursor: Cursor = { data, at: 0 };
  let size = 0;
  for (let rest = batch.readInt32BE(57); rest > 0; rest--) {
    const length = varint(cursor);
    const { at } = cursor;
    cursor.at += ATTRIBUTES_BYTES;
    passVarint(cursor); // timestamp's delta
    const offset = base + varint(cursor);
    cursor.at = at + length;
    if (offset < from) continue;
    records.push(new LogRecord(shared, at, offset));
    size += length;
  }
  return size;
}

function decompress(data: Buffer, codec: number, { topic, partition }: TopicPartition): Buffer {
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
  if (end === start + HEAD_BYTES) return null;
  const cursor: Cursor = { data, at: start + HEAD_BYTES };
  passVarint(cursor); // length
  cursor.at += ATTRIBUTES_BYTES;
  passVarint(cursor); // timestamp's delta
  passVarint(cursor); // offset's delta
  const key = bytes(cursor);
  return key === null || key.length < 4 ? null : key.readInt16BE(2);
}
