/** Which days an effect is measured over. Pure: the fix and the last midnight that was evaluated are arguments. Times are epoch ms, UTC. */
import { dayOf, startOfDay } from '../time.ts';

export interface Periods {
  /** Days before, and as many after. */
  readonly days: number;
  readonly before_from: number;
  /** Not included. */
  readonly before_to: number;
  readonly after_from: number;
  /** Not included; the tick whose sight both periods have. */
  readonly after_to: number;
}

/** Ours: whole weeks, so that both periods have the same weekdays; two, as the rules look at, and one of them to begin with. */
const WEEKS_OF_DAYS = [14, 7] as const;

/** The day of the fix is in neither period. */
const daysOfFix = (fixedAt: number, days: number): Periods => {
  const fixed = dayOf(fixedAt);
  return { days, before_from: startOfDay(fixed - days), before_to: startOfDay(fixed), after_from: startOfDay(fixed + 1), after_to: startOfDay(fixed + 1 + days) };
};

/** `periods`: the longest that are over, or null; `next_at`: the midnight at which there will be longer ones, or null. `midnight`: the last that was evaluated. */
export function periodsOf(fixedAt: number, midnight: number): { readonly periods: Periods | null; readonly next_at: number | null } {
  const all = WEEKS_OF_DAYS.map((days) => daysOfFix(fixedAt, days));
  return { periods: all.find(({ after_to }) => after_to <= midnight) ?? null, next_at: all.findLast(({ after_to }) => after_to > midnight)?.after_to ?? null };
}

const WEEK_DAYS = 7;

/** So much earlier both periods lie before the fix, on the same weekdays. */
export const daysEarlier = ({ days }: Periods): number => days + WEEK_DAYS;

export function earlier(periods: Periods): Periods {
  const ms = startOfDay(daysEarlier(periods));
  const { days, before_from, before_to, after_from, after_to } = periods;
  return { days, before_from: before_from - ms, before_to: before_to - ms, after_from: after_from - ms, after_to: after_to - ms };
}
