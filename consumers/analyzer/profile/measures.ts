/**
 * The three measures of a user at a stage over 14 days (semantics 7), kept as sums that a signal adds to, so that asking after every signal
 * costs next to nothing. They hold for one window and one reference, and are made anew from the days when either is another.
 */
import type { Stage } from '../../../schemas/records.ts';
import type { BottleneckMeasure } from '../partials.ts';
import { boundaryOf, INFINITE_STEP, quantise, stepOf } from '../quantise.ts';
import { WINDOW_DAYS } from '../time.ts';
import { byTimer } from './buckets.ts';
import type { Day, FeatureRef } from './buckets.ts';
import type { Signal } from './merge.ts';
import type { ReferenceView } from './referenceView.ts';

export const STAGES: readonly Stage[] = ['data', 'features', 'training', 'deployment'];

export const MEASURES: readonly BottleneckMeasure[] = ['errors_per_active_day', 'relative_completion', 'stuck_share'];

/** Measures are small numbers: their thousandths are quantised in steps of one per cent, like durations. */
const PER_UNIT = 1_000;

/** Stands for an infinite relative completion, so that histograms need no special case (ours): a million times the median is no work any more. */
export const LONGEST_RELATIVE = 1_000_000;

export interface StageSums {
  errors: number;
  /** Ended attempts, and those of them failed or abandoned. */
  attempts: number;
  stuck: number;
  /** Bit i: so on the day `last - i`. Active as in semantics 1; `attempted`: an ended attempt. */
  active: number;
  attempted: number;
  /** Any signal at all. */
  seen: boolean;
  /** Steps of relative completions, ascending. */
  relatives: number[] | null;
}

export interface StageMeasures {
  /** The window's last day, and the reference that completions are relative to. */
  readonly last: number;
  readonly view: ReferenceView | null;
  readonly stages: Readonly<Record<Stage, StageSums>>;
}

/** Null: the user has nothing to measure. */
export type Values = Readonly<Record<BottleneckMeasure, number | null>>;

export const quantiseMeasure = (value: number): number => quantise(Math.floor(value * PER_UNIT)) / PER_UNIT;

/** A completion relative to its feature's median, as a step of thousandths. */
function relativeStep(step: number, medianMs: number): number {
  const relative = step === INFINITE_STEP ? LONGEST_RELATIVE : Math.min(boundaryOf(step) / medianMs, LONGEST_RELATIVE);
  return stepOf(Math.floor(relative * PER_UNIT));
}

function insert(sorted: number[], step: number): void {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) <= step) low = middle + 1;
    else high = middle;
  }
  sorted.splice(low, 0, step);
}

const noSums = (): StageSums => ({ errors: 0, attempts: 0, stuck: 0, active: 0, attempted: 0, seen: false, relatives: null });

export function measureStages(days: readonly Day[], last: number, view: ReferenceView | null): StageMeasures {
  const stages = { data: noSums(), features: noSums(), training: noSums(), deployment: noSums() };
  // Days ascend.
  for (let at = days.length - 1; at >= 0; at--) {
    const day = days[at];
    if (day === undefined || last - day.day >= WINDOW_DAYS) break;
    const bit = last - day.day;
    if (bit < 0) continue;
    for (const bucket of day.buckets) {
      const sums = stages[bucket.ref.stage];
      const stuck = bucket.failed + bucket.abandoned;
      sums.seen = true;
      sums.errors += bucket.errors;
      sums.attempts += bucket.completed + stuck;
      sums.stuck += stuck;
      if (bucket.active) sums.active |= 1 << bit;
      if (bucket.completed + stuck > 0) sums.attempted |= 1 << bit;
      const median = view?.medianOf(bucket.ref.feature);
      if (median === undefined || bucket.durations === null) continue;
      for (let at = 0; at < bucket.durations.length; at += 2) {
        const step = relativeStep(bucket.durations[at] ?? 0, median);
        const relatives = (sums.relatives ??= []);
        for (let count = bucket.durations[at + 1] ?? 0; count > 0; count--) relatives.push(step);
      }
    }
  }
  for (const stage of STAGES) stages[stage].relatives?.sort((a, b) => a - b);
  return { last, view, stages };
}

/** Adds a signal that has been counted in a bucket of `day` to sums made before it. */
export function addSignal(measures: StageMeasures, day: number, ref: FeatureRef, signal: Signal): void {
  const bit = measures.last - day;
  if (bit < 0 || bit >= WINDOW_DAYS) return;
  const sums = measures.stages[ref.stage];
  sums.seen = true;
  if (signal.class === 'error') {
    if (signal.record.cause !== 'dependency') sums.errors += 1;
    return;
  }
  if (!byTimer(signal)) sums.active |= 1 << bit;
  if (signal.class === 'action') {
    const { outcome } = signal.record;
    if (outcome === null || outcome === 'started') return;
    sums.attempts += 1;
    if (outcome !== 'completed') sums.stuck += 1;
    sums.attempted |= 1 << bit;
  } else if (signal.record.measure === 'completion') {
    const median = measures.view?.medianOf(ref.feature);
    if (median !== undefined) insert((sums.relatives ??= []), relativeStep(signal.record.censored ? INFINITE_STEP : stepOf(signal.record.duration_ms), median));
  }
}

export function bits(mask: number): number {
  let count = 0;
  for (let left = mask; left !== 0; left &= left - 1) count += 1;
  return count;
}

/** Quantised to about one per cent. Errors without any active day count as on one. */
export function valuesOf(sums: StageSums): Values {
  const median = sums.relatives?.[Math.ceil(sums.relatives.length / 2) - 1];
  return {
    errors_per_active_day: sums.seen ? quantiseMeasure(sums.errors / Math.max(bits(sums.active), 1)) : null,
    relative_completion: median === undefined ? null : boundaryOf(median) / PER_UNIT,
    stuck_share: sums.attempts === 0 ? null : quantiseMeasure(sums.stuck / sums.attempts),
  };
}
