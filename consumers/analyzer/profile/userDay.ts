/**
 * A user's day is the bytes of its changelog record: one form in memory, in the log, and at a restore. Most signals are counted in the bytes; else a bucket is read out of
 * them, changed, and put back. What is not asked for is never made into objects. The bytes: a version, then per bucket
 *
 *   2 bytes of length | feature's number | active | actions own times completed failed abandoned errors | fingerprints: count, numbers | durations: count, steps and counts
 *
 * all varints but the length, which is there to pass over a bucket. It always fits: there are fewer than 4,000 steps and at most 64 fingerprints.
 */
import type { Slice } from '../../../infra/ports.ts';
import { decode, decodeDurations, encode, encodeFirst, FULL_BYTE, LENGTH_BYTES, ONE_BYTE, read, scratch } from './bucketBytes.ts';
import { addNumbers, NUMBERS } from './buckets.ts';
import type { Bucket, Completions, Day } from './buckets.ts';
import type { CellRef } from './cells.ts';
import type { Slab } from './slab.ts';
import type { User } from './state.ts';

export const DAY_VERSION = 2;
const FIRST_BYTES = 32;
const MASK_BITS = 31;
const bitOf = (number: number): number => 1 << (number & MASK_BITS);

/** Features by number. */
export interface RefTable {
  refAt(number: number): CellRef;
}

export class UserDay implements Day<CellRef> {
  readonly day: number;
  readonly user: User;
  private readonly refs: RefTable;
  /** The record lies in these, among others', from `start` to `end`; up to `limit` it may grow. */
  private bytes: Buffer;
  private start: number;
  private end: number;
  private limit: number;
  /** A bit for each feature's number, modulo 32: most features that are asked for are not there, and their absence is told without touching the bytes. 0: not made yet. */
  private mask = 0;

  /** `record`: that of the changelog, which is copied; without, a day without buckets. */
  constructor(day: number, user: User, refs: RefTable, slab: Slab, record?: Uint8Array) {
    this.day = day;
    this.user = user;
    this.refs = refs;
    const size = record?.length ?? FIRST_BYTES;
    this.start = slab.cut(size);
    this.bytes = slab.bytes;
    this.limit = this.start + size;
    this.end = this.start + (record?.length ?? 1);
    if (record === undefined) this.bytes[this.start] = DAY_VERSION;
    else this.bytes.set(record, this.start);
  }

  /** Where the bucket begins, or the end. Leaves `read` behind the feature's number. */
  private seek(number: number): number {
    const { bytes, end } = this;
    read.bytes = bytes;
    let at = this.start + 1;
    if (number < ONE_BYTE) {
      while (at < end && bytes[at + LENGTH_BYTES] !== number) at += LENGTH_BYTES + ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8));
      read.at = at + LENGTH_BYTES + 1;
      return at;
    }
    while (at < end) {
      read.at = at + LENGTH_BYTES;
      if (read.next() === number) break;
      at += LENGTH_BYTES + this.lengthAt(at);
    }
    return at;
  }

  private lengthAt(at: number): number {
    return (this.bytes[at] ?? 0) | ((this.bytes[at + 1] ?? 0) << 8);
  }

  private makeMask(): number {
    for (const { number } of this.features) this.mask |= bitOf(number);
    return this.mask;
  }

  /** Leaves `read` behind the feature's number. */
  has({ number }: CellRef): boolean {
    return ((this.mask === 0 ? this.makeMask() : this.mask) & bitOf(number)) !== 0 && this.seek(number) < this.end;
  }

  find(ref: CellRef, into?: Bucket<CellRef>): Bucket<CellRef> | undefined {
    return this.has(ref) ? decode(ref, into) : undefined;
  }

  /** In the order in which they came. */
  get buckets(): Bucket<CellRef>[] {
    const buckets: Bucket<CellRef>[] = [];
    for (let at = this.start + 1; at < this.end; at += LENGTH_BYTES + this.lengthAt(at)) buckets.push(decode(this.refFrom(at)));
    return buckets;
  }

  get completions(): Completions<CellRef>[] {
    const found: Completions<CellRef>[] = [];
    for (let at = this.start + 1; at < this.end; at += LENGTH_BYTES + this.lengthAt(at)) {
      const ref = this.refFrom(at);
      const durations = decodeDurations();
      if (durations !== null) found.push({ ref, durations });
    }
    return found;
  }

  get features(): CellRef[] {
    const features: CellRef[] = [];
    for (let at = this.start + 1; at < this.end; at += LENGTH_BYTES + this.lengthAt(at)) features.push(this.refFrom(at));
    return features;
  }

  private refFrom(at: number): CellRef {
    read.bytes = this.bytes;
    read.at = at + LENGTH_BYTES;
    return this.refs.refAt(read.next());
  }

  /** Puts a bucket in the place of the one before it of its feature, or at the end. */
  put(bucket: Bucket<CellRef>, slab: Slab): void {
    const { number } = bucket.ref;
    this.place(encode(bucket), this.seek(number), slab);
    if (this.mask !== 0) this.mask |= bitOf(number);
  }

  /**
   * Adds one to numbers of a feature's bucket, and to a step's count, unless it is -1. Gives whether the bucket is new. Most signals are the first of their bucket, or make a number
   * larger that stays a byte: neither needs an object.
   */
  count(ref: CellRef, numbers: number, step: number, slab: Slab): boolean {
    const { number } = ref;
    if (!this.has(ref)) {
      this.place(encodeFirst(number, numbers, step), this.end, slab);
      this.mask |= bitOf(number);
      return true;
    }
    const from = read.at;
    if (!this.increment(from, numbers, step)) {
      read.at = from;
      const bucket = decode(ref);
      addNumbers(bucket, numbers, step);
      this.put(bucket, slab);
    }
    return false;
  }

  /** False, and nothing done, where something would have to move. `from`: the bucket's first number. */
  private increment(from: number, numbers: number, step: number): boolean {
    const { bytes } = this;
    for (let n = 0; n < NUMBERS; n++) if ((bytes[from + n] ?? 0) + ((numbers >> n) & 1) > FULL_BYTE) return false;
    if (step >= 0) {
      const at = this.countOf(from + NUMBERS, step);
      if (at < 0 || (bytes[at] ?? 0) >= FULL_BYTE) return false;
      bytes[at] = (bytes[at] ?? 0) + 1;
    }
    // The first is true or false.
    bytes[from] = (bytes[from] ?? 0) | (numbers & 1);
    for (let n = 1; n < NUMBERS; n++) if (((numbers >> n) & 1) !== 0) bytes[from + n] = (bytes[from + n] ?? 0) + 1;
    return true;
  }

  /** Where the count of a step is; -1 where there is none. `from`: the bucket's lists. */
  private countOf(from: number, step: number): number {
    read.at = from;
    read.skip(read.next());
    for (let left = read.next(); left > 0; left -= 2) {
      if (read.next() === step) return read.at;
      read.next();
    }
    return -1;
  }

  /** What `scratch` has of `size` bytes into the place of the bucket that begins at `at`. */
  private place(size: number, at: number, slab: Slab): void {
    const before = at < this.end ? LENGTH_BYTES + this.lengthAt(at) : 0;
    let from = at;
    if (this.end + size - before > this.limit) {
      from -= this.start;
      this.move(slab, Math.max(this.end - this.start + size - before, (this.limit - this.start) * 2));
      from += this.start;
    }
    if (size !== before) this.bytes.copyWithin(from + size, from + before, this.end);
    for (let i = 0; i < size; i++) this.bytes[from + i] = scratch[i] ?? 0;
    this.end += size - before;
  }

  /** To where there is room for `size` bytes. */
  private move(slab: Slab, size: number): void {
    const { bytes, start, end } = this;
    this.start = slab.cut(size);
    this.bytes = slab.bytes;
    this.limit = this.start + size;
    this.end = this.start + end - start;
    this.bytes.set(bytes.subarray(start, end), this.start);
  }

  /** Where its record lies; good until the day changes. */
  record(): Slice {
    return { bytes: this.bytes, from: this.start, to: this.end };
  }
}
