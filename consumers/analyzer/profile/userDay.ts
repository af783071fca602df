/**
 * A user's day is the bytes of its changelog record: one form in memory, in the log, and at a restore. Most signals are counted in the bytes; else a bucket is read out of
 * them, changed, and put back. What is not asked for is never made into objects. The bytes: a version, then per bucket
 *
 *   2 bytes of length | feature's number | active | actions own times completed failed abandoned errors | fingerprints: count, numbers | durations: count, steps and counts
 *
 * all varints but the length, which is there to pass over a bucket. It always fits: there are fewer than 4,000 steps and at most 64 fingerprints.
 *
 * Where they lie, and what is asked for most, is a row of numbers (userDays.ts): a day has no object of its own.
 */
import type { Slice } from '../../../infra/ports.ts';
import { decode, encode, encodeFirst, increment, LENGTH_BYTES, lengthAt, passToDurations, placeOf, read, scratch } from './bucketBytes.ts';
import { addNumbers } from './buckets.ts';
import type { Bucket, Completions, Day } from './buckets.ts';
import type { CellRef } from './cells.ts';
import type { Slab } from './slab.ts';

export const DAY_VERSION = 2;
const FIRST_BYTES = 32;
const MASK_BITS = 31;
const bitOf = (number: number): number => 1 << (number & MASK_BITS);

/** One for all days: at midnights those of everybody are gone through. */
const completions = { length: 0, refs: [] as CellRef[], steps: [] as number[], counts: [] as number[] };

/** Features by number. */
export interface RefTable {
  refAt(number: number): CellRef;
}

/** What a row has: the numbers' places in it. */
export const DAY = 0;
/** A bit for each feature's number, modulo 32: most features that are asked for are not there, and their absence is told without touching the bytes. */
const MASK = 1;
/** The record lies in this piece of the slab, among others', from START for LENGTH bytes; up to ROOM bytes it may grow. */
const PIECE = 2;
const START = 3;
const LENGTH = 4;
const ROOM = 5;
/** 1: not in the changelog yet as it is. */
const CHANGED = 6;
export const ROW_INTS = 8;

/** One for all days of a table: good until another is asked for. */
export class UserDay implements Day<CellRef> {
  private readonly refs: RefTable;
  private readonly slab: Slab;
  private rows: Int32Array = new Int32Array(ROW_INTS);
  private row = 0;
  /** Of the record, once something has asked for its bytes. */
  private bytes: Buffer;
  private start = 0;
  private end = 0;

  constructor(refs: RefTable, slab: Slab) {
    this.refs = refs;
    this.slab = slab;
    this.bytes = slab.pieces[0] as Buffer;
  }

  /** Makes it that of another row. */
  moveTo(rows: Int32Array, row: number): this {
    this.rows = rows;
    this.row = row;
    return this;
  }

  get day(): number {
    return this.rows[this.row + DAY] as number;
  }

  /** Makes the row that of a day without buckets, or of the `record` of the changelog, which is copied. */
  begin(day: number, record?: Slice): void {
    const { rows, row } = this;
    const length = record === undefined ? 1 : record.to - record.from;
    const room = record === undefined ? FIRST_BYTES : length;
    rows[row + DAY] = day;
    rows[row + MASK] = 0;
    rows[row + START] = this.slab.cut(room);
    rows[row + PIECE] = this.slab.piece;
    rows[row + LENGTH] = length;
    rows[row + ROOM] = room;
    rows[row + CHANGED] = 0;
    this.open();
    if (record === undefined) this.bytes[this.start] = DAY_VERSION;
    else record.bytes.copy(this.bytes, this.start, record.from, record.to);
  }

  /** Lets go of its bytes: the row is another's, or nobody's, from now on. */
  leave(): void {
    this.slab.release(this.rows[this.row + PIECE] as number);
  }

  private open(): void {
    const { rows, row } = this;
    this.bytes = this.slab.pieces[rows[row + PIECE] as number] as Buffer;
    this.start = rows[row + START] as number;
    this.end = this.start + (rows[row + LENGTH] as number);
  }

  /** Notes that it has changed; false where that was known. */
  change(): boolean {
    const place = this.row + CHANGED;
    if (this.rows[place] === 1) return false;
    this.rows[place] = 1;
    return true;
  }

  /** Whether it has changed since the last time that this was asked. */
  takeChange(): boolean {
    const place = this.row + CHANGED;
    if (this.rows[place] === 0) return false;
    this.rows[place] = 0;
    return true;
  }

  /** Where the bucket begins, or the end. Leaves `read` behind the feature's number. */
  private seek(number: number): number {
    return placeOf(this.bytes, this.start + 1, this.end, number);
  }

  private lengthAt(at: number): number {
    return LENGTH_BYTES + lengthAt(this.bytes, at);
  }

  private makeMask(): number {
    let mask = 0;
    for (const { number } of this.features) mask |= bitOf(number);
    this.rows[this.row + MASK] = mask;
    return mask;
  }

  /** Leaves `read` behind the feature's number. */
  has({ number }: CellRef): boolean {
    const mask = this.rows[this.row + MASK] as number;
    if (((mask === 0 ? this.makeMask() : mask) & bitOf(number)) === 0) return false;
    this.open();
    return this.seek(number) < this.end;
  }

  find(ref: CellRef, into?: Bucket<CellRef>): Bucket<CellRef> | undefined {
    return this.has(ref) ? decode(ref, into) : undefined;
  }

  /** In the order in which they came. */
  get buckets(): Bucket<CellRef>[] {
    const buckets: Bucket<CellRef>[] = [];
    this.open();
    for (let at = this.start + 1; at < this.end; at += this.lengthAt(at)) buckets.push(decode(this.refFrom(at)));
    return buckets;
  }

  get completions(): Completions<CellRef> {
    const { refs, steps, counts } = completions;
    let length = 0;
    this.open();
    for (let at = this.start + 1; at < this.end; at += this.lengthAt(at)) {
      const ref = this.refFrom(at);
      for (let left = passToDurations(); left > 0; left -= 2) {
        refs[length] = ref;
        steps[length] = read.next();
        counts[length++] = read.next();
      }
    }
    completions.length = length;
    return completions;
  }

  get features(): CellRef[] {
    const features: CellRef[] = [];
    this.open();
    for (let at = this.start + 1; at < this.end; at += this.lengthAt(at)) features.push(this.refFrom(at));
    return features;
  }

  private refFrom(at: number): CellRef {
    read.bytes = this.bytes;
    read.at = at + LENGTH_BYTES;
    return this.refs.refAt(read.next());
  }

  /** Puts a bucket in the place of the one before it of its feature, or at the end. */
  put(bucket: Bucket<CellRef>): void {
    const { number } = bucket.ref;
    this.open();
    this.place(encode(bucket), this.seek(number));
    if (this.rows[this.row + MASK] !== 0) this.mark(number);
  }

  private mark(number: number): void {
    const place = this.row + MASK;
    this.rows[place] = (this.rows[place] as number) | bitOf(number);
  }

  /**
   * Adds one to numbers of a feature's bucket, and to a step's count, unless it is -1. Gives whether the bucket is new. Most signals are the first of their bucket, or make a number
   * larger that stays a byte: neither needs an object.
   */
  count(ref: CellRef, numbers: number, step: number): boolean {
    const { number } = ref;
    if (!this.has(ref)) {
      this.open();
      this.place(encodeFirst(number, numbers, step), this.end);
      this.mark(number);
      return true;
    }
    const from = read.at;
    if (!increment(this.bytes, from, numbers, step)) {
      read.at = from;
      const bucket = decode(ref);
      addNumbers(bucket, numbers, step);
      this.put(bucket);
    }
    return false;
  }

  /** What `scratch` has of `size` bytes into the place of the bucket that begins at `at`. */
  private place(size: number, at: number): void {
    const before = at < this.end ? this.lengthAt(at) : 0;
    const room = this.rows[this.row + ROOM] as number;
    const needed = this.end - this.start + size - before;
    let from = at;
    if (needed > room) {
      from -= this.start;
      this.move(Math.max(needed, room * 2));
      from += this.start;
    }
    if (size !== before) this.bytes.copyWithin(from + size, from + before, this.end);
    for (let i = 0; i < size; i++) this.bytes[from + i] = scratch[i] ?? 0;
    this.end += size - before;
    this.rows[this.row + LENGTH] = needed;
  }

  /** To where there is room for `size` bytes. */
  private move(size: number): void {
    const { bytes, start, end, rows, row, slab } = this;
    rows[row + START] = slab.cut(size);
    slab.release(rows[row + PIECE] as number);
    rows[row + PIECE] = slab.piece;
    rows[row + ROOM] = size;
    this.open();
    bytes.copy(this.bytes, this.start, start, end);
  }

  /** Where its record lies; good until the day changes. */
  record(): Slice {
    this.open();
    return { bytes: this.bytes, from: this.start, to: this.end };
  }
}
