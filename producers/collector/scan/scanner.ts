/**
 * Finds the parts of an ordinary event in the bytes of its JSON, in one pass and without making a value of them: a million objects a minute are what a
 * collector's time goes into. Ordinary is what clients send all day: known fields, each once, printable ASCII without escapes, whole numbers, nothing
 * missing. Of everything else, wrong or merely unusual, it says no, and JSON.parse and validateEvent decide: they stay the definition of an event, and what
 * is found here gives the same record (test/producers/collector/scan.test.ts).
 */
import { MAX_ID_CHARS } from '../fields.ts';
import { CAUSES, OUTCOMES, TYPES } from '../validate.ts';
import { FIELD, FIELDS, LONGEST_TOKEN, fieldAt, tokenAt, wordAt } from './names.ts';

const bytesOf = (words: readonly string[]): readonly Buffer[] => words.map((word) => Buffer.from(word));
const TYPE_WORDS = bytesOf(TYPES);
const OUTCOME_WORDS = bytesOf(OUTCOMES);
const CAUSE_WORDS = bytesOf(CAUSES);

/** Longer ones are no ordinary events. */
const MAX_SCANNED_BYTES = 4_096;
const MAX_SCANNED_PROPERTIES = 8;

/** Where properties begin in the slots: two come before for each field. */
export const FIRST_PROPERTY = 2 * FIELDS.length;
const SLOTS = FIRST_PROPERTY + 4 * MAX_SCANNED_PROPERTIES;

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

/** Four bytes of a kind. */
const each = (byte: number): number => byte * 0x0101_0101;
const QUOTES = each(QUOTE);
const BACKSLASHES = each(0x5c);
const SPACES = each(SPACE);
const ONES = each(1);
const HIGHS = each(0x80) | 0;

/** Printable ASCII but for the quote and the backslash. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= SPACE && byte < 0x7f && byte !== QUOTE && byte !== 0x5c ? 1 : 0));

const bit = (...names: readonly (keyof typeof FIELD)[]): number => names.reduce((mask, name) => mask | (1 << FIELD[name]), 0);
const REQUIRED = bit('user_id', 'occurred_at', 'type', 'feature');
/** By type, as semantics.md section 1 has them. */
const ALSO_REQUIRED = [bit('action'), bit('code'), bit('duration_ms'), bit('task_id'), bit('task_id', 'outcome')];
const IN_ERROR = bit('code', 'message', 'cause');
const WORDS = bit('type', 'outcome', 'cause');
const ERROR = bit('error');
const CODE = bit('code');
const NUMBERS = bit('occurred_at', 'sent_at', 'duration_ms', 'waiting_ms');

/** Of one body. What an event is found to have stays until the next one is looked for. */
export class Scanner {
  readonly bytes: Buffer;
  private readonly view: DataView;
  /** The next byte; after `event` gave true the one behind it. */
  at = 0;
  /** Which fields are there, a bit each. */
  mask = 0;
  /** Of properties. */
  count = 0;
  /** Two for each field (from and to; a number's upper and lower half; a word's place), then four for each property (from and to of key and value). */
  readonly slots = new Int32Array(SLOTS);
  private readonly after = new Uint8Array(FIELDS.length + 1);

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
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

  /** Whether an ordinary event stands here. */
  event(): boolean {
    const from = this.at;
    this.mask = 0;
    this.count = 0;
    if (!this.object(false)) return false;
    const { mask } = this;
    if (this.at - from > MAX_SCANNED_BYTES || (mask & REQUIRED) !== REQUIRED) return false;
    // An error without a code is a mistake, whatever the event's type.
    if ((mask & ERROR) !== 0 && (mask & CODE) === 0) return false;
    const also = ALSO_REQUIRED[this.slots[2 * FIELD.type] as number] as number;
    return (mask & also) === also;
  }

  /** The fields of the event, or of its error. */
  private object(isError: boolean): boolean {
    const { bytes } = this;
    const { length } = bytes;
    if (bytes[this.at] !== OPEN) return false;
    for (let previous = isError ? FIELD.error : FIELDS.length; ; ) {
      this.at++;
      const field = this.name(previous);
      if (field < 0 || ((IN_ERROR >> field) & 1) !== (isError ? 1 : 0) || (this.mask >> field) & 1) return false;
      previous = field;
      if (!this.value(field)) return false;
      let next = this.at < length ? (bytes[this.at] as number) : -1;
      if (next !== COMMA && next !== CLOSE) next = this.blank();
      if (next === CLOSE) {
        this.at++;
        return true;
      }
      if (next !== COMMA) return false;
    }
  }

  /** The field whose name stands here, or -1; past its colon. A client writes its fields in one order, so the one that came next the last time is tried first. */
  private name(previous: number): number {
    const { bytes } = this;
    const guess = this.after[previous] as number;
    // Python writes a space after each comma.
    if (bytes[this.at] === SPACE) this.at++;
    const token = this.at + LONGEST_TOKEN <= bytes.length ? tokenAt(guess, this.view, this.at) : 0;
    if (token > 0) {
      this.at += token;
      return guess;
    }
    if (this.blank() !== QUOTE) return -1;
    const start = this.at + 1;
    const end = this.plain(start);
    const field = bytes[end] === QUOTE ? fieldAt(bytes, start, end) : -1;
    if (field < 0) return -1;
    this.after[previous] = field;
    this.at = end + 1;
    if (this.blank() !== COLON) return -1;
    this.at++;
    return field;
  }

  private value(field: number): boolean {
    const { bytes } = this;
    const first = this.blank();
    if (first === NULL) {
      const { at } = this;
      if (bytes[at + 1] !== 0x75 || bytes[at + 2] !== 0x6c || bytes[at + 3] !== 0x6c) return false;
      this.at = at + 4;
      // Absent: a second one of that name would be no ordinary event's, and is found missing if it is required.
      return true;
    }
    this.mask |= 1 << field;
    if (field === FIELD.error) return this.object(true);
    if (field === FIELD.properties) return this.properties();
    const slot = 2 * field;
    if ((NUMBERS >> field) & 1) return this.number(slot);
    if (first !== QUOTE) return false;
    const start = this.at + 1;
    const end = this.plain(start);
    this.at = end + 1;
    if (bytes[end] !== QUOTE) return false;
    if ((WORDS >> field) & 1) {
      const index = wordAt(field === FIELD.type ? TYPE_WORDS : field === FIELD.outcome ? OUTCOME_WORDS : CAUSE_WORDS, bytes, start, end);
      this.slots[slot] = index;
      return index >= 0;
    }
    this.slots[slot] = start;
    this.slots[slot + 1] = end;
    return field === FIELD.message || (end > start && end - start <= MAX_ID_CHARS);
  }

  /** Where the run of plain bytes from `start` on ends: at the closing quote, if it is an ordinary string. */
  private plain(start: number): number {
    const { bytes, view } = this;
    const { length } = bytes;
    let end = start;
    // Four at a time. The high bit of a byte is set where it is a quote or a backslash, less than a space, a delete, or not ASCII; beyond the first of these it says nothing, as a borrow may come from there.
    for (const last = length - 4; end <= last; end += 4) {
      const word = view.getInt32(end, true);
      const odd = (((word ^ QUOTES) - ONES) | ((word ^ BACKSLASHES) - ONES) | (word - SPACES) | (word + ONES) | word) & HIGHS;
      if (odd !== 0) return end + ((31 - Math.clz32(odd & -odd)) >> 3);
    }
    // Reading beyond the end would make every read slow.
    while (end < length && PLAIN[bytes[end] as number] === 1) end++;
    return end;
  }

  private number(slot: number): boolean {
    const { bytes } = this;
    const start = this.at;
    let at = start;
    let value = 0;
    for (let byte = bytes[at] as number; byte >= ZERO && byte <= NINE; byte = bytes[++at] as number) value = value * 10 + (byte - ZERO);
    this.at = at;
    const high = Math.floor(value / HALF);
    this.slots[slot] = high;
    this.slots[slot + 1] = value - high * HALF;
    const digits = at - start;
    // What follows decides whether it ended here: a fraction or an exponent is no blank, comma or brace.
    return digits > 0 && digits <= MAX_DIGITS && (bytes[start] !== ZERO || digits === 1);
  }

  private properties(): boolean {
    const { bytes, slots } = this;
    if (bytes[this.at] !== OPEN) return false;
    this.at++;
    if (this.blank() === CLOSE) {
      this.at++;
      return true;
    }
    for (let count = 0; count < MAX_SCANNED_PROPERTIES; ) {
      if (this.blank() !== QUOTE) return false;
      const slot = FIRST_PROPERTY + 4 * count;
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
      this.count = ++count;
      const next = this.blank();
      this.at++;
      if (next === CLOSE) return true;
      if (next !== COMMA) return false;
    }
    return false;
  }

  private isTwice(start: number, end: number, count: number): boolean {
    const { bytes, slots } = this;
    for (let n = 0; n < count; n++) {
      const other = slots[FIRST_PROPERTY + 4 * n] as number;
      if ((slots[FIRST_PROPERTY + 4 * n + 1] as number) - other !== end - start) continue;
      let same = 0;
      while (same < end - start && bytes[other + same] === bytes[start + same]) same++;
      if (same === end - start) return true;
    }
    return false;
  }
}
