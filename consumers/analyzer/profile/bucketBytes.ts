/** A bucket as bytes, and back: `userDay.ts` has their layout. One bucket at a time is encoded, to `scratch`, and one reader reads. */
import { emptyBucket, NUMBERS } from './buckets.ts';
import type { Bucket } from './buckets.ts';
import type { CellRef } from './cells.ts';
import { VarintReader, writeVarint } from './varints.ts';

export const LENGTH_BYTES = 2;
/** Varints below are one byte. */
const ONE_BYTE = 0x80;
/** The last number that has room for one more in its byte. */
const FULL_BYTE = ONE_BYTE - 1;
/** Holds any bucket. */
export const scratch = new Uint8Array(LENGTH_BYTES + 0xffff);
export const read = new VarintReader();

export function encode(bucket: Bucket<CellRef>): number {
  const { fingerprints, durations } = bucket;
  let at = writeVarint(scratch, LENGTH_BYTES, bucket.ref.number);
  scratch[at++] = bucket.active ? 1 : 0;
  at = writeVarint(scratch, at, bucket.actions);
  at = writeVarint(scratch, at, bucket.own);
  at = writeVarint(scratch, at, bucket.times);
  at = writeVarint(scratch, at, bucket.completed);
  at = writeVarint(scratch, at, bucket.failed);
  at = writeVarint(scratch, at, bucket.abandoned);
  at = writeVarint(scratch, at, bucket.errors);
  at = writeList(at, fingerprints);
  at = writeList(at, durations);
  return closed(at);
}

/** A new bucket of one signal, as `encode` would write it. */
export function encodeFirst(number: number, numbers: number, step: number): number {
  let at = writeVarint(scratch, LENGTH_BYTES, number);
  for (let n = 0; n < NUMBERS; n++) scratch[at++] = (numbers >> n) & 1;
  scratch[at++] = 0;
  if (step < 0) {
    scratch[at++] = 0;
    return closed(at);
  }
  scratch[at++] = 2;
  at = writeVarint(scratch, at, step);
  scratch[at++] = 1;
  return closed(at);
}

function closed(at: number): number {
  const length = at - LENGTH_BYTES;
  scratch[0] = length & 0xff;
  scratch[1] = length >> 8;
  return at;
}

function writeList(from: number, list: readonly number[] | null): number {
  if (list === null) return writeVarint(scratch, from, 0);
  let at = writeVarint(scratch, from, list.length);
  for (const value of list) at = writeVarint(scratch, at, value);
  return at;
}

function readList(): number[] | null {
  const length = read.next();
  if (length === 0) return null;
  const list: number[] = [];
  for (let i = 0; i < length; i++) list.push(read.next());
  return list;
}

/** `read` stands behind the feature's number. */
export function decode(ref: CellRef, into?: Bucket<CellRef>): Bucket<CellRef> {
  const bucket = into ?? emptyBucket(ref);
  bucket.ref = ref;
  bucket.active = read.next() === 1;
  bucket.actions = read.next();
  bucket.own = read.next();
  bucket.times = read.next();
  bucket.completed = read.next();
  bucket.failed = read.next();
  bucket.abandoned = read.next();
  bucket.errors = read.next();
  bucket.fingerprints = readList();
  bucket.durations = readList();
  return bucket;
}

/** From behind the feature's number to the length of the durations, which it gives. */
export function passToDurations(): number {
  read.skip(NUMBERS);
  read.skip(read.next());
  return read.next();
}

/** Of the bucket that begins there, without the two bytes that say it. */
export function lengthAt(bytes: Buffer, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}

/** Where among buckets from `from` to `end` a feature's begins, or the end. Leaves `read` behind the feature's number. */
export function placeOf(bytes: Buffer, from: number, end: number, number: number): number {
  read.bytes = bytes;
  let at = from;
  if (number < ONE_BYTE) {
    while (at < end && bytes[at + LENGTH_BYTES] !== number) at += LENGTH_BYTES + lengthAt(bytes, at);
    read.at = at + LENGTH_BYTES + 1;
    return at;
  }
  while (at < end) {
    read.at = at + LENGTH_BYTES;
    if (read.next() === number) break;
    at += LENGTH_BYTES + lengthAt(bytes, at);
  }
  return at;
}

/** Adds to numbers and a step's count where they are. False, and nothing done, where something would have to move. `from`: the bucket's first number. */
export function increment(bytes: Buffer, from: number, numbers: number, step: number): boolean {
  for (let n = 0; n < NUMBERS; n++) if ((bytes[from + n] ?? 0) + ((numbers >> n) & 1) > FULL_BYTE) return false;
  if (step >= 0) {
    const at = countOf(from + NUMBERS, step);
    if (at < 0 || (bytes[at] ?? 0) >= FULL_BYTE) return false;
    bytes[at] = (bytes[at] ?? 0) + 1;
  }
  // The first is true or false.
  bytes[from] = (bytes[from] ?? 0) | (numbers & 1);
  for (let n = 1; n < NUMBERS; n++) if (((numbers >> n) & 1) !== 0) bytes[from + n] = (bytes[from + n] ?? 0) + 1;
  return true;
}

/** Where the count of a step is; -1 where there is none. `from`: the bucket's lists. */
function countOf(from: number, step: number): number {
  read.at = from;
  read.skip(read.next());
  for (let left = read.next(); left > 0; left -= 2) {
    if (read.next() === step) return read.at;
    read.next();
  }
  return -1;
}
