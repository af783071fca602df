/** Points in time as clients write them: epoch milliseconds or ISO 8601. */

/** The range of an ECMAScript Date: what is beyond it is no date, but a wrong unit. */
const MAX_EPOCH_MS = 8.64e15;
const MINUTE_MS = 60_000;

// Extended format only. A fraction is cut to milliseconds; without an offset a time is UTC, like every time of ours, never the server's.
const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:Z|([+-])(\d\d):?(\d\d))?)?$/;

/** Epoch milliseconds, or what is wrong and what to send instead, to be read after the field's name. */
export function instant(value: unknown): number | string {
  if (typeof value === 'number') {
    if (!Number.isInteger(value)) return `must be whole milliseconds since 1970, or ISO 8601, but is ${value}: round it`;
    if (Math.abs(value) > MAX_EPOCH_MS) return `is ${value}, which is no date: send milliseconds, not micro- or nanoseconds`;
    return value;
  }
  if (typeof value !== 'string') return `must be milliseconds since 1970 (a number) or ISO 8601 (a string), but is ${kindOf(value)}`;
  return parseIso(value) ?? 'is no ISO 8601 date and time: write it like 2020-07-28T09:30:00.000Z';
}

function parseIso(text: string): number | null {
  const match = ISO.exec(text);
  if (match === null) return null;
  const year = Number(match[1]);
  const month = Number(match[2]);
  const day = Number(match[3]);
  const hour = Number(match[4] ?? 0);
  const minute = Number(match[5] ?? 0);
  const second = Number(match[6] ?? 0);
  const milliseconds = match[7] === undefined ? 0 : Number(match[7].padEnd(3, '0').slice(0, 3));
  const offsetHours = Number(match[9] ?? 0);
  const offsetMinutes = Number(match[10] ?? 0);
  if (hour > 23 || minute > 59 || second > 59 || offsetHours > 23 || offsetMinutes > 59) return null;
  // Not Date.UTC: it takes the years 0 to 99 for 1900 to 1999.
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  // 30 February rolls over to March: no such day.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null;
  const offset = (offsetHours * 60 + offsetMinutes) * (match[8] === '-' ? -MINUTE_MS : MINUTE_MS);
  return date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000 + milliseconds - offset;
}

/** What a JSON value is, in the words of JSON. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (value === undefined) return 'missing';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
