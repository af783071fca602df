/** Columns of numbers and of texts. Numbers lie as this machine has them, which is as ClickHouse wants them: the lowest byte first, on all that Node runs on here. */
import { isUtf8 } from 'node:buffer';
import type { AvroReader } from '../../../schemas/avroReader.ts';
import { MOST_LENGTH_BYTES, withRoom, writeLength, type Column, type Places } from './column.ts';

const FIRST_BYTES = 1_024;
const TWO_32 = 0x1_0000_0000;
/** Up to this length a loop is quicker than a call that copies. */
const SHORT = 64;

abstract class Numbers {
  protected bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  protected readonly now: Int32Array;
  protected readonly place: number;
  protected readonly width: number;

  constructor(places: Places, width: number) {
    this.now = places.now;
    this.place = places.claim();
    this.width = width;
  }

  /** Where the next value goes. */
  protected next(): number {
    const at = this.now[this.place] as number;
    const end = at + this.width;
    if (end > this.bytes.length) this.bytes = withRoom(this.bytes, at, this.width);
    this.now[this.place] = end;
    return at;
  }

  protected lastAt(): number {
    return (this.now[this.place] as number) - this.width;
  }

  head(): void {
    // Numbers have no form to speak of.
  }

  body(out: Buffer[]): void {
    out.push(this.bytes.subarray(0, this.now[this.place]));
  }

  clear(): void {
    // All there is are places.
  }
}

/** UInt64, Int64, DateTime64: what a long or an int is. */
export class LongColumn extends Numbers implements Column {
  constructor(places: Places) {
    super(places, 8);
  }

  read(from: AvroReader): boolean {
    this.put(from.long());
    return true;
  }

  put(value: number): void {
    const at = this.next();
    const low = value | 0;
    const high = Math.floor(value / TWO_32);
    const { bytes } = this;
    bytes[at] = low;
    bytes[at + 1] = low >>> 8;
    bytes[at + 2] = low >>> 16;
    bytes[at + 3] = low >>> 24;
    bytes[at + 4] = high;
    bytes[at + 5] = high >>> 8;
    bytes[at + 6] = high >>> 16;
    bytes[at + 7] = high >>> 24;
  }

  blank(): void {
    this.put(0);
  }

  first(): number {
    return this.at(0);
  }

  last(): number {
    return this.at(this.lastAt());
  }

  private at(place: number): number {
    return this.bytes.readInt32LE(place + 4) * TWO_32 + this.bytes.readUInt32LE(place);
  }
}

/** Whole numbers of up to four bytes. */
export class IntColumn extends Numbers implements Column {
  read(from: AvroReader): boolean {
    this.put(from.long());
    return true;
  }

  put(value: number): void {
    let rest = value | 0;
    for (let at = this.next(), end = at + this.width; at < end; rest >>>= 8) this.bytes[at++] = rest;
  }

  blank(): void {
    this.put(0);
  }

  last(): number {
    return this.bytes.readUIntLE(this.lastAt(), this.width);
  }
}

export class BoolColumn extends IntColumn {
  constructor(places: Places) {
    super(places, 1);
  }

  override read(from: AvroReader): boolean {
    this.put(from.boolean() ? 1 : 0);
    return true;
  }
}

export class DoubleColumn extends Numbers implements Column {
  constructor(places: Places) {
    super(places, 8);
  }

  read(from: AvroReader): boolean {
    const value = from.double();
    const isThere = Number.isFinite(value);
    // Of two zeros ClickHouse's texts know one.
    this.put(isThere ? value + 0 : 0);
    return isThere;
  }

  put(value: number): void {
    const at = this.next();
    this.bytes.writeDoubleLE(value, at);
  }

  blank(): void {
    this.put(0);
  }

  last(): number {
    return this.bytes.readDoubleLE(this.lastAt());
  }
}

/** String: of Avro's enums; its strings, which must be UTF-8 (what is not is left to the codec); or its bytes, which may be anything. */
export class TextColumn implements Column {
  private bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  private readonly now: Int32Array;
  private readonly place: number;
  private readonly isBinary: boolean;
  private readonly symbols: readonly Buffer[] | null;
  /** Of the value that came last, behind its length. */
  private start = 0;

  constructor(places: Places, isBinary: boolean, symbols: readonly Buffer[] | null) {
    this.now = places.now;
    this.place = places.claim();
    this.isBinary = isBinary;
    this.symbols = symbols;
  }

  read(from: AvroReader): boolean {
    if (this.symbols !== null) {
      this.put(this.symbols[from.index(this.symbols.length)] ?? NOTHING);
      return true;
    }
    from.length();
    if (this.add(from.bytes, from.start, from.end) >= 0x80 && !this.isBinary && !isUtf8(from.bytes.subarray(from.start, from.end))) from.fail();
    return true;
  }

  /** Gives all bits that are set in any byte. */
  private add(source: Buffer, from: number, to: number): number {
    const used = this.now[this.place] as number;
    if (used + to - from + MOST_LENGTH_BYTES > this.bytes.length) this.bytes = withRoom(this.bytes, used, to - from + MOST_LENGTH_BYTES);
    const { bytes } = this;
    let at = writeLength(bytes, used, to - from);
    this.start = at;
    let bits = 0x80;
    if (to - from <= SHORT) {
      bits = 0;
      for (let i = from; i < to; i++) {
        const byte = source[i] as number;
        bits |= byte;
        bytes[at++] = byte;
      }
    } else at += source.copy(bytes, at, from, to);
    this.now[this.place] = at;
    return bits;
  }

  put(value: number | Buffer): void {
    if (typeof value === 'number') throw new TypeError('a text is no number');
    this.add(value, 0, value.length);
  }

  blank(): void {
    this.add(NOTHING, 0, 0);
  }

  last(): string | Buffer {
    const bytes = this.bytes.subarray(this.start, this.now[this.place]);
    return this.isBinary ? bytes : bytes.toString('utf8');
  }

  head(): void {
    // A text has no form to speak of.
  }

  body(out: Buffer[]): void {
    out.push(this.bytes.subarray(0, this.now[this.place]));
  }

  clear(): void {
    this.start = 0;
  }
}

const NOTHING = Buffer.alloc(0);
