/** The elements of a body of events, found in its bytes: an ordinary event as its record, anything else as its value. */
import type { LyingRecord } from '../../../infra/lyingRecord.ts';
import { Scanner } from './scanner.ts';
import { EventWriter, type MadeId, type WriterContext } from './write.ts';

/** Of the ordinary events. */
export interface Written {
  /** Of their times; infinite where there are none. */
  readonly lowest: number;
  /** Over those that are not `future`. */
  readonly highest: number;
  readonly made: readonly MadeId[];
  /** That their records lie in, of those that go round. */
  readonly blocks: readonly Buffer[];
}

interface Elements {
  /** Each a value, or the `LyingRecord` of an ordinary event. */
  readonly values: readonly unknown[];
  /** Two for each: where its text begins and ends. */
  readonly places: readonly number[];
  readonly written: Written;
}

export interface EventScan {
  readonly scanner: Scanner;
  /** The record of the ordinary event that stands at the scanner's place, which is behind it then; null, and the place is as it was, where there is none that may go as it came. */
  readonly take: (index: number) => LyingRecord | null;
  /** The same of a line that holds the event and nothing else. */
  readonly takeLine: (index: number, from: number, to: number) => LyingRecord | null;
  readonly written: () => Written;
}

export function createScan(bytes: Buffer, context: WriterContext): EventScan {
  const scanner = new Scanner(bytes);
  const writer = new EventWriter(context, scanner);
  return {
    scanner,
    take: (index) => {
      const from = scanner.at;
      if (scanner.event() && writer.takes()) return writer.write(index, scanner.at - from);
      scanner.at = from;
      return null;
    },
    takeLine: (index, from, to) => {
      scanner.at = from;
      // A line's end is a blank too: the event must not have gone beyond it, and nothing may follow.
      if (!scanner.event() || scanner.at > to || !writer.takes()) return null;
      const end = scanner.at;
      scanner.blank();
      return scanner.at >= to ? writer.write(index, end - from) : null;
    },
    written: () => writer,
  };
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** The elements of `{"<list>":[ … ]}`, where that is all there is; null where it is not, or something in it is no JSON: then whoever parses the whole says why. `bytes` are UTF-8. */
export function scanEvents(bytes: Buffer, list: string, context: WriterContext): Elements | null {
  const { scanner, take, written } = createScan(bytes, context);
  const name = Buffer.from(JSON.stringify(list));
  if (scanner.blank() !== OPEN) return null;
  scanner.at++;
  scanner.blank();
  const { at } = scanner;
  if (!name.equals(bytes.subarray(at, at + name.length))) return null;
  scanner.at = at + name.length;
  for (const expected of [0x3a, OPEN_LIST]) {
    if (scanner.blank() !== expected) return null;
    scanner.at++;
  }
  const values: unknown[] = [];
  const places: number[] = [];
  if (scanner.blank() === CLOSE_LIST) scanner.at++;
  else {
    for (;;) {
      scanner.blank();
      const from = scanner.at;
      const event = take(values.length);
      if (event !== null) values.push(event);
      else {
        const to = valueEnd(bytes, from);
        try {
          values.push(JSON.parse(bytes.toString('utf8', from, to)));
        } catch {
          return null;
        }
        scanner.at = to;
      }
      places.push(from, scanner.at);
      const next = scanner.blank();
      scanner.at++;
      if (next === CLOSE_LIST) break;
      if (next !== COMMA) return null;
    }
  }
  if (scanner.blank() !== CLOSE) return null;
  scanner.at++;
  return scanner.blank() === -1 ? { values, places, written: written() } : null;
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
