/**
 * A signal as it lies in its bytes: one pass finds what the profile task needs, and makes strings only of what is asked for. Most of a record (ids, session, source,
 * tool, properties) is of no interest here, and decoding all of it was a third of the task's time (docs/decisions/0012).
 *
 * It reads the fields in the order of *Signal.avsc of our own schema: `fill` gives false for what does not end where it should, which the codec then judges.
 * test/consumers/analyzer/profile/signalView.test.ts holds it against the codec, so that a changed schema fails there.
 */
import { SYMBOLS, type Cause, type Outcome, type SignalClass, type Stage, type TimeMeasure } from '../../../schemas/records.ts';
import { cachedText } from '../../../schemas/textCache.ts';
import type { Slice } from '../../../infra/ports.ts';
import { AvroCursor } from './avroCursor.ts';
import type { Entry } from './merge.ts';
import type { Signal } from './signal.ts';
import type { User } from './state.ts';
import type { UserTable } from './userTable.ts';

/** Of the Confluent wire format: a zero byte and the schema's id. */
export const HEADER_BYTES = 5;

const STAGES: readonly Stage[] = SYMBOLS.Stage;
const OUTCOMES: readonly Outcome[] = SYMBOLS.Outcome;
const MEASURES: readonly TimeMeasure[] = SYMBOLS.TimeMeasure;
const CAUSES: readonly Cause[] = SYMBOLS.Cause;
const TIMER = Buffer.from('timer');
const LATE = Buffer.from('late');
const TRUE = Buffer.from('true');
/** For all signals: one less to make for each. */
const cursor = new AvroCursor();

/** One for all signals of a lane, which are looked at one after the other: an object for each was what the collector was busy with. Good until the next `fill`. */
export class SignalView implements Signal, Entry {
  readonly class: SignalClass;
  occurred_at = 0;
  stage: Stage = 'data';
  originOffset = 0;
  ordinal = 0;
  watermark = 0;
  timer = false;
  late = false;
  outcome: Outcome | null = null;
  measure: TimeMeasure | null = null;
  duration_ms = 0;
  censored = false;
  cause: Cause | null = null;

  private bytes: Buffer = cursor.bytes;
  private eventIdAt = 0;
  private eventIdEnd = 0;
  private userIdAt = 0;
  private userIdEnd = 0;
  private featureAt = 0;
  private featureEnd = 0;
  private teamAt = 0;
  private teamEnd = 0;
  private roleAt = 0;
  private roleEnd = 0;
  private codeAt = 0;
  private codeEnd = 0;
  private messageAt = 0;
  private messageEnd = 0;
  private fingerprintAt = 0;
  private fingerprintEnd = 0;

  constructor(signalClass: SignalClass) {
    this.class = signalClass;
  }

  /** `value`: with the header, of our own schema of the class. False where they are not what our encoder would have written. */
  fill({ bytes, from, to }: Slice): boolean {
    cursor.begin(bytes, from + HEADER_BYTES, to);
    this.bytes = bytes;
    this.readHead();
    this.readMarks();
    if (this.class === 'action') this.readAction();
    else if (this.class === 'error') this.readError();
    else this.readTime();
    return cursor.isOver();
  }

  private readHead(): void {
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
  }

  /** Of the properties only those that the processor sets. */
  private readMarks(): void {
    this.timer = false;
    this.late = false;
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

  private readAction(): void {
    cursor.text();
    if (cursor.isPresent()) cursor.text();
    this.outcome = cursor.isPresent() ? (OUTCOMES[cursor.index(OUTCOMES.length)] ?? null) : null;
  }

  private readError(): void {
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

  private readTime(): void {
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

  userIn(users: UserTable): User | undefined {
    return users.find(this.bytes, this.userIdAt, this.userIdEnd);
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
