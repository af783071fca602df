/**
 * Reads Avro's primitives where they lie, without making strings of them. Never throws and never reads on for ever: what is not as expected (cut short, out of
 * range, not UTF-8, too large for a number, a number in more bytes than it takes) sets `ok` to false, and whoever reads asks the real decoder what to think of it.
 */
import { isUtf8 } from 'node:buffer';

/** As avsc has it: beyond, a double no longer tells neighbours apart. */
const MAX_LONG = 9_007_199_254_740_990;
const MAX_VARINT_BYTES = 8;
/** 28 bits: a length that takes more is longer than any record, and of a fifth byte the highest bits would be lost without a word. */
const MAX_LENGTH_BYTES = 4;
const DOUBLE_BYTES = 8;
const NOTHING = Buffer.alloc(0);

export class AvroReader {
  bytes: Buffer = NOTHING;
  at = 0;
  /** Where what is read ends, which may be before the end of the buffer. */
  to = 0;
  ok = true;
  /** Of the string read last. */
  hasControl = false;
  start = 0;
  end = 0;

  begin(bytes: Buffer, at: number, to: number): void {
    this.bytes = bytes;
    this.at = at;
    this.to = to;
    this.ok = true;
  }

  fail(): void {
    this.ok = false;
    this.at = this.to;
  }

  long(): number {
    const { bytes } = this;
    const first = bytes[this.at++] as number;
    let magnitude = (first & 0x7f) >> 1;
    let factor = 64;
    for (let byte = first, count = 1; byte >= 0x80; factor *= 128) {
      if (++count > MAX_VARINT_BYTES) {
        this.fail();
        return 0;
      }
      byte = bytes[this.at++] as number;
      magnitude += (byte & 0x7f) * factor;
      if (byte === 0) this.ok = false;
    }
    const sign = first & 1;
    if (magnitude + sign <= MAX_LONG) return sign === 0 ? magnitude : -magnitude - 1;
    this.fail();
    return 0;
  }

  /** A length, a count or an index: small and not negative, or it fails. */
  count(): number {
    const { bytes } = this;
    let byte = bytes[this.at++] as number;
    let raw = byte & 0x7f;
    for (let shift = 7, count = 1; byte >= 0x80; shift += 7) {
      if (++count > MAX_LENGTH_BYTES) {
        this.fail();
        return 0;
      }
      byte = bytes[this.at++] as number;
      raw |= (byte & 0x7f) << shift;
      if (byte === 0) this.ok = false;
    }
    if ((raw & 1) === 0 && raw >= 0 && this.at <= this.to) return raw >>> 1;
    this.fail();
    return 0;
  }

  index(below: number): number {
    const index = this.count();
    if (index >= below) this.fail();
    return index;
  }

  /** Whether the second branch of a union with null is there. */
  isPresent(): boolean {
    return this.index(2) === 1;
  }

  boolean(): boolean {
    const byte = this.bytes[this.at++] as number;
    if (byte > 1 || this.at > this.to) this.fail();
    return byte === 1;
  }

  double(): number {
    const { at } = this;
    if (at + DOUBLE_BYTES > this.to) {
      this.fail();
      return 0;
    }
    this.at = at + DOUBLE_BYTES;
    return this.bytes.readDoubleLE(at);
  }

  /** Passes as many bytes as come first says; `start` and `end` tell where they are. Not looked at: they may be anything. */
  length(): void {
    const length = this.count();
    this.start = this.at;
    this.end = this.at + length;
    if (this.end > this.to) {
      this.fail();
      this.end = this.start;
    } else this.at = this.end;
  }

  /** Passes a string; `start`, `end` and `hasControl` tell of it. */
  string(): void {
    const length = this.count();
    const { bytes, at } = this;
    const end = at + length;
    this.start = at;
    this.end = end;
    this.at = end;
    if (end > this.to) {
      this.fail();
      return;
    }
    let all = 0;
    let control = false;
    for (let i = at; i < end; i++) {
      const byte = bytes[i] as number;
      all |= byte;
      if (byte < 0x20 || byte === 0x7f) control = true;
    }
    if (all >= 0x80) {
      // Rare enough that it may cost a little. C1 controls are 0xc2 0x80 to 0xc2 0x9f.
      if (!isUtf8(bytes.subarray(at, end))) this.fail();
      for (let i = at; i + 1 < end; i++) if (bytes[i] === 0xc2 && (bytes[i + 1] as number) < 0xa0) control = true;
    }
    this.hasControl = control;
  }
}
