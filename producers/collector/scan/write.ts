/** Writes ordinary events as PlatformEvent records in the Confluent wire format, from the bytes of their JSON: what the codec would write of their values. */
import { LyingRecord } from '../../../infra/lyingRecord.ts';
import { partitionOfBytes } from '../../../schemas/partition.ts';
import { FUTURE_MS } from '../clock.ts';
import { FIELD } from './names.ts';
import { FIRST_PROPERTY, HALF, type Scanner } from './scanner.ts';

/** What the events of one request become, besides what is in them. */
export interface WriterContext {
  readonly topic: string;
  readonly partitions: number;
  readonly schemaId: number;
  readonly receivedAt: number;
  /** Of events that name none. */
  readonly source: string;
  /** That events may name; null: any. */
  readonly sources: readonly string[] | null;
  readonly newId: () => string;
}

/** An id that was made for the event at an index, which brought none. */
export interface MadeId {
  readonly index: number;
  readonly event_id: string;
}

const HEADER_BYTES = 5;
/** What a record has more than the JSON of its event, at most: header, marks of what is absent, received_at, an id, and the bytes that the last copy goes too far; the source comes to it. */
const EXTRA_BYTES = 128;
/** Records lie one behind the other in blocks; a small request takes a small one. */
const BLOCK_BYTES = 64 * 1024;
/** Copies of so few bytes are quicker by hand, four at a time, than by a call into native code. */
const FEW = 64;
const UNKNOWN_CAUSE = 4;
/** What another module exports is looked up each time, what is declared here is known to the compiler. */
const { event_id: EVENT_ID, user_id: USER_ID, session_id: SESSION_ID, occurred_at: OCCURRED_AT, sent_at: SENT_AT, source: SOURCE, type: TYPE, feature: FEATURE, action: ACTION, task_id: TASK_ID, outcome: OUTCOME, duration_ms: DURATION_MS, waiting_ms: WAITING_MS, release: RELEASE, code: CODE, message: MESSAGE, cause: CAUSE, error: ERROR } = FIELD;
const HALF_OF = HALF;
const FIRST_OF_PROPERTIES = FIRST_PROPERTY;

/** Of one request. */
export class EventWriter {
  private readonly context: WriterContext;
  private readonly source: Buffer;
  /** Whether events that name no source may have the context's. */
  private readonly ownSource: boolean;
  private readonly scanner: Scanner;
  private readonly text: Buffer;
  private readonly textView: DataView;
  private readonly slots: Int32Array;
  private block: Buffer = Buffer.alloc(0);
  private view: DataView = new DataView(this.block.buffer, 0, 0);
  private at = 0;
  private mask = 0;
  private readonly receivedHigh: number;
  private readonly receivedLow: number;
  /** Of the times of what has been written; `highest` over those that are not `future`. */
  lowest = Infinity;
  highest = -Infinity;
  readonly made: MadeId[] = [];

  /** `scanner`: of the body, in which it has found what is written. */
  constructor(context: WriterContext, scanner: Scanner) {
    const { source, sources } = context;
    this.context = context;
    this.source = Buffer.from(source, 'utf8');
    this.ownSource = sources === null || sources.includes(source);
    this.receivedHigh = Math.floor(context.receivedAt / HALF);
    this.receivedLow = context.receivedAt - this.receivedHigh * HALF_OF;
    this.scanner = scanner;
    this.slots = scanner.slots;
    this.text = scanner.bytes;
    this.textView = new DataView(this.text.buffer, this.text.byteOffset, this.text.length);
  }

  /** Whether the event that the scanner has found may have its source. */
  takes(): boolean {
    const { sources } = this.context;
    if (sources === null) return true;
    const { mask, slots } = this.scanner;
    if (((mask >> SOURCE) & 1) === 0) return this.ownSource;
    return sources.includes(this.text.toString('latin1', slots[2 * SOURCE], slots[2 * SOURCE + 1]));
  }

  /** The event that the scanner has found, at `index` of the body, whose text has `textBytes`. */
  write(index: number, textBytes: number): LyingRecord {
    const { context, slots } = this;
    const most = textBytes + EXTRA_BYTES + this.source.length;
    if (this.at + most > this.block.length) {
      this.block = Buffer.allocUnsafeSlow(Math.max(most, Math.min(BLOCK_BYTES, this.text.length - this.scanner.at + most)));
      this.view = new DataView(this.block.buffer, this.block.byteOffset, this.block.length);
      this.at = 0;
    }
    const { block, view } = this;
    this.mask = this.scanner.mask;
    const start = this.at;
    block[start] = 0;
    view.setInt32(start + 1, context.schemaId);
    this.at = start + HEADER_BYTES;
    if (this.has(EVENT_ID)) this.string(2 * EVENT_ID);
    else {
      const made = context.newId();
      this.made.push({ index, event_id: made });
      this.given(Buffer.from(made, 'utf8'));
    }
    this.string(2 * USER_ID);
    const userTo = this.at;
    const userFrom = userTo - this.lengthAt(2 * USER_ID);
    this.optionalString(SESSION_ID);
    this.number(2 * OCCURRED_AT);
    this.optionalNumber(SENT_AT);
    this.long(this.receivedHigh, this.receivedLow);
    if (this.has(SOURCE)) this.string(2 * SOURCE);
    else this.given(this.source);
    this.word(TYPE);
    this.string(2 * FEATURE);
    this.optionalString(ACTION);
    this.optionalString(TASK_ID);
    if (this.present(OUTCOME)) this.word(OUTCOME);
    this.optionalNumber(DURATION_MS);
    this.optionalNumber(WAITING_MS);
    this.optionalString(RELEASE);
    if (this.present(ERROR)) this.error();
    this.properties();
    const occurredAt = (slots[2 * OCCURRED_AT] as number) * HALF_OF + (slots[2 * OCCURRED_AT + 1] as number);
    if (occurredAt < this.lowest) this.lowest = occurredAt;
    if (occurredAt > this.highest && occurredAt <= context.receivedAt + FUTURE_MS) this.highest = occurredAt;
    return new LyingRecord(context.topic, partitionOfBytes(block, userFrom, userTo, context.partitions), { bytes: block, from: userFrom, to: userTo }, { bytes: block, from: start, to: this.at });
  }

  private has(field: number): boolean {
    return ((this.mask >> field) & 1) === 1;
  }

  /** The mark of a nullable field. */
  private present(field: number): boolean {
    const is = (this.mask >> field) & 1;
    this.block[this.at++] = is << 1;
    return is === 1;
  }

  private lengthAt(place: number): number {
    return (this.slots[place + 1] as number) - (this.slots[place] as number);
  }

  /** The string whose place is in the two slots. */
  private string(place: number): void {
    const from = this.slots[place] as number;
    const length = (this.slots[place + 1] as number) - from;
    if (length < FEW && from + FEW <= this.text.length) {
      const { view, textView } = this;
      const start = this.at + 1;
      // Zigzag; one byte up to 63.
      this.block[this.at] = length << 1;
      for (let n = 0; n < length; n += 4) view.setInt32(start + n, textView.getInt32(from + n));
      this.at = start + length;
      return;
    }
    this.long(0, length);
    this.text.copy(this.block, this.at, from, from + length);
    this.at += length;
  }

  private given(bytes: Buffer): void {
    this.long(0, bytes.length);
    this.at += bytes.copy(this.block, this.at);
  }

  private optionalString(field: number): void {
    if (this.present(field)) this.string(2 * field);
  }

  private optionalNumber(field: number): void {
    if (this.present(field)) this.number(2 * field);
  }

  private number(place: number): void {
    this.long(this.slots[place] as number, this.slots[place + 1] as number);
  }

  private word(field: number): void {
    this.block[this.at++] = (this.slots[2 * field] as number) << 1;
  }

  private error(): void {
    this.string(2 * CODE);
    if (this.has(MESSAGE)) this.string(2 * MESSAGE);
    else this.block[this.at++] = 0;
    if (this.has(CAUSE)) this.word(CAUSE);
    else this.block[this.at++] = UNKNOWN_CAUSE << 1;
  }

  private properties(): void {
    const { count } = this.scanner;
    if (count > 0) {
      this.block[this.at++] = count << 1;
      for (let n = 0; n < count; n++) {
        this.string(FIRST_OF_PROPERTIES + 4 * n);
        this.string(FIRST_OF_PROPERTIES + 4 * n + 2);
      }
    }
    this.block[this.at++] = 0;
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
