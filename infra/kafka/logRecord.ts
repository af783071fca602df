/**
 * A record as it lies in the batch that was fetched. It knows where it begins; what is asked of it is read when it is asked for, and made anew each time. Records
 * wait by the ten thousand before a task takes them, and what waits is copied by the garbage collector: so it is to be little.
 */
import type { Headers, InRecord, Slice, TopicPartition } from '../ports.ts';

/** What the records of a batch share. */
export interface Batch extends TopicPartition {
  /** Uncompressed, without the batch's head. */
  readonly data: Buffer;
  readonly firstTimestamp: number;
  /** The broker's, of all records alike, where the topic says so. */
  readonly appendTime: number | null;
}

const NO_HEADERS: Headers = {};

export class LogRecord implements InRecord {
  readonly offset: number;
  private readonly batch: Batch;
  /** Behind its length. */
  private readonly at: number;

  constructor(batch: Batch, at: number, offset: number) {
    this.batch = batch;
    this.at = at;
    this.offset = offset;
  }

  get topic(): string {
    return this.batch.topic;
  }

  get partition(): number {
    return this.batch.partition;
  }

  get timestamp(): number {
    const { appendTime, firstTimestamp } = this.batch;
    return appendTime ?? firstTimestamp + varlong(this.read());
  }

  get key(): Buffer | null {
    return bytes(this.readKey());
  }

  get value(): Buffer | null {
    return bytes(this.readValue());
  }

  get keyIn(): Slice | null {
    return slice(this.readKey());
  }

  get valueIn(): Slice | null {
    return slice(this.readValue());
  }

  get headers(): Headers {
    const cursor = this.readValue();
    pass(cursor);
    return headers(cursor);
  }

  /** Counted anew: a field of its own would be copied with every record that waits. */
  get size(): number {
    const cursor = this.readValue();
    pass(cursor);
    for (let parts = 2 * varint(cursor); parts > 0; parts--) pass(cursor);
    return cursor.at - this.at;
  }

  private read(): Cursor {
    cursor.data = this.batch.data;
    cursor.at = this.at + ATTRIBUTES_BYTES;
    return cursor;
  }

  private readKey(): Cursor {
    const read = this.read();
    passVarint(read); // timestamp's delta
    passVarint(read); // offset's delta
    return read;
  }

  private readValue(): Cursor {
    const read = this.readKey();
    pass(read);
    return read;
  }
}

export const ATTRIBUTES_BYTES = 1;

export interface Cursor {
  data: Buffer;
  at: number;
}

/** Of whoever is reading a record: nothing is made for it. */
const cursor: Cursor = { data: Buffer.alloc(0), at: 0 };

export function varint(cursor: Cursor): number {
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

export function passVarint(cursor: Cursor): void {
  while ((cursor.data[cursor.at++] as number) >= 0x80);
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

export function bytes(cursor: Cursor): Buffer | null {
  const length = varint(cursor);
  if (length < 0) return null;
  cursor.at += length;
  return cursor.data.subarray(cursor.at - length, cursor.at);
}

function slice(cursor: Cursor): Slice | null {
  const length = varint(cursor);
  return length < 0 ? null : { bytes: cursor.data, from: cursor.at, to: cursor.at + length };
}

function pass(cursor: Cursor): void {
  const length = varint(cursor);
  if (length > 0) cursor.at += length;
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
