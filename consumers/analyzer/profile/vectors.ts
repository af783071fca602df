/** What the model sees of a user at a training tick (semantics 4): a vector for frequent users, nothing for machines and the others. */
import type { UserVector } from '../partials.ts';
import { boundaryOf, INFINITE_STEP } from '../quantise.ts';
import type { DayRange } from '../time.ts';
import type { Day, Days } from './buckets.ts';
import type { ReferenceView } from './referenceView.ts';

export type Values = UserVector['values'];

/** Frequent users: enter at 8 active days of the last 28, leave below 5 (semantics 4). */
const ENTER_DAYS = 8;
const STAY_DAYS = 5;
/** More actions per active day than any person takes (semantics 4). */
const MACHINE_ACTIONS = 500;
/** Known to be no person. */
export const SERVICE_ROLE = 'service';
/** Completion ratio (completed + 4) / (ended + 5): a user of few attempts is taken for an ordinary one (semantics 4). */
const PRIOR_COMPLETED = 4;
const PRIOR_ENDED = 5;
/** Completions of less than a millisecond are taken as one: their logarithm is finite. */
const SHORTEST_MS = 1;

export interface Standing {
  readonly machine: boolean;
  readonly frequent: boolean;
  /** Of frequent users; null for all others. */
  readonly values: Values | null;
}

const isIn = (day: Day | undefined, range: DayRange): day is Day => day !== undefined && day.day >= range.first && day.day <= range.last;

function relativeCompletion(days: Days, range: DayRange, view: ReferenceView | null): number | null {
  const relatives: [relative: number, count: number][] = [];
  let total = 0;
  for (let of = 0; of < days.length; of++) {
    const day = days.at(of);
    if (!isIn(day, range)) continue;
    const { length, refs, steps, counts } = day.completions;
    for (let at = 0; at < length; at++) {
      const step = steps[at] ?? 0;
      const median = view?.medianOf(refs[at]?.feature ?? '');
      // Tasks that did not end say nothing of how fast one works; they are in the completion ratio.
      if (median === undefined || step === INFINITE_STEP) continue;
      const count = counts[at] ?? 0;
      relatives.push([Math.max(boundaryOf(step), SHORTEST_MS) / median, count]);
      total += count;
    }
  }
  let left = Math.ceil(total / 2);
  for (const [relative, count] of relatives.sort((a, b) => a[0] - b[0])) {
    left -= count;
    if (left <= 0) return relative;
  }
  return null;
}

/** `wasFrequent`: at the last training tick. `view`: the reference in force at the tick. */
export function standingOf(days: Days, range: DayRange, role: string, wasFrequent: boolean, view: ReferenceView | null): Standing {
  const features = new Set<string>();
  const stages = new Set<string>();
  let activeDays = 0;
  let actions = 0;
  let completed = 0;
  let ended = 0;
  for (let at = 0; at < days.length; at++) {
    const day = days.at(at);
    if (!isIn(day, range)) continue;
    const { buckets } = day;
    if (buckets.some(({ active }) => active)) activeDays += 1;
    for (const bucket of buckets) {
      if (bucket.actions + bucket.times > 0) {
        features.add(bucket.ref.feature);
        stages.add(bucket.ref.stage);
      }
      actions += bucket.own;
      completed += bucket.completed;
      ended += bucket.completed + bucket.failed + bucket.abandoned;
    }
  }
  const machine = role === SERVICE_ROLE || actions > MACHINE_ACTIONS * activeDays;
  const frequent = !machine && activeDays >= (wasFrequent ? STAY_DAYS : ENTER_DAYS);
  if (!frequent) return { machine, frequent, values: null };
  const values: Values = [features.size / stages.size, actions / activeDays, (completed + PRIOR_COMPLETED) / (ended + PRIOR_ENDED), relativeCompletion(days, range, view)];
  return { machine, frequent, values };
}
