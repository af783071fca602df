/**
 * Checks of single fields. A check throws `Invalid` with a sentence that names the field and the remedy: one bad event costs one throw, a good
 * one nothing. Null means absent, as in the records.
 */
import { instant, kindOf } from './instant.ts';

export class Invalid extends Error {
  readonly code = 'INVALID';
}

export type Json = Readonly<Record<string, unknown>>;

/** Longer than any id that means something; keys of state and of rows are made of these. Ours. */
export const MAX_ID_CHARS = 256;
/** More properties than that are a document, not annotations. Ours. */
export const MAX_PROPERTIES = 256;

// Control characters separate the parts of our hashes, and half a surrogate pair has no UTF-8: two ids would become one.
const UNFIT = /[\p{Cc}\p{Cs}]/u;

export function object(value: unknown, what: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Invalid(`${what} must be an object, but is ${kindOf(value)}`);
  return value as Json;
}

/** A short name or id that must be there and not be empty. */
export function id(value: unknown, field: string): string {
  if (value === undefined || value === null) throw new Invalid(`${field} is missing: it is required`);
  if (typeof value !== 'string') throw new Invalid(`${field} must be a string, but is ${kindOf(value)}: put it in quotes`);
  if (value === '') throw new Invalid(`${field} is empty: it must name something`);
  return fit(value, field);
}

/** A short name or id that may be absent. */
export function optionalId(value: unknown, field: string): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string') throw new Invalid(`${field} must be a string, but is ${kindOf(value)}: put it in quotes or leave it out`);
  return fit(value, field);
}

function fit(value: string, field: string): string {
  if (value.length > MAX_ID_CHARS) throw new Invalid(`${field} has ${value.length} characters: at most ${MAX_ID_CHARS} are taken`);
  if (UNFIT.test(value)) throw new Invalid(`${field} has a control character or half a surrogate pair: take it out`);
  return value;
}

/** Free text; only the record's size bounds it. */
export function text(value: unknown, field: string, absent: string): string {
  if (value === undefined || value === null) return absent;
  if (typeof value !== 'string') throw new Invalid(`${field} must be a string, but is ${kindOf(value)}: put it in quotes or leave it out`);
  return value;
}

export function time(value: unknown, field: string): number {
  if (value === undefined || value === null) throw new Invalid(`${field} is missing: send milliseconds since 1970 or ISO 8601`);
  const result = instant(value);
  if (typeof result === 'string') throw new Invalid(`${field} ${result}`);
  return result;
}

export function optionalTime(value: unknown, field: string): number | null {
  return value === undefined || value === null ? null : time(value, field);
}

/** Whole milliseconds, or null where absent. */
export function optionalMs(value: unknown, field: string, least: 0 | 1): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'number') throw new Invalid(`${field} must be a number of milliseconds, but is ${kindOf(value)}`);
  if (!Number.isSafeInteger(value) || value < least) throw new Invalid(`${field} must be whole milliseconds, at least ${least}, but is ${value}: round it`);
  return value;
}

export function flag(value: unknown, field: string): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value !== 'boolean') throw new Invalid(`${field} must be true or false, but is ${kindOf(value)}`);
  return value;
}

export function optionalOneOf<const T extends string>(value: unknown, field: string, allowed: readonly T[]): T | null {
  if (value === undefined || value === null) return null;
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw new Invalid(`${field} must be one of ${allowed.join(', ')}, but is ${typeof value === 'string' ? `"${value.slice(0, 40)}"` : kindOf(value)}`);
  return found;
}

export function oneOf<const T extends string>(value: unknown, field: string, allowed: readonly T[]): T {
  const found = optionalOneOf(value, field, allowed);
  if (found === null) throw new Invalid(`${field} is missing: it must be one of ${allowed.join(', ')}`);
  return found;
}

/** A map of strings. The object itself is given back: it comes from JSON.parse, so it has no accessors and a plain prototype. */
export function properties(value: unknown, field: string): Record<string, string> {
  if (value === undefined || value === null) return {};
  const map = object(value, field);
  let count = 0;
  for (const key in map) {
    if (key === '__proto__') throw new Invalid(`${field} must not have the key __proto__: rename it`);
    if (key.length > MAX_ID_CHARS) throw new Invalid(`${field} has a key of ${key.length} characters: at most ${MAX_ID_CHARS} are taken`);
    if (typeof map[key] !== 'string') throw new Invalid(`${field}.${key.slice(0, 40)} must be a string, but is ${kindOf(map[key])}: put it in quotes`);
    if (++count > MAX_PROPERTIES) throw new Invalid(`${field} has more than ${MAX_PROPERTIES} keys: send fewer`);
  }
  return map as Record<string, string>;
}
