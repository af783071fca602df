/**
 * What is kept of a user's signals: per UTC day and feature one bucket of counts. Everything that rules, levels and bottlenecks need is a
 * sum over buckets, so that days can come late and leave.
 */
import { INFINITE_STEP, stepOf } from '../quantise.ts';
import type { Stage } from '../../../schemas/records.ts';
import type { Signal } from './signal.ts';

/** Per user and feature the fingerprints first seen in the 28 days, in merged order; the others make no challenge (ours: bounds the state). */
export const FINGERPRINTS_KEPT = 64;

/** A feature with its stage: one object per pair, so that it can be a key. */
export interface FeatureRef {
  readonly feature: string;
  readonly stage: Stage;
}

export interface Bucket<Ref extends FeatureRef = FeatureRef> {
  ref: Ref;
  /** Action signals, `started` and timers' included. */
  actions: number;
  /** Action signals that no timer made: what the user did. */
  own: number;
  times: number;
  /** An action or time signal that no timer made. */
  active: boolean;
  /** Ended attempts by outcome. */
  completed: number;
  failed: number;
  abandoned: number;
  /** Error signals but for those caused by a dependency. */
  errors: number;
  /** Distinct fingerprints of those, as far as they are kept, in the order first seen: their labels' numbers. */
  fingerprints: number[] | null;
  /** Completions as a flat list of step, count, step, count … ascending by step; censored ones at INFINITE_STEP. */
  durations: number[] | null;
}

export interface Day<Ref extends FeatureRef = FeatureRef> {
  readonly day: number;
  readonly buckets: readonly Bucket<Ref>[];
  /** Good until any day's are asked for again. */
  readonly completions: Completions<Ref>;
  /** `into`: may be filled and given instead of a new one; it is good until it is used again. */
  find(ref: Ref, into?: Bucket<Ref>): Bucket<Ref> | undefined;
}

/** Of one user, ascending: an array of them, or what is asked like one, whose days are good until the next is asked for. */
export interface Days<Ref extends FeatureRef = FeatureRef> {
  readonly length: number;
  at(index: number): Day<Ref> | undefined;
}

/** The steps of all of a day's buckets, by place. Behind `length` there may be others. */
export interface Completions<Ref extends FeatureRef = FeatureRef> {
  readonly length: number;
  readonly refs: readonly Ref[];
  readonly steps: readonly number[];
  readonly counts: readonly number[];
}

export const emptyBucket = <Ref extends FeatureRef>(ref: Ref): Bucket<Ref> => ({
  ref,
  actions: 0,
  own: 0,
  times: 0,
  active: false,
  completed: 0,
  failed: 0,
  abandoned: 0,
  errors: 0,
  fingerprints: null,
  durations: null,
});

const EMPTY: readonly number[] = [];

/** Adds one to a step's count. */
function addStep(durations: number[] | null, step: number): number[] {
  if (durations === null) return [step, 1];
  let at = 0;
  while (at < durations.length && (durations[at] ?? 0) < step) at += 2;
  if (durations[at] === step) durations[at + 1] = (durations[at + 1] ?? 0) + 1;
  else durations.splice(at, 0, step, 1);
  return durations;
}

/** Steps and counts of several days as one flat list, ascending; a step of two days may come twice. */
export function mergeSteps(lists: readonly (readonly number[])[]): readonly number[] {
  let merged = lists[0] ?? EMPTY;
  for (let at = 1; at < lists.length; at++) merged = mergeTwo(merged, lists[at] ?? EMPTY);
  return merged;
}

function mergeTwo(a: readonly number[], b: readonly number[]): number[] {
  const merged: number[] = [];
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    const isFromA = j >= b.length || (i < a.length && (a[i] ?? 0) <= (b[j] ?? 0));
    if (isFromA) merged.push(a[i++] ?? 0, a[i++] ?? 0);
    else merged.push(b[j++] ?? 0, b[j++] ?? 0);
  }
  return merged;
}

/** The lower median's step: the one at position ceil(n / 2) of n, counted from 1; -1 where there is none. */
export function lowerMedian(steps: readonly number[]): number {
  let total = 0;
  for (let at = 1; at < steps.length; at += 2) total += steps[at] ?? 0;
  if (total === 0) return -1;
  let left = Math.ceil(total / 2);
  for (let at = 0; at < steps.length; at += 2) {
    left -= steps[at + 1] ?? 0;
    if (left <= 0) return steps[at] ?? -1;
  }
  return -1;
}

/** Is the fingerprint among those kept for the user and feature, or is there room for it? `undefined`: nobody has met it yet. */
export function keepsFingerprint<Ref extends FeatureRef>(days: Days<Ref>, ref: Ref, fingerprint: number | undefined): boolean {
  const scratch = emptyBucket(ref);
  const lists: number[][] = [];
  let met = 0;
  for (let at = 0; at < days.length; at++) {
    const fingerprints = days.at(at)?.find(ref, scratch)?.fingerprints ?? null;
    if (fingerprints === null) continue;
    met += fingerprints.length;
    lists.push(fingerprints);
  }
  // Nearly always: only above it matters which of them are the same.
  if (met < FINGERPRINTS_KEPT) return true;
  const kept = new Set(lists.flat());
  return (fingerprint !== undefined && kept.has(fingerprint)) || kept.size < FINGERPRINTS_KEPT;
}

/** The numbers of a bucket, a bit each, in the order in which a day's bytes have them. */
const ACTIVE = 1;
export const ACTIONS = 1 << 1;
const OWN = 1 << 2;
const TIMES = 1 << 3;
const COMPLETED = 1 << 4;
const FAILED = 1 << 5;
const ABANDONED = 1 << 6;
const ERRORS = 1 << 7;
export const NUMBERS = 8;
/** Of ended attempts. */
export const ENDS = COMPLETED | FAILED | ABANDONED;

/** Which numbers a signal adds one to; `active` becomes true. */
export function numbersOf(signal: Signal): number {
  const own = signal.timer ? 0 : ACTIVE | OWN;
  switch (signal.class) {
    case 'action': {
      const { outcome } = signal;
      return own | ACTIONS | (outcome === 'completed' ? COMPLETED : outcome === 'failed' ? FAILED : outcome === 'abandoned' ? ABANDONED : 0);
    }
    case 'time':
      return (own & ACTIVE) | TIMES;
    case 'error':
      return signal.cause === 'dependency' ? 0 : ERRORS;
  }
}

/** The step of a completion; -1 for all other signals. */
export function completedStep(signal: Signal): number {
  if (signal.measure !== 'completion') return -1;
  return signal.censored ? INFINITE_STEP : stepOf(signal.duration_ms);
}

/** Adds one to the numbers that the bits name, and to a step's count, unless it is -1. */
export function addNumbers(bucket: Bucket, numbers: number, step: number): void {
  if ((numbers & ACTIVE) !== 0) bucket.active = true;
  if ((numbers & ACTIONS) !== 0) bucket.actions += 1;
  if ((numbers & OWN) !== 0) bucket.own += 1;
  if ((numbers & TIMES) !== 0) bucket.times += 1;
  if ((numbers & COMPLETED) !== 0) bucket.completed += 1;
  if ((numbers & FAILED) !== 0) bucket.failed += 1;
  if ((numbers & ABANDONED) !== 0) bucket.abandoned += 1;
  if ((numbers & ERRORS) !== 0) bucket.errors += 1;
  if (step >= 0) bucket.durations = addStep(bucket.durations, step);
}

/** Counts a signal in its bucket. `fingerprint`: of an error whose fingerprint is kept. */
export function countSignal(bucket: Bucket, signal: Signal, fingerprint: number | null): void {
  addNumbers(bucket, numbersOf(signal), completedStep(signal));
  if (fingerprint === null) return;
  bucket.fingerprints ??= [];
  if (!bucket.fingerprints.includes(fingerprint)) bucket.fingerprints.push(fingerprint);
}
