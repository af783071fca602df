/** `when` of a route: always, in hours of the week, or as a digest. */
import { readMap, type FieldsReader, type Problems } from './fields.ts';
import { DAYS, type Hours, type Weekly } from './hours.ts';

export type When = { readonly kind: 'always' } | { readonly kind: 'hours'; readonly hours: Hours } | { readonly kind: 'digest'; readonly weekly: Weekly };

/** Ours: what most have; a file says its own. */
export const WORKING_HOURS: Omit<Hours, 'timeZone'> = { days: [1, 2, 3, 4, 5], from: 9 * 60, to: 17 * 60 };

const ALL_DAYS = DAYS.map((_, day) => day);
const MINUTES_OF_DAY = 24 * 60;
const FORMS = 'always, working_hours, { from: "07:00", to: "22:00" } or { digest: { days: mon, at: "09:00" } }';

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** Null, and told, where it is wrong. */
export function readWhen(value: unknown, at: string, { zone, working }: { readonly zone: string; readonly working: Hours }, problems: Problems): When | null {
  if (value === 'always') return { kind: 'always' };
  if (value === 'working_hours') return { kind: 'hours', hours: working };
  if (typeof value !== 'object' || value === null) {
    problems.tell(at, `must be ${FORMS}`);
    return null;
  }
  if (!('digest' in value)) {
    const hours = readHours(value, at, zone, problems);
    return hours === null ? null : { kind: 'hours', hours };
  }
  const digest = readMap(value, at, ['digest'], problems)?.map('digest', ['days', 'at', 'time_zone']) ?? null;
  if (digest === null) return null;
  const [days, minute] = [digest.words('days', DAYS), readTime(digest, 'at')];
  if (!digest.has('days')) digest.tell('days', `is missing: one or more of ${DAYS.join(', ')}`);
  return days === null || minute === null ? null : { kind: 'digest', weekly: { days: days.map((day) => DAYS.indexOf(day)), at: minute, timeZone: zoneOf(digest, zone) } };
}

export function readHours(value: unknown, at: string, zone: string, problems: Problems): Hours | null {
  const fields = readMap(value, at, ['days', 'from', 'to', 'time_zone'], problems);
  if (fields === null) return null;
  const days = fields.has('days') ? fields.words('days', DAYS) : [...DAYS];
  const [from, to] = [readTime(fields, 'from'), readTime(fields, 'to')];
  if (days === null || from === null || to === null) return null;
  if (from >= to) {
    fields.tell('to', 'must be later than from: quiet hours over midnight are what lies outside');
    return null;
  }
  return { days: days.length === DAYS.length ? ALL_DAYS : days.map((day) => DAYS.indexOf(day)), from, to, timeZone: zoneOf(fields, zone) };
}

function zoneOf(fields: FieldsReader, otherwise: string): string {
  const zone = fields.text('time_zone');
  if (zone === null || isTimeZone(zone)) return zone ?? otherwise;
  fields.tell('time_zone', `must be a name like Europe/Berlin, and is ${zone}`);
  return otherwise;
}

/** Minutes from midnight. */
function readTime(fields: FieldsReader, name: string): number | null {
  const given = fields.raw(name);
  const [, hour, minute] = /^(\d{2}):([0-5]\d)$/.exec(typeof given === 'string' ? given : '') ?? [];
  const minutes = Number(hour) * 60 + Number(minute);
  if (minutes >= 0 && minutes <= MINUTES_OF_DAY) return minutes;
  fields.tell(name, fields.has(name) ? 'must be a time in quotes, from "00:00" to "24:00"' : 'is missing: a time like "09:00"');
  return null;
}
