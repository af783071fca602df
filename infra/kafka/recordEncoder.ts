/**
 * Records as one record batch (magic 2), written in one pass into a buffer of the right size.
 * Layout: https://kafka.apache.org/documentation/#recordbatch
 */
import { crc32c } from '@node-rs/crc32';
import type { Headers, OutRecord } from '../ports.ts';
import { writeInt64 } from './wire.ts';

const fresh = (bytes: number): Buffer => Buffer.allocUnsafe(bytes);

export interface BatchHead {
  /** Milliseconds: the create time of all records of the batch; the broker puts its own where the topic says LogAppendTime. */
  readonly timestamp: number;
  /** The producer's identity and the batch's place in its sequence; null for a plain producer. */
  readonly producer: { readonly id: bigint; readonly epoch: number; readonly sequence: number } | null;
  readonly transactional: boolean;
}

const FEW_BYTES = 24;
const HEAD_BYTES = 61;
const MAGIC = 2;
const TRANSACTIONAL = 0x10;

/** `memory`: where to take the batch's memory from; fresh memory otherwise. */
export function encodeBatch(records: readonly OutRecord[], head: BatchHead, memory: (bytes: number) => Buffer = fresh): Buffer {
  const sizes = new Int32Array(records.length);
  let total = HEAD_BYTES;
  for (let i = 0; i < records.length; i++) {
    const size = bodySize(records[i] as OutRecord, i);
    sizes[i] = size;
    total += varintSize(size) + size;
  }
  const out = memory(total);
  let at = HEAD_BYTES;
  for (let i = 0; i < records.length; i++) at = writeRecord(out, at, records[i] as OutRecord, i, sizes[i] as number);

  const count = records.length;
  writeInt64(out, 0, 0); // base offset: the broker's
  out.writeInt32BE(total - 12, 8);
  out.writeInt32BE(-1, 12); // leader epoch: the broker's
  out.writeInt8(MAGIC, 16);
  out.writeInt16BE(head.transactional ? TRANSACTIONAL : 0, 21);
  out.writeInt32BE(count - 1, 23);
  writeInt64(out, head.timestamp, 27);
  writeInt64(out, head.timestamp, 35);
  out.writeBigInt64BE(head.producer?.id ?? -1n, 43);
  out.writeInt16BE(head.producer?.epoch ?? -1, 51);
  out.writeInt32BE(head.producer?.sequence ?? -1, 53);
  out.writeInt32BE(count, 57);
  out.writeUInt32BE(crc32c(out.subarray(21)), 17);
  return out;
}

/** Bytes that a record takes in a batch, at most; for cutting batches to size. */
export function recordSize(record: OutRecord): number {
  const { lies } = record;
  if (lies !== undefined) return 32 + lies.keyTo - lies.keyFrom + lies.valueTo - lies.valueFrom;
  return 32 + bytesOf(record.key) + (record.value?.length ?? 0) + headersSize(record.headers);
}

const bytesOf = (value: string | Buffer | null): number => (value === null ? 0 : typeof value === 'string' ? Buffer.byteLength(value) : value.length);

function bodySize(record: OutRecord, index: number): number {
  const { lies } = record;
  if (lies !== undefined) {
    const keyBytes = lies.keyTo - lies.keyFrom;
    const valueBytes = lies.valueTo - lies.valueFrom;
    return 3 + varintSize(index) + varintSize(keyBytes) + keyBytes + varintSize(valueBytes) + valueBytes;
  }
  const { key, value, headers } = record;
  const keyBytes = bytesOf(key);
  // Attributes and the timestamp's delta are one byte each: all records of a batch have its timestamp.
  return 2 + varintSize(index) + (key === null ? 1 : varintSize(keyBytes) + keyBytes) + (value === null ? 1 : varintSize(value.length) + value.length) + headersSize(headers);
}

function headersSize(headers: Headers | undefined): number {
  if (headers === undefined) return 1;
  let size = 0;
  let count = 0;
  for (const name in headers) {
    const nameBytes = Buffer.byteLength(name);
    const valueBytes = Buffer.byteLength(headers[name] ?? '');
    size += varintSize(nameBytes) + nameBytes + varintSize(valueBytes) + valueBytes;
    count += 1;
  }
  return varintSize(count) + size;
}

function writeRecord(out: Buffer, start: number, record: OutRecord, index: number, size: number): number {
  let at = writeVarint(out, size, start);
  out[at++] = 0;
  out[at++] = 0;
  at = writeVarint(out, index, at);
  const { lies } = record;
  if (lies !== undefined) {
    at = writePart(out, lies.keyBytes, lies.keyFrom, lies.keyTo, at);
    return writeVarint(out, 0, writePart(out, lies.valueBytes, lies.valueFrom, lies.valueTo, at));
  }
  at = record.key === null ? writeVarint(out, -1, at) : typeof record.key === 'string' ? writeText(out, record.key, at) : writeBytes(out, record.key, at);
  at = record.value === null ? writeVarint(out, -1, at) : writeBytes(out, record.value, at);
  const { headers } = record;
  if (headers === undefined) return writeVarint(out, 0, at);
  at = writeVarint(out, Object.keys(headers).length, at);
  for (const name in headers) {
    at = writeText(out, name, at);
    at = writeText(out, headers[name] ?? '', at);
  }
  return at;
}

function writeText(out: Buffer, text: string, start: number): number {
  const length = Buffer.byteLength(text);
  const at = writeVarint(out, length, start);
  out.write(text, at, length, 'utf8');
  return at + length;
}

const writeBytes = (out: Buffer, bytes: Buffer, start: number): number => writePart(out, bytes, 0, bytes.length, start);

function writePart(out: Buffer, bytes: Buffer, from: number, to: number, start: number): number {
  const length = to - from;
  const at = writeVarint(out, length, start);
  // A call into native code costs more than copying a key by hand.
  if (length > FEW_BYTES) bytes.copy(out, at, from, to);
  else for (let i = 0; i < length; i++) out[at + i] = bytes[from + i] as number;
  return at + length;
}

/** Zigzag varint of a 31-bit number. */
function writeVarint(out: Buffer, value: number, start: number): number {
  let at = start;
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  for (; rest > 0x7f; rest >>>= 7) out[at++] = (rest & 0x7f) | 0x80;
  out[at++] = rest;
  return at;
}

function varintSize(value: number): number {
  const zigzag = (value << 1) >>> 0;
  return zigzag < 0x80 ? 1 : zigzag < 0x4000 ? 2 : zigzag < 0x200000 ? 3 : zigzag < 0x10000000 ? 4 : 5;
}
