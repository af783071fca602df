/**
 * Ticks and UTC days: the only clock that the analyzer knows is the log's watermark (semantics 2). All arguments and results are
 * milliseconds since the epoch, days are numbered from it.
 */

/** Tick length: one hour (ours): short enough to see a launch day go wrong, long enough that a tick costs nothing. */
export const TICK_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** Rules look at 14 days (ours): two working weeks, so that weekly rhythms do not tip a share. */
export const WINDOW_DAYS = 14;

/** Levels look at 28 days (ours): four whole weeks; also how long a user's days stay in the state. */
export const STATE_DAYS = 28;

/** The epoch was a Thursday: days 4, 11, 18 … are Mondays. */
const FIRST_MONDAY = 4;
const WEEK_DAYS = 7;

export interface DayRange {
  /** Both ends included. */
  readonly first: number;
  readonly last: number;
}

export const dayOf = (at: number): number => Math.floor(at / DAY_MS);

export const startOfDay = (day: number): number => day * DAY_MS;

export const isMidnight = (at: number): boolean => at % DAY_MS === 0;

/** Mondays 00:00 UTC. */
export const isTrainingTick = (at: number): boolean => isMidnight(at) && (dayOf(at) - FIRST_MONDAY) % WEEK_DAYS === 0;

/** The first tick strictly after an instant: a tick sees what has a watermark below it. */
export const firstTickAfter = (at: number): number => (Math.floor(at / TICK_MS) + 1) * TICK_MS;

const lastDays = (tick: number, days: number): DayRange => {
  const last = dayOf(tick - 1);
  return { first: last - days + 1, last };
};

/** The days that a rule looks at, at a tick: 14, up to and including the day of the millisecond before it. */
export const windowOf = (tick: number): DayRange => lastDays(tick, WINDOW_DAYS);

/** The days that levels look at, at a tick. */
export const stateDaysOf = (tick: number): DayRange => lastDays(tick, STATE_DAYS);

/** When what was found at the midnight tick D takes effect: the following midnight. */
export const effectiveFrom = (midnight: number): number => midnight + DAY_MS;
