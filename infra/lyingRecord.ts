/** What is sent from where it lies. */
import type { Lying, OutRecord, Slice } from './ports.ts';

/** A record whose key and value lie in larger buffers: those who do not know `lies` get Buffers. */
export class LyingRecord implements OutRecord, Lying {
  readonly topic: string;
  readonly partition: number;
  readonly keyBytes: Buffer;
  readonly keyFrom: number;
  readonly keyTo: number;
  readonly valueBytes: Buffer;
  readonly valueFrom: number;
  readonly valueTo: number;

  constructor(topic: string, partition: number, key: Slice, value: Slice) {
    this.topic = topic;
    this.partition = partition;
    this.keyBytes = key.bytes;
    this.keyFrom = key.from;
    this.keyTo = key.to;
    this.valueBytes = value.bytes;
    this.valueFrom = value.from;
    this.valueTo = value.to;
  }

  /** One object says all of it: thousands live until a transaction is committed. */
  get lies(): Lying {
    return this;
  }

  get key(): Buffer {
    return this.keyBytes.subarray(this.keyFrom, this.keyTo);
  }

  get value(): Buffer {
    return this.valueBytes.subarray(this.valueFrom, this.valueTo);
  }
}
