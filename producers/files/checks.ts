/** Checks of single values in a file, beside those that the collector has for events: each throws `Invalid` with the field's name and the remedy. */
import { Invalid } from '../collector/fields.ts';
import { kindOf } from '../collector/instant.ts';

export function whole(value: unknown, field: string, least: number, most = Number.MAX_SAFE_INTEGER): number {
  if (value === undefined || value === null) throw new Invalid(`${field} is missing: give a whole number`);
  if (!Number.isSafeInteger(value)) throw new Invalid(`${field} must be a whole number, but is ${shown(value)}`);
  return within(value as number, field, least, most);
}

export function optionalWhole(value: unknown, field: string, absent: number, least: number, most = Number.MAX_SAFE_INTEGER): number {
  return value === undefined || value === null ? absent : whole(value, field, least, most);
}

export function number(value: unknown, field: string, least: number, most: number): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Invalid(`${field} must be a number from ${least} to ${most}, but is ${shown(value)}`);
  return within(value, field, least, most);
}

function within(value: number, field: string, least: number, most: number): number {
  if (value < least || value > most) throw new Invalid(`${field} must be ${most === Number.MAX_SAFE_INTEGER ? `at least ${least}` : `from ${least} to ${most}`}, but is ${value}`);
  return value;
}

export const shown = (value: unknown): string => (typeof value === 'number' || typeof value === 'string' ? JSON.stringify(value).slice(0, 60) : kindOf(value));
