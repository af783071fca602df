/**
 * Finds the parts of an ordinary event in the bytes of its JSON, in one pass and without making a value of them: a million objects a minute are what a
 * collector's time goes into. Ordinary is what clients send all day: known fields, each once, printable ASCII without escapes, whole numbers, nothing
 * missing. Of everything else, wrong or merely unusual, it says no, and JSON.parse and validateEvent decide: they stay the definition of an event, and what
 * is found here gives the same record (test/producers/collector/scan.test.ts).
 */
import { MAX_ID_CHARS } from '../fields.ts';
import { CAUSES, OUTCOMES, TYPES } from '../validate.ts';
import { FIELD, FIELDS, LONGEST_TOKEN, TOKENS, fieldAt, wordAt } from './names.ts';
import { QUOTE, blank, plain } from './text.ts';

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

const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const NULL = 0x6e;
const NULL_WORD = 0x6e75_6c6c;
const SPACE = 0x20;
const ZERO = 0x30;
const NINE = 0x39;
/** Of a number's lower half; its upper half are the 31 bits above. */
export const HALF = 2 ** 31;
/** So many digits are exact, and a date. */
const MAX_DIGITS = 15;

const bit = (...names: readonly (keyof typeof FIELD)[]): number => names.reduce((mask, name) => mask | (1 << FIELD[name]), 0);
const REQUIRED = bit('user_id', 'occurred_at', 'type', 'feature');
/** By type, as semantics.md section 1 has them. */
const ALSO_REQUIRED = [bit('action'), bit('code'), bit('duration_ms'), bit('task_id'), bit('task_id', 'outcome')];
const IN_ERROR = bit('code', 'message', 'cause');
const WORDS = bit('type', 'outcome', 'cause');
const ERROR = bit('error');
const CODE = bit('code');
const NUMBERS = bit('occurred_at', 'sent_at', 'duration_ms', 'waiting_ms');
const NO_STRINGS = NUMBERS | bit('error', 'properties');

/** What another module exports is looked up each time, what is declared here is known to the compiler. */
const { words: TOKEN_WORDS, wordsEach: WORDS_EACH, lastWords: LAST_WORDS, lastMasks: LAST_MASKS, lengths: TOKEN_LENGTHS, byPrefix: BY_PREFIX, factor: PREFIX_FACTOR, shift: PREFIX_SHIFT } = TOKENS;
const TOKEN_ROOM = LONGEST_TOKEN;
const NO_FIELD: number = FIELDS.length;
const { error: IN_AN_ERROR, properties: PROPERTIES, message: MESSAGE, type: TYPE, outcome: OUTCOME } = FIELD;
const NOT_ORDINARY = -1;
const LONGEST_ID = MAX_ID_CHARS;
const HALF_OF = HALF;

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

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Past blanks; gives the byte there, or -1 at the end. */
  blank(): number {
    const at = blank(this.bytes, this.at);
    this.at = at;
    return at < this.bytes.length ? (this.bytes[at] as number) : -1;
  }

  /** Whether an ordinary event stands here. */
  event(): boolean {
    const from = this.at;
    const end = this.fields(from);
    if (end === NOT_ORDINARY) return false;
    this.at = end;
    const { mask } = this;
    if (end - from > MAX_SCANNED_BYTES || (mask & REQUIRED) !== REQUIRED) return false;
    // An error without a code is a mistake, whatever the event's type.
    if ((mask & ERROR) !== 0 && (mask & CODE) === 0) return false;
    const also = ALSO_REQUIRED[this.slots[2 * TYPE] as number] as number;
    return (mask & also) === also;
  }

  /** The fields of the event that begins here, and of its error; gives where it ends. */
  private fields(from: number): number {
    const { bytes, view, slots } = this;
    const { length } = bytes;
    this.count = 0;
    if (from >= length || bytes[from] !== OPEN) return NOT_ORDINARY;
    let at = from + 1;
    let mask = 0;
    let isError = 0;
    for (;;) {
      // Python writes a space after each comma and colon.
      if (at < length && bytes[at] === SPACE) at++;
      let field = at + TOKEN_ROOM <= length ? (BY_PREFIX[Math.imul(view.getInt32(at + 1, true), PREFIX_FACTOR) >>> PREFIX_SHIFT] as number) : NO_FIELD;
      if (field !== NO_FIELD && isToken(field, view, at)) at += TOKEN_LENGTHS[field] as number;
      else {
        field = this.name(at);
        if (field < 0) return NOT_ORDINARY;
        at = this.at;
      }
      if (((IN_ERROR >> field) & 1) !== isError || (mask >> field) & 1) return NOT_ORDINARY;
      at = blank(bytes, at);
      const first = at < length ? (bytes[at] as number) : 0;
      if (first === QUOTE) {
        const start = at + 1;
        const end = plain(bytes, view, start);
        if (end === length || bytes[end] !== QUOTE || (NO_STRINGS >> field) & 1) return NOT_ORDINARY;
        at = end + 1;
        mask |= 1 << field;
        if ((WORDS >> field) & 1) {
          const index = wordAt(field === TYPE ? TYPE_WORDS : field === OUTCOME ? OUTCOME_WORDS : CAUSE_WORDS, bytes, start, end);
          if (index < 0) return NOT_ORDINARY;
          slots[2 * field] = index;
        } else {
          if (field !== MESSAGE && (end === start || end - start > LONGEST_ID)) return NOT_ORDINARY;
          slots[2 * field] = start;
          slots[2 * field + 1] = end;
        }
      } else if (first === NULL) {
        // Absent: a second one of that name would be no ordinary event's, and is found missing if it is required.
        if (at + 4 > length || view.getInt32(at) !== NULL_WORD) return NOT_ORDINARY;
        at += 4;
      } else if ((NUMBERS >> field) & 1) {
        let value = 0;
        let to = at;
        for (let digit = first; to < length; to++) {
          digit = bytes[to] as number;
          if (digit < ZERO || digit > NINE) break;
          value = value * 10 + (digit - ZERO);
        }
        // What follows decides whether it ended here: a fraction or an exponent is no blank, comma or brace.
        if (to === at || to - at > MAX_DIGITS || (first === ZERO && to - at > 1)) return NOT_ORDINARY;
        at = to;
        mask |= 1 << field;
        const high = Math.floor(value / HALF_OF);
        slots[2 * field] = high;
        slots[2 * field + 1] = value - high * HALF_OF;
      } else if (first !== OPEN) return NOT_ORDINARY;
      else if (field === PROPERTIES) {
        at = this.properties(at + 1);
        if (at === NOT_ORDINARY) return NOT_ORDINARY;
        mask |= 1 << field;
      } else if (field === IN_AN_ERROR) {
        mask |= 1 << field;
        isError = 1;
        at++;
        continue;
      } else return NOT_ORDINARY;
      for (;;) {
        at = blank(bytes, at);
        if (at === length) return NOT_ORDINARY;
        const next = bytes[at++];
        if (next === COMMA) break;
        if (next !== CLOSE) return NOT_ORDINARY;
        if (isError === 0) {
          this.mask = mask;
          return at;
        }
        isError = 0;
      }
    }
  }

  /** The field whose name stands here, or -1; `at` is then past its colon. */
  private name(from: number): number {
    const { bytes } = this;
    this.at = from;
    if (this.blank() !== QUOTE) return -1;
    const start = this.at + 1;
    const end = plain(bytes, this.view, start);
    const field = end < bytes.length && bytes[end] === QUOTE ? fieldAt(bytes, start, end) : -1;
    this.at = end + 1;
    if (field < 0 || this.blank() !== COLON) return -1;
    this.at++;
    return field;
  }

  /** Behind their opening brace; gives where they end. */
  private properties(from: number): number {
    const { bytes, view, slots } = this;
    const { length } = bytes;
    let at = blank(bytes, from);
    if (at < length && bytes[at] === CLOSE) return at + 1;
    for (let count = 0; count < MAX_SCANNED_PROPERTIES; ) {
      at = blank(bytes, at);
      if (at === length || bytes[at] !== QUOTE) return NOT_ORDINARY;
      const slot = FIRST_PROPERTY + 4 * count;
      const start = at + 1;
      const end = plain(bytes, view, start);
      if (end === length || bytes[end] !== QUOTE || end === start || end - start > LONGEST_ID) return NOT_ORDINARY;
      const first = bytes[start] as number;
      // A key that begins with a digit may be put first by an object, and one that begins with _ may be __proto__.
      if ((first >= ZERO && first <= NINE) || first === 0x5f || this.isTwice(start, end, count)) return NOT_ORDINARY;
      slots[slot] = start;
      slots[slot + 1] = end;
      at = blank(bytes, end + 1);
      if (at === length || bytes[at] !== COLON) return NOT_ORDINARY;
      at = blank(bytes, at + 1);
      if (at === length || bytes[at] !== QUOTE) return NOT_ORDINARY;
      slots[slot + 2] = at + 1;
      at = plain(bytes, view, at + 1);
      if (at === length || bytes[at] !== QUOTE) return NOT_ORDINARY;
      slots[slot + 3] = at;
      this.count = ++count;
      at = blank(bytes, at + 1);
      if (at === length) return NOT_ORDINARY;
      const next = bytes[at++];
      if (next === CLOSE) return at;
      if (next !== COMMA) return NOT_ORDINARY;
    }
    return NOT_ORDINARY;
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

/** Whether the field's name stands here, and its colon; `TOKEN_ROOM` bytes are left. */
function isToken(field: number, view: DataView, at: number): boolean {
  const last = LAST_WORDS[field] as number;
  const first = field * WORDS_EACH;
  for (let word = 0; word < last; word++) if (view.getInt32(at + 4 * word, true) !== TOKEN_WORDS[first + word]) return false;
  return ((view.getInt32(at + 4 * last, true) ^ (TOKEN_WORDS[first + last] as number)) & (LAST_MASKS[field] as number)) === 0;
}
