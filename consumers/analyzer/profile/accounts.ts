/**
 * When a partition says everything again, instead of what has changed. A cohort task that restarts reads from the last full account on, and a backtest can begin at one: so it is said again
 * as soon as what came after it is several times as long. Then a restart reads in proportion to what there is, and never to how long ago something was said in full; and saying it costs a
 * fraction of saying what changes, however much that is.
 */
import { DAY_MS } from '../time.ts';

/** Ours: a restart reads nine accounts at most, and the accounts are a ninth of what is written. */
const TIMES_AS_LONG = 8;
/** Ours, for a platform where little changes: a history whose beginning has expired can be tried from a week later on. */
const LONGEST_MS = 7 * DAY_MS;

/** The last full account. */
export interface LastAccount {
  readonly tick: number;
  readonly bytes: number;
  /** Bytes said since. */
  readonly later: number;
}

export const isDue = (last: LastAccount | null, tick: number): boolean => last === null || last.later > TIMES_AS_LONG * last.bytes || tick - last.tick >= LONGEST_MS;

/** After a tick: `records` is what was said at it, in full or not. */
export function noted(last: LastAccount | null, tick: number, full: boolean, records: readonly Buffer[]): LastAccount {
  let bytes = 0;
  for (const { length } of records) bytes += length;
  return full || last === null ? { tick, bytes, later: 0 } : { ...last, later: last.later + bytes };
}
