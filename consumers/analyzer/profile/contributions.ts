/**
 * What one user adds to the cells of a feature at a tick: the counting rules of semantics 5, for one user. Cells are sums of these.
 */
import type { DayRange } from '../time.ts';
import { ACTIONS, emptyBucket, ENDS, lowerMedian, mergeSteps } from './buckets.ts';
import type { Bucket, Days, FeatureRef } from './buckets.ts';

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
  readonly errors: readonly (readonly [fingerprint: number, keeps: boolean])[] | null;
}

/** One for all: only its lists are kept. */
const scratch: Bucket = emptyBucket({ feature: '', stage: 'data' });

/** Null where the user has no signal on the feature in the window: otherwise the user is one of `seen`. */
export function contributionOf<Ref extends FeatureRef>(days: Days<Ref>, ref: Ref, window: DayRange): Contribution | null {
  let seenDays = 0;
  let actions = 0;
  let times = 0;
  let completed = 0;
  let stuckEnds = 0;
  let errorDays: Map<number, number> | null = null;
  let durations: number[][] | null = null;
  // Days ascend.
  for (let at = days.length - 1; at >= 0; at--) {
    const day = days.at(at);
    if (day === undefined || day.day < window.first) break;
    if (day.day > window.last) continue;
    const bucket = day.find(ref, scratch as Bucket<Ref>);
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
  const plain = shared(actions + times > 0, actions > 0, attempted, attempted && stuckEnds * 2 > ended, durations === null ? -1 : lowerMedian(mergeSteps(durations)));
  if (errorDays === null) return plain;
  return { ...plain, errors: [...errorDays].map(([fingerprint, met]) => [fingerprint, met * MEETING_DAYS > seenDays] as const) };
}

/**
 * Whether one more signal of these numbers (`numbersOf`) can change what a user adds; null: nothing yet. `isNew`: the first on its day. Of a signal that ends no attempt and no task, it
 * nearly always cannot: the user works with the feature, and is counted as such already.
 */
export function mayChange(known: Contribution | null, numbers: number, isNew: boolean): boolean {
  if (known === null || (numbers & ENDS) !== 0 || !known.worked) return true;
  return ((numbers & ACTIONS) !== 0 && !known.used) || (isNew && known.errors !== null);
}

/** Those without errors, by what is in them: there are few different ones, and most users have many of them. */
const plainOnes = new Map<number, Contribution>();

function shared(worked: boolean, used: boolean, attempted: boolean, stuck: boolean, median: number): Contribution {
  const key = (median + 1) * 16 + (worked ? 8 : 0) + (used ? 4 : 0) + (attempted ? 2 : 0) + (stuck ? 1 : 0);
  let known = plainOnes.get(key);
  if (known === undefined) {
    known = { worked, used, attempted, stuck, median, errors: null };
    plainOnes.set(key, known);
  }
  return known;
}

/** Equal up to the order of errors, which only costs an update that changes nothing. */
export function sameContribution(a: Contribution, b: Contribution): boolean {
  if (a === b) return true;
  if (a.worked !== b.worked || a.used !== b.used || a.attempted !== b.attempted || a.stuck !== b.stuck || a.median !== b.median) return false;
  const others = b.errors;
  if (a.errors === null || others === null) return a.errors === others;
  return a.errors.length === others.length && a.errors.every(([fingerprint, keeps], at) => others[at]?.[0] === fingerprint && others[at][1] === keeps);
}
