/**
 * LowCardinality: the words that there are, each once, and for each row the number of its word. To say it in that form costs here what ClickHouse would have to pay for
 * finding each word, and less of everything behind it.
 */
import { isUtf8 } from 'node:buffer';
import type { AvroReader } from '../../../schemas/avroReader.ts';
import { MOST_LENGTH_BYTES, withRoom, writeLength, type Column, type Places } from './column.ts';

const FIRST_ROWS = 1_024;
const FIRST_SLOTS = 256;
/** Ours: whoever makes words of one hash on purpose gets a word twice, which does no harm, and not a search without an end. */
const MOST_TRIED = 64;
/** SerializationLowCardinality.cpp: the version of its form; words of its own that come along, no shared ones. */
const VERSION = 1n;
const OWN_WORDS = 1n << 9n;
const NOTHING = Buffer.alloc(0);

export interface WordOptions {
  /** LowCardinality(Nullable(String)): the first word then stands for null. */
  readonly nullable: boolean;
  /** Avro's union with null. */
  readonly optional: boolean;
  /** Of Avro's enum; null where it is a string. */
  readonly symbols: readonly Buffer[] | null;
}

export class WordColumn implements Column {
  private readonly now: Int32Array;
  /** Rows; words; bytes of words. */
  private readonly rowsPlace: number;
  private readonly countPlace: number;
  private readonly bytesPlace: number;
  private readonly nullable: boolean;
  private readonly optional: boolean;
  private readonly symbols: readonly Buffer[] | null;
  private numbers = new Uint32Array(FIRST_ROWS);
  /** Each with its length before it. */
  private bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_ROWS);
  /** Per word, where it begins and ends. */
  private begins = new Int32Array(FIRST_SLOTS);
  private ends = new Int32Array(FIRST_SLOTS);
  /** Words that were asked for as texts. */
  private texts: (string | undefined)[] = [];
  /** By hash, the number of a word and 1 more. Numbers of words that were taken back stay in it: who finds one looks at the word. */
  private slots = new Int32Array(FIRST_SLOTS);
  private narrow: Buffer = Buffer.alloc(0);

  constructor(places: Places, { nullable, optional, symbols }: WordOptions) {
    this.now = places.now;
    this.rowsPlace = places.claim();
    this.countPlace = places.claim();
    this.bytesPlace = places.claim();
    this.nullable = nullable;
    this.optional = optional;
    this.symbols = symbols;
  }

  read(from: AvroReader): boolean {
    const { symbols } = this;
    if (this.optional && !from.isPresent()) {
      this.blank();
      return true;
    }
    if (symbols !== null) {
      const symbol = symbols[from.index(symbols.length)] ?? NOTHING;
      this.add(this.numberOf(symbol, 0, symbol.length));
      return true;
    }
    from.length();
    this.add(this.numberOf(from.bytes, from.start, from.end));
    if (this.bits >= 0x80 && !isUtf8(from.bytes.subarray(from.start, from.end))) from.fail();
    return true;
  }

  put(value: number | Buffer): void {
    if (typeof value === 'number') throw new TypeError('a word is no number');
    this.add(this.numberOf(value, 0, value.length));
  }

  blank(): void {
    this.add(this.nullable ? this.nothing() : this.numberOf(NOTHING, 0, 0));
  }

  last(): string | null {
    const number = this.numberAt((this.now[this.rowsPlace] as number) - 1);
    if (this.nullable && number === 0) return null;
    return (this.texts[number] ??= this.bytes.toString('utf8', this.begins[number], this.ends[number]));
  }

  rows(): number {
    return this.now[this.rowsPlace] as number;
  }

  /** The number of the word of a row. */
  numberAt(row: number): number {
    return this.numbers[row] as number;
  }

  head(out: Buffer[]): void {
    out.push(uint64(VERSION));
  }

  body(out: Buffer[]): void {
    const rows = this.now[this.rowsPlace] as number;
    // Nothing at all where there are no rows, as within empty arrays.
    if (rows === 0) return;
    const count = this.now[this.countPlace] as number;
    const type = count <= 0x100 ? 0 : count <= 0x1_0000 ? 1 : 2;
    out.push(uint64(OWN_WORDS | BigInt(type)), uint64(BigInt(count)), this.bytes.subarray(0, this.now[this.bytesPlace]), uint64(BigInt(rows)), this.narrowed(rows, 1 << type));
  }

  clear(): void {
    this.slots.fill(0);
  }

  private narrowed(rows: number, width: number): Buffer {
    if (this.narrow.length < rows * width) this.narrow = Buffer.allocUnsafeSlow(this.numbers.length * width);
    const { buffer, byteOffset } = this.narrow;
    const to = width === 1 ? new Uint8Array(buffer, byteOffset, rows) : width === 2 ? new Uint16Array(buffer, byteOffset, rows) : new Uint32Array(buffer, byteOffset, rows);
    to.set(this.numbers.subarray(0, rows));
    return this.narrow.subarray(0, rows * width);
  }

  private add(number: number): void {
    const row = this.now[this.rowsPlace] as number;
    if (row === this.numbers.length) this.numbers = doubled(this.numbers, new Uint32Array(2 * row));
    this.numbers[row] = number;
    this.now[this.rowsPlace] = row + 1;
  }

  /** Makes the word that stands for null, if there is none yet. */
  private nothing(): number {
    if (this.now[this.countPlace] === 0) this.insert(NOTHING, 0, 0);
    return 0;
  }

  /** All bits that are set in any byte of the word that was looked for last. */
  private bits = 0;

  private numberOf(source: Buffer, from: number, to: number): number {
    if (this.nullable) this.nothing();
    let hash = 0;
    let bits = 0;
    for (let i = from; i < to; i++) {
      const byte = source[i] as number;
      bits |= byte;
      hash = (Math.imul(hash, 31) + byte) | 0;
    }
    this.bits = bits;
    const { slots } = this;
    const mask = slots.length - 1;
    const count = this.now[this.countPlace] as number;
    let slot = (hash ^ (hash >>> 15)) & mask;
    for (let tried = 0; tried < MOST_TRIED; tried++, slot = (slot + 1) & mask) {
      const number = (slots[slot] as number) - 1;
      if (number < 0 || number >= count) {
        slots[slot] = count + 1;
        break;
      }
      if (this.isWord(number, source, from, to)) return number;
    }
    this.insert(source, from, to);
    if (2 * (count + 1) > slots.length) this.spread();
    return count;
  }

  private isWord(number: number, source: Buffer, from: number, to: number): boolean {
    // The word for null is nobody's.
    if (number === 0 && this.nullable) return false;
    let at = this.begins[number] as number;
    if ((this.ends[number] as number) - at !== to - from) return false;
    const { bytes } = this;
    for (let i = from; i < to; i++) if (bytes[at++] !== source[i]) return false;
    return true;
  }

  private insert(source: Buffer, from: number, to: number): void {
    const number = this.now[this.countPlace] as number;
    if (number === this.begins.length) {
      this.begins = doubled(this.begins, new Int32Array(2 * number));
      this.ends = doubled(this.ends, new Int32Array(2 * number));
    }
    const used = this.now[this.bytesPlace] as number;
    this.bytes = withRoom(this.bytes, used, to - from + MOST_LENGTH_BYTES);
    const at = writeLength(this.bytes, used, to - from);
    source.copy(this.bytes, at, from, to);
    this.begins[number] = at;
    this.ends[number] = at + to - from;
    this.texts[number] = undefined;
    this.now[this.bytesPlace] = at + to - from;
    this.now[this.countPlace] = number + 1;
  }

  /** Twice the slots, and every word in its place. */
  private spread(): void {
    const slots = new Int32Array(2 * this.slots.length);
    const mask = slots.length - 1;
    const count = this.now[this.countPlace] as number;
    for (let number = this.nullable ? 1 : 0; number < count; number++) {
      let hash = 0;
      for (let i = this.begins[number] as number; i < (this.ends[number] as number); i++) hash = (Math.imul(hash, 31) + (this.bytes[i] as number)) | 0;
      let slot = (hash ^ (hash >>> 15)) & mask;
      for (let tried = 0; slots[slot] !== 0 && tried < MOST_TRIED; tried++) slot = (slot + 1) & mask;
      slots[slot] = number + 1;
    }
    this.slots = slots;
  }
}

function doubled<Numbers extends Int32Array | Uint32Array>(numbers: Numbers, larger: Numbers): Numbers {
  larger.set(numbers);
  return larger;
}

function uint64(value: bigint): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}
