/** The elements of a body of events, found in its bytes: an ordinary event as the places of its parts, anything else as its value. */
import { FIELD } from './names.ts';
import { EVENT_SLOTS, FIRST_FIELD, MASK, Scanner } from './scanner.ts';

/** An ordinary event: valid, not yet made. */
export class ScannedEvent {
  readonly bytes: Buffer;
  readonly slots: Int32Array;
  /** Of its first slot. */
  readonly base: number;
  /** Where its text stands. */
  readonly from: number;
  readonly to: number;

  constructor(bytes: Buffer, slots: Int32Array, base: number, from: number, to: number) {
    this.bytes = bytes;
    this.slots = slots;
    this.base = base;
    this.from = from;
    this.to = to;
  }

  /** That it names. */
  source(): string | null {
    const slot = this.base + FIRST_FIELD + 2 * FIELD.source;
    return (((this.slots[this.base + MASK] as number) >> FIELD.source) & 1) === 0 ? null : this.bytes.toString('latin1', this.slots[slot], this.slots[slot + 1]);
  }

  /** What JSON.parse makes of it. */
  value(): unknown {
    return JSON.parse(this.bytes.toString('latin1', this.from, this.to)) as unknown;
  }
}

export interface Elements {
  readonly values: readonly unknown[];
  /** Two for each: where its text begins and ends. */
  readonly places: readonly number[];
}

/** Slots are taken for so many events at a time: small requests take few, and no array is copied. */
const SLOTS_AT_ONCE = 64;
/** No ordinary event's text is shorter. */
const FEWEST_BYTES = 60;

export interface EventScan {
  readonly scanner: () => Scanner;
  /** The ordinary event that stands at the scanner's place, which is behind it then; null, and the place is as it was, where there is none. */
  readonly take: () => ScannedEvent | null;
  /** The same of a line that holds the event and nothing else. */
  readonly takeLine: (from: number, to: number) => ScannedEvent | null;
}

export function createScan(bytes: Buffer): EventScan {
  let left = 0;
  let slots = new Int32Array(0);
  let scanner = new Scanner(bytes, slots);
  const renew = (): void => {
    left = Math.max(1, Math.min(SLOTS_AT_ONCE, Math.ceil((bytes.length - scanner.at) / FEWEST_BYTES)));
    slots = new Int32Array(left * EVENT_SLOTS);
    const { at } = scanner;
    scanner = new Scanner(bytes, slots);
    scanner.at = at;
  };
  const take = (): ScannedEvent | null => {
    if (left === 0) renew();
    const from = scanner.at;
    const base = slots.length - left * EVENT_SLOTS;
    if (!scanner.event(base)) {
      scanner.at = from;
      return null;
    }
    left -= 1;
    return new ScannedEvent(bytes, slots, base, from, scanner.at);
  };
  return {
    scanner: () => scanner,
    take,
    takeLine: (from, to) => {
      scanner.at = from;
      const event = take();
      // A line's end is a blank too: the event must not have gone beyond it, and nothing may follow.
      if (event === null || event.to > to) return null;
      scanner.blank();
      return scanner.at >= to ? event : null;
    },
  };
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** The elements of `{"events":[ … ]}`, where that is all there is; null where it is not, or something in it is no JSON: then whoever parses the whole says why. `bytes` are UTF-8. */
export function scanEvents(bytes: Buffer, list: string): Elements | null {
  const scan = createScan(bytes);
  const name = Buffer.from(JSON.stringify(list));
  if (scan.scanner().blank() !== OPEN) return null;
  scan.scanner().at++;
  scan.scanner().blank();
  const { at } = scan.scanner();
  if (!name.equals(bytes.subarray(at, at + name.length))) return null;
  scan.scanner().at = at + name.length;
  for (const expected of [0x3a, OPEN_LIST]) {
    if (scan.scanner().blank() !== expected) return null;
    scan.scanner().at++;
  }
  const values: unknown[] = [];
  const places: number[] = [];
  if (scan.scanner().blank() === CLOSE_LIST) scan.scanner().at++;
  else {
    for (;;) {
      scan.scanner().blank();
      const from = scan.scanner().at;
      const event = scan.take();
      if (event !== null) values.push(event);
      else {
        const to = valueEnd(bytes, from);
        try {
          values.push(JSON.parse(bytes.toString('utf8', from, to)));
        } catch {
          return null;
        }
        scan.scanner().at = to;
      }
      places.push(from, scan.scanner().at);
      const next = scan.scanner().blank();
      scan.scanner().at++;
      if (next === CLOSE_LIST) break;
      if (next !== COMMA) return null;
    }
  }
  if (scan.scanner().blank() !== CLOSE) return null;
  scan.scanner().at++;
  return scan.scanner().blank() === -1 ? { values, places } : null;
}

/** Where the element that begins here ends: at the comma or bracket that is not within it, without the blanks before that. */
function valueEnd(bytes: Buffer, from: number): number {
  let depth = 0;
  let at = from;
  for (; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      for (at++; at < bytes.length && bytes[at] !== QUOTE; at++) if (bytes[at] === BACKSLASH) at++;
    } else if (byte === OPEN || byte === OPEN_LIST) depth++;
    else if (depth === 0 && (byte === COMMA || byte === CLOSE_LIST || byte === CLOSE)) break;
    else if (byte === CLOSE || byte === CLOSE_LIST) depth--;
  }
  while (at > from && (bytes[at - 1] as number) <= 0x20) at--;
  return at;
}
