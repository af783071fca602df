/**
 * A signal as it lies in its bytes: one pass finds what the profile task needs, and makes strings only of what is asked for. Most of a record (ids, session, source,
 * tool, properties) is of no interest here, and decoding all of it was a third of the task's time (docs/decisions/0012).
 *
 * It reads the fields in the order of *Signal.avsc of our own schema: `viewSignal` gives null for what does not end where it should, which the codec then judges.
 * test/consumers/analyzer/profile/signalView.test.ts holds it against the codec, so that a changed schema fails there.
 */
import type { Cause, Outcome, SignalClass, Stage, TimeMeasure } from '../../../schemas/records.ts';
import { cachedText } from '../../../schemas/textCache.ts';
import type { Slice } from '../../../infra/ports.ts';
import { AvroCursor } from './avroCursor.ts';
import type { Entry } from './merge.ts';
import type { Signal } from './signal.ts';

/** Of the Confluent wire format: a zero byte and the schema's id. */
export const HEADER_BYTES = 5;

const STAGES: readonly Stage[] = ['data', 'features', 'training', 'deployment'];
const OUTCOMES: readonly Outcome[] = ['started', 'completed', 'failed', 'abandoned'];
const MEASURES: readonly TimeMeasure[] = ['dwell', 'completion', 'waiting'];
const CAUSES: readonly Cause[] = ['user', 'platform', 'quota', 'dependency', 'unknown'];
const TIMER = Buffer.from('timer');
const LATE = Buffer.from('late');
const TRUE = Buffer.from('true');

class SignalView implements Signal, Entry {
  readonly class: SignalClass;
  readonly occurred_at: number;
  readonly stage: Stage;
  readonly originOffset: number;
  readonly ordinal: number;
  readonly watermark: number;
  timer = false;
  late = false;
  outcome: Outcome | null = null;
  measure: TimeMeasure | null = null;
  duration_ms = 0;
  censored = false;
  cause: Cause | null = null;

  private readonly bytes: Buffer;
  private readonly eventIdAt: number;
  private readonly eventIdEnd: number;
  private readonly userIdAt: number;
  private readonly userIdEnd: number;
  private readonly featureAt: number;
  private readonly featureEnd: number;
  private readonly teamAt: number;
  private readonly teamEnd: number;
  private readonly roleAt: number;
  private readonly roleEnd: number;
  private codeAt = 0;
  private codeEnd = 0;
  private messageAt = 0;
  private messageEnd = 0;
  private fingerprintAt = 0;
  private fingerprintEnd = 0;

  constructor(signalClass: SignalClass, cursor: AvroCursor) {
    this.class = signalClass;
    this.bytes = cursor.bytes;
    cursor.text();
    cursor.text();
    this.eventIdAt = cursor.start;
    this.eventIdEnd = cursor.at;
    cursor.text();
    this.userIdAt = cursor.start;
    this.userIdEnd = cursor.at;
    if (cursor.isPresent()) cursor.text();
    this.occurred_at = cursor.long();
    cursor.passLong();
    cursor.text();
    this.stage = STAGES[cursor.index(STAGES.length)] ?? 'data';
    cursor.text();
    this.featureAt = cursor.start;
    this.featureEnd = cursor.at;
    cursor.text();
    cursor.text();
    this.teamAt = cursor.start;
    this.teamEnd = cursor.at;
    cursor.text();
    this.roleAt = cursor.start;
    this.roleEnd = cursor.at;
    cursor.text();
    if (cursor.isPresent()) cursor.passLong();
    if (cursor.isPresent()) cursor.text();
    this.originOffset = cursor.long();
    this.ordinal = cursor.long();
    this.watermark = cursor.long();
    this.readMarks(cursor);
    if (signalClass === 'action') this.readAction(cursor);
    else if (signalClass === 'error') this.readError(cursor);
    else this.readTime(cursor);
  }

  /** Of the properties only those that the processor sets. */
  private readMarks(cursor: AvroCursor): void {
    const count = cursor.pairs();
    for (let left = count; left > 0 && cursor.ok; left--) {
      cursor.text();
      const { start, at } = cursor;
      cursor.text();
      if (isAt(this.bytes, start, at, TIMER)) this.timer = isAt(this.bytes, cursor.start, cursor.at, TRUE);
      else if (isAt(this.bytes, start, at, LATE)) this.late = isAt(this.bytes, cursor.start, cursor.at, TRUE);
    }
    if (count > 0) cursor.index(1);
  }

  private readAction(cursor: AvroCursor): void {
    cursor.text();
    if (cursor.isPresent()) cursor.text();
    if (cursor.isPresent()) this.outcome = OUTCOMES[cursor.index(OUTCOMES.length)] ?? null;
  }

  private readError(cursor: AvroCursor): void {
    cursor.text();
    this.codeAt = cursor.start;
    this.codeEnd = cursor.at;
    cursor.text();
    this.messageAt = cursor.start;
    this.messageEnd = cursor.at;
    this.cause = CAUSES[cursor.index(CAUSES.length)] ?? 'unknown';
    cursor.text();
    this.fingerprintAt = cursor.start;
    this.fingerprintEnd = cursor.at;
  }

  private readTime(cursor: AvroCursor): void {
    this.measure = MEASURES[cursor.index(MEASURES.length)] ?? 'dwell';
    this.duration_ms = cursor.long();
    if (cursor.isPresent()) cursor.passLong();
    this.censored = this.bytes[cursor.at++] !== 0;
  }

  get signal(): Signal {
    return this;
  }

  get event_id(): string {
    return this.bytes.toString('utf8', this.eventIdAt, this.eventIdEnd);
  }

  get user_id(): string {
    return cachedText(this.bytes, this.userIdAt, this.userIdEnd);
  }

  get feature(): string {
    return cachedText(this.bytes, this.featureAt, this.featureEnd);
  }

  get team(): string {
    return cachedText(this.bytes, this.teamAt, this.teamEnd);
  }

  get role(): string {
    return cachedText(this.bytes, this.roleAt, this.roleEnd);
  }

  get code(): string {
    return this.bytes.toString('utf8', this.codeAt, this.codeEnd);
  }

  get message(): string {
    return this.bytes.toString('utf8', this.messageAt, this.messageEnd);
  }

  get fingerprint(): string {
    return this.class === 'error' ? cachedText(this.bytes, this.fingerprintAt, this.fingerprintEnd) : '';
  }
}

function isAt(bytes: Buffer, from: number, to: number, text: Buffer): boolean {
  if (to - from !== text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[from + i] !== text[i]) return false;
  return true;
}

/** For all signals: one less to make for each. */
const cursor = new AvroCursor();

/** `value`: with the header, of our own schema of the class. Null where they are not what our encoder would have written. */
export function viewSignal(signalClass: SignalClass, { bytes, from, to }: Slice): (Entry & { readonly signal: Signal }) | null {
  cursor.begin(bytes, from + HEADER_BYTES, to);
  const view = new SignalView(signalClass, cursor);
  return cursor.isOver() ? view : null;
}
