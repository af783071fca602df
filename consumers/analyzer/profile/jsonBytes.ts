/**
 * JSON written as bytes. The cells of a tick are many short pieces: as strings each would be put together, flattened, joined and encoded, and be garbage four times. The memory is used
 * again for the next tick.
 */

/** Ours: the cells of an hour, in all but the largest partitions. */
const FIRST_BYTES = 64 * 1024;
const ZERO = '0'.charCodeAt(0);
const TEN = 10;
/** Of a number that is exact. */
const NUMBER_BYTES = 17;

export class JsonBytes {
  bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  /** So many have been written. */
  length = 0;

  clear(): void {
    this.length = 0;
  }

  private reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.length + more));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }

  /** By hand: what is written is short, and a call into native code costs more. */
  raw(json: Uint8Array): void {
    this.reserve(json.length);
    const { bytes, length } = this;
    for (let i = 0; i < json.length; i++) bytes[length + i] = json[i] as number;
    this.length = length + json.length;
  }

  byte(byte: number): void {
    this.reserve(1);
    this.bytes[this.length++] = byte;
  }

  /** A whole number. */
  number(value: number): void {
    this.reserve(NUMBER_BYTES);
    if (value >= 0 && value < TEN) {
      this.bytes[this.length++] = ZERO + value;
      return;
    }
    const digits = String(value);
    for (let i = 0; i < digits.length; i++) this.bytes[this.length++] = digits.charCodeAt(i);
  }
}
