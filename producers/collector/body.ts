/**
 * A request's body as a list of values, with the bytes of each as they came: what is rejected goes to the dead letters unchanged.
 * A body that cannot be read at all throws `BodyError`; a line of NDJSON that is not JSON costs that line alone.
 */
import { isUtf8 } from 'node:buffer';
import { kindOf } from './instant.ts';
import { elementTexts } from './elements.ts';
import { createScan, scanEvents, type Written } from './scan/scanned.ts';
import type { WriterContext } from './scan/write.ts';

export class BodyError extends Error {
  readonly code = 'BODY';
}

export interface Body {
  /** Each a value, or, where there is `written`, the `LyingRecord` of an ordinary event. */
  readonly values: readonly unknown[];
  readonly written?: Written;
  /** Why the value at an index could not be read; its value is undefined. */
  readonly broken: ReadonlyMap<number, string>;
  /** Why the value at an index, which could be read, is not taken; of what adapters refuse. */
  readonly refused?: ReadonlyMap<number, string>;
  /** The bytes of the value at an index. */
  original(index: number): Buffer;
}

export type Format = 'json' | 'ndjson';

/** The format a Content-Type names. Throws `BodyError`. */
export function formatOf(contentType: string | undefined): Format {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type === 'application/json') return 'json';
  if (type === 'application/x-ndjson') return 'ndjson';
  throw new BodyError(`Content-Type must be application/json or application/x-ndjson, but is ${type === '' ? 'missing' : type.slice(0, 80)}`);
}

/** `{"<list>": […]}`. */
function parseJson(bytes: Buffer, list: string, context: WriterContext | null): Body {
  if (!isUtf8(bytes)) throw new BodyError('the body is not UTF-8');
  const scanned = context === null ? null : scanEvents(bytes, list, context);
  if (scanned !== null) {
    const { values, places, written } = scanned;
    return { values, written, broken: new Map(), original: (index) => bytes.subarray(places[2 * index], places[2 * index + 1]) };
  }
  const text = bytes.toString('utf8');
  const body = jsonOf(text);
  const values: unknown = typeof body === 'object' && body !== null && Object.hasOwn(body, list) ? (body as Readonly<Record<string, unknown>>)[list] : undefined;
  if (!Array.isArray(values)) throw new BodyError(`the body must be {"${list}": […]}, but ${Array.isArray(body) ? `is an array: wrap it as {"${list}": […]}` : `its "${list}" is ${kindOf(values)}`}`);
  let texts: readonly string[] | null = null;
  return {
    values,
    broken: new Map(),
    original: (index) => {
      texts ??= elementTexts(text, list);
      // The scan is checked against what was parsed; where the two differ the value is written anew.
      return Buffer.from((texts.length === values.length ? texts[index] : undefined) ?? writtenAnew(values[index]));
    },
  };
}

/** JSON.parse takes any depth, JSON.stringify only what the stack holds. */
export function writtenAnew(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return 'withheld: it is nested too deeply to be written';
    throw error;
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new BodyError('the body is not JSON', { cause });
  }
}

/** Any JSON: an array is a list of values, anything else one value. */
export function parseValues(bytes: Buffer): Body {
  if (!isUtf8(bytes)) throw new BodyError('the body is not UTF-8');
  const text = bytes.toString('utf8');
  const body = jsonOf(text);
  return Array.isArray(body) ? parseJson(Buffer.from(`{"list":${text}}`), 'list', null) : { values: [body], broken: new Map(), original: () => bytes };
}

const NEWLINE = 0x0a;
const NOT_JSON = 'the line is not JSON: write one object per line';

/** One value per line; blank lines are skipped and not counted. */
function parseNdjson(bytes: Buffer, context: WriterContext | null): Body {
  const scan = context === null ? null : createScan(bytes, context);
  const values: unknown[] = [];
  const broken = new Map<number, string>();
  /** Two for each: where its line begins and ends. */
  const places: number[] = [];
  for (let from = 0, to = 0; from < bytes.length; from = to + 1) {
    const newline = bytes.indexOf(NEWLINE, from);
    to = newline < 0 ? bytes.length : newline;
    const event = scan?.takeLine(values.length, from, to);
    if (event !== undefined && event !== null) {
      values.push(event);
      places.push(from, to);
      continue;
    }
    const line = bytes.subarray(from, to);
    const text = line.toString('utf8');
    if (text.trim() === '') continue;
    let value: unknown;
    try {
      value = JSON.parse(text);
      if (!isUtf8(line)) broken.set(values.length, 'the line is not UTF-8');
    } catch {
      broken.set(values.length, NOT_JSON);
    }
    values.push(broken.has(values.length) ? undefined : value);
    places.push(from, to);
  }
  return { values, ...(scan === null ? {} : { written: scan.written() }), broken, original: (index) => bytes.subarray(places[2 * index] ?? 0, places[2 * index + 1] ?? 0) };
}

/** `list` names the array of a JSON body. With a `context` the values are events, of which the ordinary ones are written at once. */
export function parseBody(format: Format, bytes: Buffer, list: string, context: WriterContext | null = null): Body {
  return format === 'json' ? parseJson(bytes, list, context) : parseNdjson(bytes, context);
}
