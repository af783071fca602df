/** Days of one user as plain objects, signals put in one by one: for the counting rules, whatever form the state keeps days in. */
import type { UserDay } from '../../../../consumers/analyzer/profile/userDay.ts';
import { countSignal, emptyBucket, keepsFingerprint } from '../../../../consumers/analyzer/profile/buckets.ts';
import type { Bucket, Day, FeatureRef } from '../../../../consumers/analyzer/profile/buckets.ts';
import type { Signal } from '../../../../consumers/analyzer/profile/signal.ts';

export interface PlainDay extends Day {
  readonly buckets: Bucket[];
}

export function plainDay(day: number, buckets: Bucket[] = []): PlainDay {
  return {
    day,
    buckets,
    get completions() {
      const all = buckets.flatMap(({ ref, durations }) => (durations ?? []).flatMap((step, at, list) => (at % 2 === 0 ? [{ ref, step, count: list[at + 1] ?? 0 }] : [])));
      return { length: all.length, refs: all.map(({ ref }) => ref), steps: all.map(({ step }) => step), counts: all.map(({ count }) => count) };
    },
    find: (ref) => buckets.find((bucket) => bucket.ref === ref),
  };
}

const numbers = new Map<string, number>();

/** Any name has a number here. */
export function numberOf(fingerprint: string): number {
  const known = numbers.get(fingerprint) ?? numbers.size;
  numbers.set(fingerprint, known);
  return known;
}

/** Counts a signal on a day, made where it is missing; gives whether an error's fingerprint is kept. */
export function putSignal(days: PlainDay[], day: number, ref: FeatureRef, signal: Signal): boolean {
  let found = days.find((known) => known.day === day);
  if (found === undefined) days.push((found = plainDay(day)));
  days.sort((a, b) => a.day - b.day);
  let bucket = found.find(ref);
  if (bucket === undefined) found.buckets.push((bucket = emptyBucket(ref)));
  const number = numberOf(signal.fingerprint);
  const kept = signal.class === 'error' && signal.cause !== 'dependency' && keepsFingerprint(days, ref, number);
  countSignal(bucket, signal, kept ? number : null);
  return kept;
}

/** A copy of a day's record. */
export function recordOf(day: UserDay | undefined): Buffer {
  if (day === undefined) throw new Error('there is no such day');
  const { bytes, from, to } = day.record();
  return Buffer.from(bytes.subarray(from, to));
}
