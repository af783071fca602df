/** Writes ordinary events as PlatformEvent records in the Confluent wire format, from the bytes of their JSON: what the codec would write of their values. */
import { FIELD } from './names.ts';
import { COUNT, FIRST_FIELD, FIRST_PROPERTY, HALF, MASK } from './scanner.ts';
import type { ScannedEvent } from './scanned.ts';

export interface Stamp {
  readonly schemaId: number;
  readonly receivedAt: number;
  /** Of events that name none. */
  readonly source: string;
  readonly newId: () => string;
}

export interface Written {
  readonly value: Buffer;
  /** In `value`: the user's id. */
  readonly userFrom: number;
  readonly userTo: number;
  readonly occurredAt: number;
  /** The id that was made, where the event brought none. */
  readonly made: string | null;
}

const HEADER_BYTES = 5;
/** What a record has more than the JSON of its event, at most: header, marks of what is absent, received_at, an id; the source comes to it. */
const EXTRA_BYTES = 128;
/** Of an event: a small request must not take a whole block. */
const USUAL_BYTES = 512;
/** Records lie one behind the other in blocks. */
const BLOCK_BYTES = 64 * 1024;
/** A copy of so few bytes is quicker by hand than by a call into native code. */
const FEW = 48;
const UNKNOWN_CAUSE = 4;

/** Of the events of one request. */
export class EventWriter {
  private readonly stamp: Stamp;
  private readonly source: Buffer;
  private block: Buffer = Buffer.alloc(0);
  private at = 0;
  /** Events to come. */
  private left: number;
  private text: Buffer = this.block;
  private slots: Int32Array = new Int32Array(0);
  /** Of the event's first field. */
  private slot = 0;
  private mask = 0;

  /** `events`: at most so many. */
  constructor(stamp: Stamp, events: number) {
    this.stamp = stamp;
    this.source = Buffer.from(stamp.source, 'utf8');
    this.left = events;
  }

  write({ bytes, slots, base, from, to }: ScannedEvent): Written {
    const extra = EXTRA_BYTES + this.source.length;
    if (this.at + to - from + extra > this.block.length) {
      this.block = Buffer.allocUnsafeSlow(Math.max(to - from + extra, Math.min(BLOCK_BYTES, this.left * USUAL_BYTES)));
      this.at = 0;
    }
    this.left -= 1;
    this.text = bytes;
    this.slots = slots;
    this.slot = base + FIRST_FIELD;
    this.mask = slots[base + MASK] as number;

    const start = this.at;
    this.block[this.at] = 0;
    this.block.writeInt32BE(this.stamp.schemaId, this.at + 1);
    this.at += HEADER_BYTES;
    const made = this.has(FIELD.event_id) ? null : this.stamp.newId();
    if (made === null) this.string(this.slot + 2 * FIELD.event_id);
    else this.given(Buffer.from(made, 'utf8'));
    const userTo = this.string(this.slot + 2 * FIELD.user_id) - start;
    const userFrom = userTo - this.lengthAt(this.slot + 2 * FIELD.user_id);
    this.optionalString(FIELD.session_id);
    this.number(this.slot + 2 * FIELD.occurred_at);
    this.optionalNumber(FIELD.sent_at);
    this.long(Math.floor(this.stamp.receivedAt / HALF), this.stamp.receivedAt % HALF);
    if (this.has(FIELD.source)) this.string(this.slot + 2 * FIELD.source);
    else this.given(this.source);
    this.word(FIELD.type);
    this.string(this.slot + 2 * FIELD.feature);
    this.optionalString(FIELD.action);
    this.optionalString(FIELD.task_id);
    if (this.present(FIELD.outcome)) this.word(FIELD.outcome);
    this.optionalNumber(FIELD.duration_ms);
    this.optionalNumber(FIELD.waiting_ms);
    this.optionalString(FIELD.release);
    if (this.present(FIELD.error)) this.error();
    this.properties(base);
    return { value: this.block.subarray(start, this.at), userFrom, userTo, occurredAt: (slots[this.slot + 2 * FIELD.occurred_at] as number) * HALF + (slots[this.slot + 2 * FIELD.occurred_at + 1] as number), made };
  }

  private has(field: number): boolean {
    return ((this.mask >> field) & 1) === 1;
  }

  /** The mark of a nullable field. */
  private present(field: number): boolean {
    const is = this.has(field);
    this.block[this.at++] = is ? 2 : 0;
    return is;
  }

  private lengthAt(place: number): number {
    return (this.slots[place + 1] as number) - (this.slots[place] as number);
  }

  /** The string whose place is in the two slots; gives where it ends. */
  private string(place: number): number {
    const { block, text } = this;
    const from = this.slots[place] as number;
    const length = (this.slots[place + 1] as number) - from;
    this.long(0, length);
    const { at } = this;
    if (length > FEW) text.copy(block, at, from, from + length);
    else for (let n = 0; n < length; n++) block[at + n] = text[from + n] as number;
    this.at = at + length;
    return this.at;
  }

  private given(bytes: Buffer): void {
    this.long(0, bytes.length);
    this.at += bytes.copy(this.block, this.at);
  }

  private optionalString(field: number): void {
    if (this.present(field)) this.string(this.slot + 2 * field);
  }

  private optionalNumber(field: number): void {
    if (this.present(field)) this.number(this.slot + 2 * field);
  }

  private number(place: number): void {
    this.long(this.slots[place] as number, this.slots[place + 1] as number);
  }

  private word(field: number): void {
    this.long(0, this.slots[this.slot + 2 * field] as number);
  }

  private error(): void {
    this.string(this.slot + 2 * FIELD.code);
    if (this.has(FIELD.message)) this.string(this.slot + 2 * FIELD.message);
    else this.long(0, 0);
    if (this.has(FIELD.cause)) this.word(FIELD.cause);
    else this.long(0, UNKNOWN_CAUSE);
  }

  private properties(base: number): void {
    const count = this.slots[base + COUNT] as number;
    if (count > 0) {
      this.long(0, count);
      for (let n = 0; n < count; n++) {
        this.string(base + FIRST_PROPERTY + 4 * n);
        this.string(base + FIRST_PROPERTY + 4 * n + 2);
      }
    }
    this.long(0, 0);
  }

  /** Zigzag varint of a number that is not negative, in two halves of 31 bits. */
  private long(high: number, low: number): void {
    const { block } = this;
    let { at } = this;
    let rest: number;
    if (high === 0) rest = (low << 1) >>> 0;
    else {
      // 28 bits, which are four bytes, then what is above.
      for (let n = 0, bits = low << 1; n < 4; n++, bits >>>= 7) block[at++] = (bits & 0x7f) | 0x80;
      rest = high * 16 + (low >>> 27);
    }
    for (; rest > 0x7f; rest >>>= 7) block[at++] = (rest & 0x7f) | 0x80;
    block[at++] = rest;
    this.at = at;
  }
}
