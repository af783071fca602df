/** When notices go out: hours of a week, and the hour of a digest, in a time zone's own time. Pure. */

/** As a week has them in a routes file; the index is that of Date.getUTCDay. */
export const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

export interface Hours {
  /** Indexes of DAYS; at least one. */
  readonly days: readonly number[];
  /** Minutes from midnight; `to` is not within, and is at most 1,440. */
  readonly from: number;
  readonly to: number;
  /** IANA name. */
  readonly timeZone: string;
}

export interface Weekly {
  readonly days: readonly number[];
  /** Minutes from midnight. */
  readonly at: number;
  readonly timeZone: string;
}

const MINUTE_MS = 60_000;
/** A day of the week comes again within seven days; one more for the part of today that is over. */
const LOOK_DAYS = 8;

const formats = new Map<string, Intl.DateTimeFormat>();
function formatOf(timeZone: string): Intl.DateTimeFormat {
  const found = formats.get(timeZone) ?? new Intl.DateTimeFormat('en-GB', { timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' });
  formats.set(timeZone, found);
  return found;
}

/** The zone's wall clock, as if it were UTC: epoch milliseconds, to the second. */
function wallClock(ms: number, timeZone: string): number {
  const parts: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = Object.fromEntries(formatOf(timeZone).formatToParts(ms).map(({ type, value }) => [type, value]));
  return Date.UTC(Number(parts.year), Number(parts.month) - 1, Number(parts.day), Number(parts.hour), Number(parts.minute), Number(parts.second));
}

/** When the zone's clocks show it. What they skip in spring is an hour later, what they show twice in autumn is the first time. */
function instantOf(wall: number, timeZone: string): number {
  const offsetAt = (ms: number): number => wallClock(ms, timeZone) - ms;
  const whole = Math.floor(wall / 1_000) * 1_000;
  // Offsets before and after a change lie a day to either side; the earlier instant that shows the time is the one meant.
  const candidates = [whole - offsetAt(whole - 24 * 60 * MINUTE_MS), whole - offsetAt(whole + 24 * 60 * MINUTE_MS)].toSorted((a, b) => a - b);
  return candidates.find((ms) => wallClock(ms, timeZone) === whole) ?? candidates.at(-1) ?? whole;
}

/** Midnights of the wall clock, `days` from the day of `now`. */
function midnight(now: number, days: number, timeZone: string): number {
  const today = new Date(wallClock(now, timeZone));
  return Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), today.getUTCDate() + days);
}

/** `now` within the hours, else when they begin next. */
export function openAt(now: number, { days, from, to, timeZone }: Hours): number {
  for (let day = 0; day <= LOOK_DAYS; day++) {
    const wall = midnight(now, day, timeZone);
    if (!days.includes(new Date(wall).getUTCDay()) || now >= instantOf(wall + to * MINUTE_MS, timeZone)) continue;
    return Math.max(now, instantOf(wall + from * MINUTE_MS, timeZone));
  }
  throw new Error('hours without a day');
}

/** The latest hour of a digest that is not after `now`. */
export const lastDue = (now: number, weekly: Weekly): number => due(now, weekly, -1, (at) => at <= now);

/** The first hour of a digest after `now`. */
export const nextDue = (now: number, weekly: Weekly): number => due(now, weekly, 1, (at) => at > now);

function due(now: number, { days, at, timeZone }: Weekly, direction: 1 | -1, fits: (at: number) => boolean): number {
  for (let day = 0; day <= LOOK_DAYS; day++) {
    const wall = midnight(now, day * direction, timeZone);
    const instant = instantOf(wall + at * MINUTE_MS, timeZone);
    if (days.includes(new Date(wall).getUTCDay()) && fits(instant)) return instant;
  }
  throw new Error('a digest without a day');
}
