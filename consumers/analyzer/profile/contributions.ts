/**
 * What one user adds to the cells of a feature at a tick: the counting rules of semantics 5, for one user. Cells are sums of these.
 */
import type { DayRange } from '../time.ts';
import { bucketOf, lowerMedian, mergeSteps } from './buckets.ts';
import type { Day, FeatureRef } from './buckets.ts';

/** Users with fewer ended attempts say nothing about abandonment (semantics 5). */
const MIN_ATTEMPTS = 3;

/** Keeps meeting an error: on more than a third of the days with a signal on the feature (semantics 5). */
const MEETING_DAYS = 3;

export interface Contribution {
  readonly worked: boolean;
  readonly used: boolean;
  readonly attempted: boolean;
  readonly stuck: boolean;
  /** Step of the lower median of completions; -1 where there are none. */
  readonly median: number;
  /** Fingerprint and whether the user keeps meeting it; null where there are none. */
  readonly errors: readonly (readonly [fingerprint: string, keeps: boolean])[] | null;
}

/** Null where the user has no signal on the feature in the window: otherwise the user is one of `seen`. */
export function contributionOf<Ref extends FeatureRef>(days: readonly Day<Ref>[], ref: Ref, window: DayRange): Contribution | null {
  let seenDays = 0;
  let actions = 0;
  let times = 0;
  let completed = 0;
  let stuckEnds = 0;
  let errorDays: Map<string, number> | null = null;
  let durations: number[][] | null = null;
  // Days ascend.
  for (let at = days.length - 1; at >= 0; at--) {
    const day = days[at];
    if (day === undefined || day.day < window.first) break;
    if (day.day > window.last) continue;
    const bucket = bucketOf(day, ref);
    if (bucket === undefined) continue;
    seenDays += 1;
    actions += bucket.actions;
    times += bucket.times;
    completed += bucket.completed;
    stuckEnds += bucket.failed + bucket.abandoned;
    if (bucket.durations !== null) {
      if (durations === null) durations = [bucket.durations];
      else durations.push(bucket.durations);
    }
    if (bucket.fingerprints !== null) {
      errorDays ??= new Map();
      for (const fingerprint of bucket.fingerprints) errorDays.set(fingerprint, (errorDays.get(fingerprint) ?? 0) + 1);
    }
  }
  if (seenDays === 0) return null;
  const ended = completed + stuckEnds;
  const attempted = ended >= MIN_ATTEMPTS;
  return {
    worked: actions + times > 0,
    used: actions > 0,
    attempted,
    stuck: attempted && stuckEnds * 2 > ended,
    median: durations === null ? -1 : lowerMedian(mergeSteps(durations)),
    errors: errorDays === null ? null : [...errorDays].map(([fingerprint, met]) => [fingerprint, met * MEETING_DAYS > seenDays] as const),
  };
}

/** Equal up to the order of errors, which only costs an update that changes nothing. */
export function sameContribution(a: Contribution, b: Contribution): boolean {
  if (a.worked !== b.worked || a.used !== b.used || a.attempted !== b.attempted || a.stuck !== b.stuck || a.median !== b.median) return false;
  const others = b.errors;
  if (a.errors === null || others === null) return a.errors === others;
  return a.errors.length === others.length && a.errors.every(([fingerprint, keeps], at) => others[at]?.[0] === fingerprint && others[at][1] === keeps);
}
