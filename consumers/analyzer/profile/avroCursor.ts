/**
 * Passes over Avro's primitives where they lie. Never throws and never reads on for ever: what is cut short, out of range or larger than a number holds sets `ok` to
 * false, and whoever reads asks the codec what to think of it.
 */

/** Beyond, a double no longer tells neighbours apart. As avsc has it. */
const MAX_LONG = 9_007_199_254_740_990;
const MAX_LONG_BYTES = 8;

export class AvroCursor {
  bytes: Buffer = Buffer.alloc(0);
  at = 0;
  ok = true;
  /** Behind the last byte that may be read. */
  private end = 0;
  /** Where the text passed last begins; it ends at `at`. */
  start = 0;

  begin(bytes: Buffer, at: number, end: number): void {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
    this.ok = true;
  }

  private fail(): number {
    this.ok = false;
    this.at = this.end;
    return 0;
  }

  long(): number {
    const { bytes } = this;
    const first = bytes[this.at++] ?? 0;
    let magnitude = (first & 0x7f) >> 1;
    for (let byte = first, factor = 64, count = 1; byte >= 0x80; factor *= 128) {
      byte = bytes[this.at++] ?? 0x80;
      if (++count > MAX_LONG_BYTES) return this.fail();
      magnitude += (byte & 0x7f) * factor;
    }
    const sign = first & 1;
    if (this.at > this.end || magnitude + sign > MAX_LONG) return this.fail();
    return sign === 0 ? magnitude : -magnitude - 1;
  }

  passLong(): void {
    this.long();
  }

  /** A branch of a union or a symbol of an enumeration. */
  index(below: number): number {
    const index = this.long();
    return index >= 0 && index < below ? index : this.fail();
  }

  /** Whether the second branch of a union with null is there. */
  isPresent(): boolean {
    return this.index(2) === 1;
  }

  text(): void {
    const length = this.long();
    this.start = this.at;
    this.at += length;
    if (length < 0 || this.at > this.end) this.fail();
  }

  /** Pairs of a map that lies in one block, as our encoders write it: in how many, this fails. */
  pairs(): number {
    const count = this.long();
    // Each takes two bytes or more: no count is believed that the bytes cannot hold.
    return count >= 0 && count <= this.end - this.at ? count : this.fail();
  }

  isOver(): boolean {
    return this.ok && this.at === this.end;
  }
}
