/** Numbers and times for people. Times are UTC, as in the tables. */
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const NONE = '–';

export const count = (value: number | null): string => (value === null ? NONE : value.toLocaleString('en-GB'));
export const percent = (share: number | null, digits = 0): string => (share === null ? NONE : `${(share * 100).toFixed(digits)} %`);
/** Numbers of a sentence stay with their units when it is broken into lines. */
export const together = (text: string): string => text.replaceAll(/(?<=\d) (?=(?:%|ms|s|min|h|days)(?!\w))/g, '\u00a0');
/** A minus as long as a plus. */
export const minus = (text: string): string => text.replace('-', '−');
/** Of users: one to four of them are not counted out. */
export const FEW = '< 5';
export const ratio = (part: number | null, whole: number | null): number | null => (part === null || whole === null || whole === 0 ? null : part / whole);

export function duration(ms: number | null): string {
  if (ms === null) return NONE;
  if (ms < SECOND) return `${String(Math.round(ms))} ms`;
  if (ms < 2 * MINUTE) return `${String(Math.round(ms / SECOND))} s`;
  if (ms < 2 * HOUR) return `${String(Math.round(ms / MINUTE))} min`;
  return ms < 2 * DAY ? `${(ms / HOUR).toFixed(1)} h` : `${String(Math.round(ms / DAY))} days`;
}

export function day(at: number): string {
  const date = new Date(at);
  return `${String(date.getUTCDate())} ${MONTHS[date.getUTCMonth()] ?? ''}`;
}

export function moment(at: number | null): string {
  if (at === null) return NONE;
  const date = new Date(at);
  return `${day(at)} ${String(date.getUTCFullYear())}, ${date.toISOString().slice(11, 16)} UTC`;
}

export function since(at: number, now: number): string {
  const ms = Math.max(0, now - at);
  return ms < MINUTE ? 'just now' : `${duration(ms)} ago`;
}

export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;
