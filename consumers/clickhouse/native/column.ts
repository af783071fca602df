/**
 * A column of a block in ClickHouse's format Native, written value by value from Avro's bytes. What a column holds is known by places alone (how many bytes, rows,
 * keys), and all places of a block are in one array: so a row that turns out to be none is taken back by setting them back.
 */
import type { AvroReader } from '../../../schemas/avroReader.ts';

export interface Column {
  /** Takes the value that is next; false where it is one that the column's type has no form for (NaN, infinity): a column with nulls takes it for null, others have their blank. */
  read(from: AvroReader): boolean;
  /** The type's default. */
  blank(): void;
  /** A value that is not from Avro. */
  put(value: number | Buffer): void;
  /** As the codec would give it; of the row that came last. */
  last(): unknown;
  /** What stands before the values of all nested columns: what LowCardinality says of its form. */
  head(out: Buffer[]): void;
  /** Views of the column's own memory: good until the block is used again. */
  body(out: Buffer[]): void;
  /** Beside the places. */
  clear(): void;
}

/** More than any of our records has. */
const MOST = 128;

export class Places {
  readonly now = new Int32Array(MOST);
  private readonly before = new Int32Array(MOST);
  private claimed = 0;

  /** The number of a place of one's own, at 0. */
  claim(): number {
    if (this.claimed === MOST) throw new Error(`a record with more than ${MOST} places: raise MOST`);
    return this.claimed++;
  }

  mark(): void {
    this.before.set(this.now);
  }

  back(): void {
    this.now.set(this.before);
  }

  clear(): void {
    this.now.fill(0);
  }
}

/** ClickHouse's length of a string: 7 bits a byte, the lowest first. Gives where it ends. */
export function writeLength(to: Buffer, at: number, length: number): number {
  let rest = length;
  for (; rest >= 0x80; rest >>>= 7) to[at++] = (rest & 0x7f) | 0x80;
  to[at++] = rest;
  return at;
}

export const MOST_LENGTH_BYTES = 5;

/** The same with room for `more` bytes behind `used`. */
export function withRoom(bytes: Buffer, used: number, more: number): Buffer {
  if (used + more <= bytes.length) return bytes;
  const larger = Buffer.allocUnsafeSlow(Math.max(2 * bytes.length, used + more));
  bytes.copy(larger, 0, 0, used);
  return larger;
}
