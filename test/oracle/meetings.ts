/** Oracle, part 2: what one user's signals on one feature say over a window (semantics 5). From the list of signals, each time anew. */
import type { Seen } from './seen.ts';

export interface Meeting {
  readonly worked: boolean;
  readonly used: boolean;
  /** At least three ended attempts. */
  readonly attempted: boolean;
  /** More than half of them abandoned or failed. */
  readonly stuck: boolean;
  /** Lower median of completions, Infinity when most are censored, null without any. */
  readonly median: number | null;
  readonly saw: ReadonlySet<string>;
  /** On more than a third of the user's days on the feature. */
  readonly keeps: ReadonlySet<string>;
}

/** The middle one, the lower of two. */
export const lowerMedian = (values: readonly number[]): number | null => Float64Array.from(values).sort()[Math.ceil(values.length / 2) - 1] ?? null;

/** `signals`: at least one. */
export function meetingOf(signals: readonly Seen[]): Meeting {
  const days = new Set(signals.map(({ day }) => day)).size;
  const ended = signals.filter(({ ended: how }) => how !== null);
  const bad = ended.filter(({ ended: how }) => how === 'bad').length;
  const completions = signals.flatMap(({ completion }) => (completion === null ? [] : [completion]));
  const errorDays = new Map<string, Set<number>>();
  for (const { fingerprint, day } of signals) if (fingerprint !== null) errorDays.set(fingerprint, (errorDays.get(fingerprint) ?? new Set()).add(day));
  return {
    worked: signals.some((signal) => signal.class !== 'error'),
    used: signals.some((signal) => signal.class === 'action'),
    attempted: ended.length >= 3,
    stuck: ended.length >= 3 && bad / ended.length > 0.5,
    median: lowerMedian(completions),
    saw: new Set(errorDays.keys()),
    keeps: new Set([...errorDays].filter(([, on]) => on.size / days > 1 / 3).map(([fingerprint]) => fingerprint)),
  };
}
