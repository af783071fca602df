/**
 * An event as it lies in its bytes: one pass finds where each field begins and ends; strings are made only of what is asked for. Most of an event passes
 * through to its signals as it came (signalWriter.ts), so decoding it, and encoding it again, was most of the processor's time (docs/decisions/0008).
 *
 * It reads the fields in the order of PlatformEvent.avsc, and only what our own encoder could have written: `view` is false for anything else, which the
 * codec then judges (steps/decode.ts). test/streams/wire holds it against the codec, so that a changed schema fails there. One long class, because one pass fills
 * all of it.
 */
import type { Slice } from '../../infra/ports.ts';
import { SYMBOLS, type EventError, type EventOutcome, type EventType, type PlatformEvent } from '../../schemas/records.ts';
import { MAX_ID_CHARS, MAX_PROPERTIES } from '../limits.ts';
import { AvroReader } from '../../schemas/avroReader.ts';
import { cachedText } from '../../schemas/textCache.ts';

/** Of the Confluent wire format: a zero byte and the schema's id. */
export const HEADER_BYTES = 5;

const TYPES: readonly EventType[] = SYMBOLS.EventType;
const OUTCOMES: readonly EventOutcome[] = SYMBOLS.EventOutcome;
const CAUSES: readonly EventError['cause'][] = SYMBOLS.Cause;
const TIMER = Buffer.from('timer');
const LATE = Buffer.from('late');
const NOTHING = Buffer.alloc(0);

/**
 * Positions are of `bytes`; a part of a union begins with its branch, `from…` with what comes first of several fields in a row. One view serves for all events, one
 * after the other: an object of this size for each would be the most of what the garbage collector has to do.
 */
export class EventView implements PlatformEvent {
  bytes: Buffer = NOTHING;
  /** Ids and names have a length that is taken, ids are there and without control characters: nothing about text is left to check. */
  isPlain = true;
  /** A property is named `timer` or `late`. */
  hasOurProperty = false;

  /** The first field's. */
  from = 0;
  eventIdAt = 0;
  eventIdEnd = 0;
  userIdAt = 0;
  userIdEnd = 0;
  /** Of event_id, user_id, session_id and occurred_at, in a row. */
  headEnd = 0;
  /** Of received_at and source, in a row. */
  receivedAt = 0;
  sourceEnd = 0;
  featureAt = 0;
  featureEnd = 0;
  actionFrom = 0;
  actionAt = 0;
  actionEnd = 0;
  taskAt = 0;
  taskEnd = 0;
  releaseFrom = 0;
  releaseEnd = 0;
  /** Of code, message and cause, in a row; 0 where there is no error. */
  errorFrom = 0;
  errorEnd = 0;
  hasErrorCode = false;
  messageAt = 0;
  messageEnd = 0;
  propertiesFrom = 0;
  end = 0;

  occurred_at = 0;
  type: EventType = 'clock';
  outcome: EventOutcome | null = null;
  duration_ms: number | null = null;
  waiting_ms: number | null = null;
  private userId: string | null = null;
  private taskId: string | null = null;
  private readError: EventError | null = null;
  private readonly reader = new AvroReader();

  /** An event that lies there, with its header, of our own schema. False where it is not what our encoder would have written. */
  view({ bytes, from, to }: Slice): boolean {
    const read = this.reader;
    read.begin(bytes, from + HEADER_BYTES, to);
    this.bytes = bytes;
    this.from = read.at;
    this.end = to;
    this.isPlain = true;
    this.hasOurProperty = false;
    this.userId = null;
    this.taskId = null;
    this.readError = null;
    this.passId(read);
    this.eventIdAt = read.start;
    this.eventIdEnd = read.end;
    this.passId(read);
    this.userIdAt = read.start;
    this.userIdEnd = read.end;
    if (read.isPresent()) this.passName(read);
    this.occurred_at = read.long();
    this.headEnd = read.at;
    if (read.isPresent()) read.long();
    this.receivedAt = read.at;
    read.long();
    this.passName(read);
    this.sourceEnd = read.at;
    this.type = TYPES[read.index(TYPES.length)] ?? 'clock';
    this.passId(read);
    this.featureAt = read.start;
    this.featureEnd = read.end;
    this.actionFrom = read.at;
    this.actionAt = 0;
    if (read.isPresent()) {
      this.passName(read);
      this.actionAt = read.start;
    }
    this.actionEnd = read.at;
    this.taskAt = 0;
    if (read.isPresent()) {
      this.passId(read);
      this.taskAt = read.start;
    }
    this.taskEnd = read.at;
    this.outcome = read.isPresent() ? (OUTCOMES[read.index(OUTCOMES.length)] ?? null) : null;
    this.duration_ms = read.isPresent() ? read.long() : null;
    this.waiting_ms = read.isPresent() ? read.long() : null;
    this.releaseFrom = read.at;
    if (read.isPresent()) this.passName(read);
    this.releaseEnd = read.at;
    this.errorFrom = 0;
    this.hasErrorCode = false;
    if (read.isPresent()) this.passError(read);
    this.propertiesFrom = read.at;
    this.passProperties(read);
    // Clocks have neither user nor feature, and are not judged by their text.
    if (read.at !== to) read.fail();
    return read.ok;
  }

  /** What hashes and keys are made of. */
  private passId(read: AvroReader): void {
    read.string();
    // In bytes, which are at least as many as characters: what is longer is looked at again.
    if (read.hasControl || read.end === read.start || read.end - read.start > MAX_ID_CHARS) this.isPlain = false;
  }

  private passName(read: AvroReader): void {
    read.string();
    if (read.end - read.start > MAX_ID_CHARS) this.isPlain = false;
  }

  private passError(read: AvroReader): void {
    this.errorFrom = read.at;
    this.passName(read);
    this.hasErrorCode = read.end > read.start;
    read.string();
    this.messageAt = read.start;
    this.messageEnd = read.end;
    read.index(CAUSES.length);
    this.errorEnd = read.at;
  }

  private passProperties(read: AvroReader): void {
    const { bytes } = read;
    const count = read.count();
    // Each takes two bytes or more: no count is believed that the bytes cannot hold. Our encoder writes one block, and then the end.
    if (count > MAX_PROPERTIES) this.isPlain = false;
    if (count > read.to - read.at) read.fail();
    for (let i = 0; i < count && read.ok; i++) {
      this.passName(read);
      if (isAt(bytes, read.start, read.end, TIMER) || isAt(bytes, read.start, read.end, LATE)) this.hasOurProperty = true;
      read.string();
    }
    if (count > 0 && read.count() !== 0) read.fail();
  }

  private text(from: number, to: number): string {
    return this.bytes.toString('utf8', from, to);
  }

  private readAt(at: number): AvroReader {
    this.reader.begin(this.bytes, at, this.end);
    return this.reader;
  }

  /** Of a union with null. */
  private optionalText(at: number): string | null {
    const read = this.readAt(at);
    if (!read.isPresent()) return null;
    read.string();
    return this.text(read.start, read.end);
  }

  get event_id(): string {
    return this.text(this.eventIdAt, this.eventIdEnd);
  }

  get user_id(): string {
    return (this.userId ??= cachedText(this.bytes, this.userIdAt, this.userIdEnd));
  }

  /** The key of the event's signals. */
  get key(): Slice {
    return { bytes: this.bytes, from: this.userIdAt, to: this.userIdEnd };
  }

  get session_id(): string | null {
    return this.optionalText(this.userIdEnd);
  }

  get sent_at(): number | null {
    const read = this.readAt(this.headEnd);
    return read.isPresent() ? read.long() : null;
  }

  get received_at(): number {
    return this.readAt(this.receivedAt).long();
  }

  get source(): string {
    const read = this.readAt(this.receivedAt);
    read.long();
    read.string();
    return this.text(read.start, read.end);
  }

  get feature(): string {
    return cachedText(this.bytes, this.featureAt, this.featureEnd);
  }

  get action(): string | null {
    return this.actionAt === 0 ? null : this.text(this.actionAt, this.actionEnd);
  }

  /** Without a string of it. */
  get hasAction(): boolean {
    return this.actionAt !== 0 && this.actionAt !== this.actionEnd;
  }

  get task_id(): string | null {
    return this.taskAt === 0 ? null : (this.taskId ??= this.text(this.taskAt, this.taskEnd));
  }

  get release(): string | null {
    return this.optionalText(this.releaseFrom);
  }

  get error(): EventError | null {
    if (this.errorFrom === 0) return null;
    if (this.readError !== null) return this.readError;
    const read = this.readAt(this.errorFrom);
    read.string();
    const code = this.text(read.start, read.end);
    read.string();
    const message = this.text(read.start, read.end);
    return (this.readError = { code, message, cause: CAUSES[read.count()] ?? 'unknown' });
  }

  get properties(): Record<string, string> {
    const read = this.readAt(this.propertiesFrom);
    const properties: Record<string, string> = {};
    for (let rest = read.count(); rest > 0; rest--) {
      read.string();
      const name = this.text(read.start, read.end);
      read.string();
      properties[name] = this.text(read.start, read.end);
    }
    return properties;
  }
}

function isAt(bytes: Buffer, from: number, to: number, text: Buffer): boolean {
  if (to - from !== text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[from + i] !== text[i]) return false;
  return true;
}
