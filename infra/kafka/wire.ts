/** Writing and reading of Kafka's wire format, as far as our own requests need it. Numbers are big-endian; int64 are numbers, exact up to 2^53. */
const TWO_32 = 4_294_967_296;

/** Room before what is written for a request's header: sizes, ids, and the client's name. */
const HEADROOM = 128;

export class WireWriter {
  /** Named as the client's encoder has it, so that it can take ours for its own. */
  buf: Buffer;
  private start = HEADROOM;
  private size = HEADROOM;

  constructor(capacity = 512) {
    this.buf = Buffer.allocUnsafe(HEADROOM + capacity);
  }

  get buffer(): Buffer {
    return this.buf.subarray(this.start, this.size);
  }

  /** To be written anew, in the same memory. */
  clear(): this {
    this.start = this.size = HEADROOM;
    return this;
  }

  /** Puts bytes before what has been written. */
  prepend(head: Buffer): void {
    if (head.length > this.start) {
      const moved = Buffer.allocUnsafe(HEADROOM + head.length + this.size - this.start);
      this.buf.copy(moved, HEADROOM + head.length, this.start, this.size);
      this.size += HEADROOM + head.length - this.start;
      this.start = HEADROOM + head.length;
      this.buf = moved;
    }
    this.start -= head.length;
    head.copy(this.buf, this.start);
  }

  private reserve(bytes: number): number {
    const at = this.size;
    this.size += bytes;
    if (this.size > this.buf.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.size, this.buf.length * 2));
      this.buf.copy(larger, 0, 0, at);
      this.buf = larger;
    }
    return at;
  }

  int8(value: number): this {
    const at = this.reserve(1);
    this.buf.writeInt8(value, at);
    return this;
  }

  int16(value: number): this {
    const at = this.reserve(2);
    this.buf.writeInt16BE(value, at);
    return this;
  }

  int32(value: number): this {
    const at = this.reserve(4);
    this.buf.writeInt32BE(value, at);
    return this;
  }

  int64(value: number): this {
    const at = this.reserve(8);
    writeInt64(this.buf, value, at);
    return this;
  }

  string(value: string | null): this {
    if (value === null) return this.int16(-1);
    const length = Buffer.byteLength(value);
    this.int16(length);
    const at = this.reserve(length);
    this.buf.write(value, at, length, 'utf8');
    return this;
  }

  bytes(value: Buffer): this {
    this.int32(value.length);
    const at = this.reserve(value.length);
    value.copy(this.buf, at);
    return this;
  }

  /** Unsigned varint, of the flexible versions. */
  uvarint(value: number): this {
    for (; value > 0x7f; value >>>= 7) this.int8(((value & 0x7f) | 0x80) << 24 >> 24);
    return this.int8(value);
  }

  compactString(value: string): this {
    const length = Buffer.byteLength(value);
    this.uvarint(length + 1);
    const at = this.reserve(length);
    this.buf.write(value, at, length, 'utf8');
    return this;
  }
}

export class WireReader {
  private readonly buffer: Buffer;
  private at = 0;

  constructor(buffer: Buffer) {
    this.buffer = buffer;
  }

  int8(): number {
    return this.buffer.readInt8(this.at++);
  }

  int16(): number {
    this.at += 2;
    return this.buffer.readInt16BE(this.at - 2);
  }

  int32(): number {
    this.at += 4;
    return this.buffer.readInt32BE(this.at - 4);
  }

  int64(): number {
    this.at += 8;
    return readInt64(this.buffer, this.at - 8);
  }

  bigInt64(): bigint {
    this.at += 8;
    return this.buffer.readBigInt64BE(this.at - 8);
  }

  string(): string | null {
    const length = this.int16();
    if (length < 0) return null;
    this.at += length;
    return this.buffer.toString('utf8', this.at - length, this.at);
  }

  /** Empty where the length is negative (null). */
  bytes(): Buffer {
    const length = Math.max(0, this.int32());
    this.at += length;
    return this.buffer.subarray(this.at - length, this.at);
  }

  array<T>(read: () => T): T[] {
    return Array.from({ length: Math.max(0, this.int32()) }, read);
  }

  uvarint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.buffer.readUInt8(this.at++);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  }

  compactString(): string | null {
    const length = this.uvarint() - 1;
    if (length < 0) return null;
    this.at += length;
    return this.buffer.toString('utf8', this.at - length, this.at);
  }

  compactArray<T>(read: () => T): T[] {
    return Array.from({ length: Math.max(0, this.uvarint() - 1) }, read);
  }

  tags(): void {
    for (let count = this.uvarint(); count > 0; count--) {
      this.uvarint();
      this.at += this.uvarint();
    }
  }
}

export function readInt64(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at) * TWO_32 + buffer.readUInt32BE(at + 4);
}

export function writeInt64(buffer: Buffer, value: number, at: number): void {
  buffer.writeInt32BE(Math.floor(value / TWO_32), at);
  buffer.writeUInt32BE(value - Math.floor(value / TWO_32) * TWO_32, at + 4);
}
