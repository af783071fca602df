/**
 * The three measures of a user at a stage over 14 days (semantics 7), as sums that a signal adds to and a day that leaves takes from, so that
 * asking after every signal costs next to nothing. Of completions only the number: what they are relative to changes from day to day, and they are asked for rarely.
 */
import type { Stage } from '../../../schemas/records.ts';
import type { BottleneckMeasure } from '../partials.ts';
import { boundaryOf, INFINITE_STEP, quantise } from '../quantise.ts';
import { WINDOW_DAYS } from '../time.ts';
import type { Bucket, Days, FeatureRef } from './buckets.ts';
import { Numbers } from './numbers.ts';
import type { Signal } from './signal.ts';
import type { ReferenceView } from './referenceView.ts';
import { STAGES } from './stageSums.ts';
import type { StageSums, StageWindow } from './stageSums.ts';

export const MEASURES: readonly BottleneckMeasure[] = ['errors_per_active_day', 'relative_completion', 'stuck_share'];

/** Measures are small numbers: their thousandths are quantised in steps of one per cent, like durations. */
const PER_UNIT = 1_000;

/** Stands for an infinite relative completion, so that histograms need no special case (ours): a million times the median is no work any more. */
const LONGEST_RELATIVE = 1_000_000;

/** Is the day one of the window's? `last`: the window's last. */
export const isInWindow = (day: number, last: number): boolean => day <= last && day > last - WINDOW_DAYS;

const DAY_BITS = 31;
const bitOf = (day: number): number => 1 << (day & DAY_BITS);

function completionsOf({ durations }: Bucket): number {
  let count = 0;
  if (durations !== null) for (let at = 1; at < durations.length; at += 2) count += durations[at] ?? 0;
  return count;
}

/** Adds all of a bucket. */
function addBucket(window: StageWindow, day: number, bucket: Bucket): void {
  const sums = window.of(bucket.ref.stage);
  const stuck = bucket.failed + bucket.abandoned;
  sums.buckets += 1;
  sums.errors += bucket.errors;
  sums.attempts += bucket.completed + stuck;
  sums.stuck += stuck;
  sums.completions += completionsOf(bucket);
  if (bucket.active) sums.active |= bitOf(day);
  if (bucket.completed + stuck > 0) sums.attempted |= bitOf(day);
}

/** Adds up the 14 days up to a last one, from nothing. */
export function sumDays(window: StageWindow, days: Days, last: number): void {
  for (let at = 0; at < days.length; at++) {
    const day = days.at(at);
    if (day === undefined || !isInWindow(day.day, last)) continue;
    for (const bucket of day.buckets) addBucket(window, day.day, bucket);
  }
}

/** Takes out all of a bucket whose day leaves the window. */
export function removeBucket(window: StageWindow, day: number, bucket: Bucket): void {
  const sums = window.of(bucket.ref.stage);
  const stuck = bucket.failed + bucket.abandoned;
  sums.buckets -= 1;
  sums.errors -= bucket.errors;
  sums.attempts -= bucket.completed + stuck;
  sums.stuck -= stuck;
  sums.completions -= completionsOf(bucket);
  sums.active &= ~bitOf(day);
  sums.attempted &= ~bitOf(day);
}

/** Adds a signal of a day of the window. `isNew`: the first of its day and feature. */
export function addSignal(window: StageWindow, day: number, stage: Stage, signal: Signal, isNew: boolean): void {
  const sums = window.of(stage);
  if (isNew) sums.buckets += 1;
  if (signal.class === 'error') {
    if (signal.cause !== 'dependency') sums.errors += 1;
    return;
  }
  if (!signal.timer) sums.active |= bitOf(day);
  if (signal.class === 'action') {
    const { outcome } = signal;
    if (outcome === null || outcome === 'started') return;
    sums.attempts += 1;
    if (outcome !== 'completed') sums.stuck += 1;
    sums.attempted |= bitOf(day);
  } else if (signal.measure === 'completion') {
    sums.completions += 1;
  }
}

export function bits(mask: number): number {
  let count = 0;
  for (let left = mask; left !== 0; left &= left - 1) count += 1;
  return count;
}

const quantiseMeasure = (value: number): number => quantise(Math.floor(value * PER_UNIT)) / PER_UNIT;
const quantised = (value: number | undefined): number | null => (value === undefined ? null : quantiseMeasure(value));

/** One for all users. */
const relatives: Readonly<Record<Stage, Numbers>> = { data: new Numbers(), features: new Numbers(), training: new Numbers(), deployment: new Numbers() };

/** Completions relative to their features' medians, by stage; of features whose median is known. Good until the next call. */
export function relativeCompletions(days: Days, last: number, view: ReferenceView): Readonly<Record<Stage, Numbers>> {
  for (const stage of STAGES) relatives[stage].clear();
  for (let of = 0; of < days.length; of++) {
    const day = days.at(of);
    if (day === undefined || !isInWindow(day.day, last)) continue;
    const { length, refs, steps, counts } = day.completions;
    for (let at = 0; at < length; at++) {
      const ref = refs[at] as FeatureRef;
      const median = view.medianOf(ref.feature);
      if (median === undefined) continue;
      const step = steps[at] as number;
      const relative = step === INFINITE_STEP ? LONGEST_RELATIVE : Math.min(boundaryOf(step) / median, LONGEST_RELATIVE);
      for (let count = counts[at] as number; count > 0; count--) relatives[ref.stage].add(relative);
    }
  }
  return relatives;
}

/**
 * Quantised to about one per cent; null: the user has nothing to measure. Errors without any active day count as on one. `relatives`: the completions of the stage,
 * asked for only where there are any.
 */
export function measure(sums: StageSums, name: BottleneckMeasure, relatives: () => Numbers | null): number | null {
  switch (name) {
    case 'errors_per_active_day':
      return sums.buckets === 0 ? null : quantiseMeasure(sums.errors / Math.max(bits(sums.active), 1));
    case 'stuck_share':
      return sums.attempts === 0 ? null : quantiseMeasure(sums.stuck / sums.attempts);
    case 'relative_completion':
      return sums.completions === 0 ? null : quantised(relatives()?.middle());
  }
}
