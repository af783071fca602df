/**
 * Finds the parts of an ordinary event in the bytes of its JSON, in one pass and without making a value of them: a million objects a minute are what a
 * collector's time goes into. Ordinary is what clients send all day: known fields, each once, printable ASCII without escapes, whole numbers, nothing
 * missing. Of everything else, wrong or merely unusual, it says no, and JSON.parse and validateEvent decide: they stay the definition of an event, and what
 * is found here gives the same record (test/producers/collector/scan.test.ts).
 */
import { MAX_ID_CHARS } from '../fields.ts';
import { CAUSES, OUTCOMES, TYPES } from '../validate.ts';
import { FIELD, FIELDS, fieldAt, isName, nameLength, wordAt } from './names.ts';

const bytesOf = (words: readonly string[]): readonly Buffer[] => words.map((word) => Buffer.from(word));
const TYPE_WORDS = bytesOf(TYPES);
const OUTCOME_WORDS = bytesOf(OUTCOMES);
const CAUSE_WORDS = bytesOf(CAUSES);

/** Longer ones are no ordinary events. */
const MAX_SCANNED_BYTES = 4_096;
const MAX_SCANNED_PROPERTIES = 8;

/** Of an event: which fields are there (a bit each), how many properties, then two for each field (from and to; a number's upper and lower half; a word's place), then four for each property. */
export const MASK = 0;
export const COUNT = 1;
export const FIRST_FIELD = 2;
export const FIRST_PROPERTY = FIRST_FIELD + 2 * FIELDS.length;
export const EVENT_SLOTS = FIRST_PROPERTY + 4 * MAX_SCANNED_PROPERTIES;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const NULL = 0x6e;
const SPACE = 0x20;
const ZERO = 0x30;
const NINE = 0x39;
/** Of a number's lower half; its upper half are the 31 bits above. */
export const HALF = 2 ** 31;
/** So many digits are exact, and a date. */
const MAX_DIGITS = 15;

/** Printable ASCII but for the quote and the backslash. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= SPACE && byte < 0x7f && byte !== QUOTE && byte !== 0x5c ? 1 : 0));

const bit = (...names: readonly (keyof typeof FIELD)[]): number => names.reduce((mask, name) => mask | (1 << FIELD[name]), 0);
const REQUIRED = bit('user_id', 'occurred_at', 'type', 'feature');
/** By type, as semantics.md section 1 has them. */
const ALSO_REQUIRED = [bit('action'), bit('code'), bit('duration_ms'), bit('task_id'), bit('task_id', 'outcome')];
const IN_ERROR = bit('code', 'message', 'cause');
const NUMBERS = bit('occurred_at', 'sent_at', 'duration_ms', 'waiting_ms');

export class Scanner {
  readonly bytes: Buffer;
  /** The next byte; after `event` gave true the one behind it. */
  at = 0;
  private readonly slots: Int32Array;
  private base = 0;
  private readonly after = new Uint8Array(FIELDS.length + 1);
  private mask = 0;

  constructor(bytes: Buffer, slots: Int32Array) {
    this.bytes = bytes;
    this.slots = slots;
  }

  /** Past blanks; gives the byte there, or -1 at the end. */
  blank(): number {
    const { bytes } = this;
    const { length } = bytes;
    for (let { at } = this; at < length; at++) {
      const byte = bytes[at] as number;
      if (byte > SPACE || (byte !== SPACE && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) {
        this.at = at;
        return byte;
      }
    }
    this.at = length;
    return -1;
  }

  /** Whether an ordinary event stands here; its parts are then in the slots from `base` on. */
  event(base: number): boolean {
    const from = this.at;
    this.base = base;
    this.mask = 0;
    this.slots[base + COUNT] = 0;
    if (!this.object(false)) return false;
    const { mask } = this;
    if (this.at - from > MAX_SCANNED_BYTES || (mask & REQUIRED) !== REQUIRED) return false;
    // An error without a code is a mistake, whatever the event's type.
    if ((mask & bit('error')) !== 0 && (mask & bit('code')) === 0) return false;
    const also = ALSO_REQUIRED[this.slots[base + FIRST_FIELD + 2 * FIELD.type] as number] as number;
    if ((mask & also) !== also) return false;
    this.slots[base + MASK] = mask;
    return true;
  }

  /** The fields of the event, or of its error. */
  private object(isError: boolean): boolean {
    if (this.bytes[this.at] !== OPEN) return false;
    for (let previous = isError ? FIELD.error : FIELDS.length; ; ) {
      this.at++;
      if (this.blank() !== QUOTE) return false;
      const field = this.name(previous);
      if (field < 0 || ((IN_ERROR >> field) & 1) !== (isError ? 1 : 0) || (this.mask >> field) & 1) return false;
      previous = field;
      if (this.blank() !== COLON) return false;
      this.at++;
      if (!this.value(field)) return false;
      const next = this.blank();
      if (next === CLOSE) {
        this.at++;
        return true;
      }
      if (next !== COMMA) return false;
    }
  }

  /** The field whose name stands here, or -1; a client writes its fields in one order, so the one that came next the last time is tried first. */
  private name(previous: number): number {
    const { bytes } = this;
    const start = this.at + 1;
    const guess = this.after[previous] as number;
    if (isName(guess, bytes, start) && bytes[start + nameLength(guess)] === QUOTE) {
      this.at = start + nameLength(guess) + 1;
      return guess;
    }
    const end = this.plain(start);
    const field = bytes[end] === QUOTE ? fieldAt(bytes, start, end) : -1;
    if (field >= 0) this.after[previous] = field;
    this.at = end + 1;
    return field;
  }

  private value(field: number): boolean {
    const first = this.blank();
    if (first === NULL) {
      const { bytes, at } = this;
      if (bytes[at + 1] !== 0x75 || bytes[at + 2] !== 0x6c || bytes[at + 3] !== 0x6c) return false;
      this.at = at + 4;
      // Absent: a second one of that name would be no ordinary event's, and is found missing if it is required.
      return true;
    }
    this.mask |= 1 << field;
    if (field === FIELD.error) return this.object(true);
    if (field === FIELD.properties) return this.properties();
    const slot = this.base + FIRST_FIELD + 2 * field;
    if ((NUMBERS >> field) & 1) return this.number(slot);
    if (first !== QUOTE) return false;
    const start = this.at + 1;
    const end = this.plain(start);
    this.at = end + 1;
    switch (field) {
      case FIELD.type:
        return this.word(slot, TYPE_WORDS, start, end);
      case FIELD.outcome:
        return this.word(slot, OUTCOME_WORDS, start, end);
      case FIELD.cause:
        return this.word(slot, CAUSE_WORDS, start, end);
      default:
        this.slots[slot] = start;
        this.slots[slot + 1] = end;
        return this.bytes[end] === QUOTE && (field === FIELD.message || (end > start && end - start <= MAX_ID_CHARS));
    }
  }

  /** Where the run of plain bytes from `start` on ends: at the closing quote, if it is an ordinary string. */
  private plain(start: number): number {
    const { bytes } = this;
    const { length } = bytes;
    let end = start;
    // Reading beyond the end would make every read slow.
    while (end < length && PLAIN[bytes[end] as number] === 1) end++;
    return end;
  }

  private word(slot: number, words: readonly Buffer[], start: number, end: number): boolean {
    const index = wordAt(words, this.bytes, start, end);
    this.slots[slot] = index;
    return index >= 0 && this.bytes[end] === QUOTE;
  }

  private number(slot: number): boolean {
    const { bytes } = this;
    const start = this.at;
    let at = start;
    let value = 0;
    for (let byte = bytes[at] as number; byte >= ZERO && byte <= NINE; byte = bytes[++at] as number) value = value * 10 + (byte - ZERO);
    this.at = at;
    this.slots[slot] = Math.floor(value / HALF);
    this.slots[slot + 1] = value % HALF;
    const digits = at - start;
    // What follows decides whether it ended here: a fraction or an exponent is no blank, comma or brace.
    return digits > 0 && digits <= MAX_DIGITS && (bytes[start] !== ZERO || digits === 1);
  }

  private properties(): boolean {
    const { bytes, slots, base } = this;
    if (bytes[this.at] !== OPEN) return false;
    this.at++;
    if (this.blank() === CLOSE) {
      this.at++;
      return true;
    }
    for (let count = 0; count < MAX_SCANNED_PROPERTIES; ) {
      if (this.blank() !== QUOTE) return false;
      const slot = base + FIRST_PROPERTY + 4 * count;
      const start = this.at + 1;
      const end = this.plain(start);
      const first = bytes[start] as number;
      // A key that begins with a digit may be put first by an object, and one that begins with _ may be __proto__.
      if (bytes[end] !== QUOTE || end === start || end - start > MAX_ID_CHARS || (first >= ZERO && first <= NINE) || first === 0x5f || this.isTwice(start, end, count)) return false;
      slots[slot] = start;
      slots[slot + 1] = end;
      this.at = end + 1;
      if (this.blank() !== COLON) return false;
      this.at++;
      if (this.blank() !== QUOTE) return false;
      slots[slot + 2] = this.at + 1;
      const last = this.plain(this.at + 1);
      slots[slot + 3] = last;
      if (bytes[last] !== QUOTE) return false;
      this.at = last + 1;
      slots[base + COUNT] = ++count;
      const next = this.blank();
      this.at++;
      if (next === CLOSE) return true;
      if (next !== COMMA) return false;
    }
    return false;
  }

  private isTwice(start: number, end: number, count: number): boolean {
    const { bytes, slots, base } = this;
    for (let n = 0; n < count; n++) {
      const other = slots[base + FIRST_PROPERTY + 4 * n] as number;
      if ((slots[base + FIRST_PROPERTY + 4 * n + 1] as number) - other !== end - start) continue;
      let same = 0;
      while (same < end - start && bytes[other + same] === bytes[start + same]) same++;
      if (same === end - start) return true;
    }
    return false;
  }
}
