/** Writes ordinary events as PlatformEvent records in the Confluent wire format, from the bytes of their JSON: what the codec would write of their values. */
import { LyingRecord } from '../../../infra/lyingRecord.ts';
import { partitionOfBytes } from '../../../schemas/partition.ts';
import { FUTURE_MS } from '../clock.ts';
import { BLOCK_BYTES, type Blocks } from './blocks.ts';
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
  readonly blocks: Pick<Blocks, 'take'>;
}

/** An id that was made for the event at an index, which brought none. */
export interface MadeId {
  readonly index: number;
  readonly event_id: string;
}

const HEADER_BYTES = 5;
/** What a record has more than the JSON of its event, at most: header, marks of what is absent, received_at, an id, and the bytes that the last copy goes too far; the source comes to it. */
const EXTRA_BYTES = 128;
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
  private readonly receivedHigh: number;
  private readonly receivedLow: number;
  /** Of the times of what has been written; `highest` over those that are not `future`. */
  lowest = Infinity;
  highest = -Infinity;
  readonly made: MadeId[] = [];
  /** That the records lie in; others are their own. */
  readonly blocks: Buffer[] = [];

  /** `scanner`: of the body, in which it has found what is written. */
  constructor(context: WriterContext, scanner: Scanner) {
    const { source, sources } = context;
    this.context = context;
    this.source = Buffer.from(source, 'utf8');
    this.ownSource = sources === null || sources.includes(source);
    this.receivedHigh = Math.floor(context.receivedAt / HALF_OF);
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
    if (this.at + most > this.block.length) this.take(most);
    const { block } = this;
    const { mask } = this.scanner;
    const start = this.at;
    block[start] = 0;
    this.view.setInt32(start + 1, context.schemaId);
    let at = start + HEADER_BYTES;
    if (has(mask, EVENT_ID)) at = this.string(at, 2 * EVENT_ID);
    else {
      const made = context.newId();
      this.made.push({ index, event_id: made });
      at = this.given(at, Buffer.from(made, 'utf8'));
    }
    at = this.string(at, 2 * USER_ID);
    const userTo = at;
    const userFrom = userTo - (slots[2 * USER_ID + 1] as number) + (slots[2 * USER_ID] as number);
    at = this.optionalString(at, mask, SESSION_ID);
    at = this.number(at, OCCURRED_AT);
    at = this.optionalNumber(at, mask, SENT_AT);
    at = long(block, at, this.receivedHigh, this.receivedLow);
    at = has(mask, SOURCE) ? this.string(at, 2 * SOURCE) : this.given(at, this.source);
    block[at++] = (slots[2 * TYPE] as number) << 1;
    at = this.string(at, 2 * FEATURE);
    at = this.optionalString(at, mask, ACTION);
    at = this.optionalString(at, mask, TASK_ID);
    block[at++] = mark(mask, OUTCOME);
    if (has(mask, OUTCOME)) block[at++] = (slots[2 * OUTCOME] as number) << 1;
    at = this.optionalNumber(at, mask, DURATION_MS);
    at = this.optionalNumber(at, mask, WAITING_MS);
    at = this.optionalString(at, mask, RELEASE);
    block[at++] = mark(mask, ERROR);
    if (has(mask, ERROR)) at = this.error(at, mask);
    at = this.properties(at);
    this.at = at;
    const occurredAt = (slots[2 * OCCURRED_AT] as number) * HALF_OF + (slots[2 * OCCURRED_AT + 1] as number);
    if (occurredAt < this.lowest) this.lowest = occurredAt;
    if (occurredAt > this.highest && occurredAt <= context.receivedAt + FUTURE_MS) this.highest = occurredAt;
    return new LyingRecord(context.topic, partitionOfBytes(block, userFrom, userTo, context.partitions), { bytes: block, from: userFrom, to: userTo }, { bytes: block, from: start, to: at });
  }

  /** A block with room for so many bytes: one of those that go round where it will be full, or small requests would hold much more than they need. */
  private take(most: number): void {
    const left = this.text.length - this.scanner.at + most;
    if (left < BLOCK_BYTES || most > BLOCK_BYTES) this.block = Buffer.allocUnsafeSlow(left < BLOCK_BYTES ? left : most);
    else {
      this.block = this.context.blocks.take();
      this.blocks.push(this.block);
    }
    this.view = new DataView(this.block.buffer, this.block.byteOffset, this.block.length);
    this.at = 0;
  }

  /** The string whose place is in the two slots. Here and below what is written begins at `at`, and where it ends is given. */
  private string(at: number, place: number): number {
    const { slots, text, textView, block, view } = this;
    const from = slots[place] as number;
    const length = (slots[place + 1] as number) - from;
    if (length < FEW && from + FEW <= text.length) {
      // Zigzag; one byte up to 63.
      block[at] = length << 1;
      const start = at + 1;
      for (let n = 0; n < length; n += 4) view.setInt32(start + n, textView.getInt32(from + n));
      return start + length;
    }
    const start = long(block, at, 0, length);
    text.copy(block, start, from, from + length);
    return start + length;
  }

  private given(at: number, bytes: Buffer): number {
    const start = long(this.block, at, 0, bytes.length);
    return start + bytes.copy(this.block, start);
  }

  private optionalString(at: number, mask: number, field: number): number {
    this.block[at] = mark(mask, field);
    return has(mask, field) ? this.string(at + 1, 2 * field) : at + 1;
  }

  private optionalNumber(at: number, mask: number, field: number): number {
    this.block[at] = mark(mask, field);
    return has(mask, field) ? this.number(at + 1, field) : at + 1;
  }

  private number(at: number, field: number): number {
    return long(this.block, at, this.slots[2 * field] as number, this.slots[2 * field + 1] as number);
  }

  private error(from: number, mask: number): number {
    const { block } = this;
    let at = this.string(from, 2 * CODE);
    if (has(mask, MESSAGE)) at = this.string(at, 2 * MESSAGE);
    else block[at++] = 0;
    block[at++] = (has(mask, CAUSE) ? (this.slots[2 * CAUSE] as number) : UNKNOWN_CAUSE) << 1;
    return at;
  }

  private properties(from: number): number {
    const { block } = this;
    const { count } = this.scanner;
    let at = from;
    if (count > 0) {
      block[at++] = count << 1;
      for (let place = FIRST_OF_PROPERTIES; place < FIRST_OF_PROPERTIES + 4 * count; place += 2) at = this.string(at, place);
    }
    block[at++] = 0;
    return at;
  }
}

const has = (mask: number, field: number): boolean => ((mask >> field) & 1) === 1;
/** Of a nullable field: zigzag of its branch. */
const mark = (mask: number, field: number): number => ((mask >> field) & 1) << 1;

/** Zigzag varint of a number that is not negative, in two halves of 31 bits. */
function long(block: Buffer, from: number, high: number, low: number): number {
  let at = from;
  let rest: number;
  if (high === 0) rest = (low << 1) >>> 0;
  else {
    // 28 bits, which are four bytes, then what is above.
    for (let n = 0, bits = low << 1; n < 4; n++, bits >>>= 7) block[at++] = (bits & 0x7f) | 0x80;
    rest = high * 16 + (low >>> 27);
  }
  for (; rest > 0x7f; rest >>>= 7) block[at++] = (rest & 0x7f) | 0x80;
  block[at++] = rest;
  return at;
}
