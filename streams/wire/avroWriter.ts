/**
 * Writes Avro's primitives one record behind the other into blocks, without a copy of each; a record that does not fit any more takes the next block. The blocks
 * are written again after `reset`: fresh memory for every step would be garbage outside of V8's heap, which makes it collect all of the heap.
 */
import type { Slice } from '../../infra/ports.ts';

/** Ours: some eight hundred signals. */
const BLOCK_BYTES = 256 * 1024;
/** Ours: blocks kept for the next step; a step's output is bounded (`MAX_STEP_BYTES`). */
const MAX_BLOCKS = 16;
const MAX_VARINT_BYTES = 10;
/** A number's lowest 27 bits: zigzag makes them 28. */
const LOW = 2 ** 27;
const HEX = Buffer.from('0123456789abcdef');
/** A string of so few characters is quicker by hand than by a call into native code. The length of such a string takes one byte. */
const FEW_CHARS = 63;
/** So is a copy of so few bytes: 1 ns each by hand, 32 ns for a call. */
const FEW_BYTES = 24;

export class AvroWriter {
  private readonly blocks = [Buffer.allocUnsafeSlow(BLOCK_BYTES)];
  private next = 1;
  private block = this.blocks[0] as Buffer;
  private start = 0;
  private at = 0;

  /** Whatever has been written is of no more use. */
  reset(): void {
    this.block = this.blocks[0] as Buffer;
    this.next = 1;
    this.start = this.at = 0;
  }

  begin(): void {
    this.start = this.at;
  }

  /** Bytes since `begin`. */
  length(): number {
    return this.at - this.start;
  }

  /** What has been written since `begin`. */
  written(): Slice {
    return { bytes: this.block, from: this.start, to: this.at };
  }

  /** The same in memory of its own. */
  copy(): Buffer {
    return Buffer.from(this.block.subarray(this.start, this.at));
  }

  private reserve(bytes: number): void {
    if (this.at + bytes <= this.block.length) return;
    const done = this.at - this.start;
    const block = this.another(done + bytes);
    this.block.copy(block, 0, this.start, this.at);
    this.block = block;
    this.start = 0;
    this.at = done;
  }

  private another(bytes: number): Buffer {
    if (bytes > BLOCK_BYTES) return Buffer.allocUnsafeSlow(bytes * 2);
    const block = this.blocks[this.next] ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
    if (this.next === this.blocks.length && this.next < MAX_BLOCKS) this.blocks.push(block);
    this.next += 1;
    return block;
  }

  /** Of the Confluent wire format. */
  header(schemaId: number): void {
    this.reserve(5);
    this.block[this.at] = 0;
    this.block.writeInt32BE(schemaId, this.at + 1);
    this.at += 5;
  }

  byte(value: number): void {
    this.reserve(1);
    this.block[this.at++] = value;
  }

  /** int, long, enum; exact as far as a number is. */
  long(value: number): void {
    this.reserve(MAX_VARINT_BYTES);
    const { block } = this;
    let { at } = this;
    const sign = value < 0 ? 1 : 0;
    const magnitude = sign === 0 ? value : -(value + 1);
    // In two halves that integers can hold: zigzag's 28 lowest bits, which are four bytes, and those above.
    const high = Math.floor(magnitude / LOW);
    let rest = ((magnitude - high * LOW) << 1) | sign;
    if (high > 0) {
      for (let i = 0; i < 4; i++, rest >>>= 7) block[at++] = (rest & 0x7f) | 0x80;
      rest = high;
    }
    for (; rest > 0x7f; rest >>>= 7) block[at++] = (rest & 0x7f) | 0x80;
    block[at++] = rest;
    this.at = at;
  }

  /** A union of null and long. */
  optionalLong(value: number | null): void {
    this.byte(value === null ? 0 : 2);
    if (value !== null) this.long(value);
  }

  string(text: string): void {
    if (text.length <= FEW_CHARS && this.ascii(text)) return;
    const length = Buffer.byteLength(text);
    this.long(length);
    this.reserve(length);
    this.at += this.block.write(text, this.at, 'utf8');
  }

  /** False, and nothing written, where the text is not ASCII. */
  private ascii(text: string): boolean {
    const { length } = text;
    this.reserve(length + 1);
    const { block, at } = this;
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f) return false;
      block[at + 1 + i] = unit;
    }
    block[at] = length * 2;
    this.at = at + length + 1;
    return true;
  }

  /** Four words as a string of 32 hex digits; `change` goes into the last one (steps/signalId.ts). */
  hex(words: Uint32Array, change: number): void {
    this.reserve(33);
    const { block } = this;
    let { at } = this;
    block[at++] = 64;
    for (let i = 0; i < 4; i++) {
      const word = i < 3 ? (words[i] as number) : (words[i] as number) ^ change;
      for (let shift = 28; shift >= 0; shift -= 4) block[at++] = HEX[(word >>> shift) & 15] as number;
    }
    this.at = at;
  }

  map(values: Readonly<Record<string, string>>): void {
    const names = Object.keys(values);
    if (names.length > 0) this.long(names.length);
    for (const name of names) {
      this.string(name);
      this.string(values[name] ?? '');
    }
    this.byte(0);
  }

  /** Bytes as they are. */
  raw(bytes: Buffer, from: number, to: number): void {
    const length = to - from;
    this.reserve(length);
    const { block, at } = this;
    if (length > FEW_BYTES) bytes.copy(block, at, from, to);
    else for (let i = 0; i < length; i++) block[at + i] = bytes[from + i] as number;
    this.at = at + length;
  }
}
