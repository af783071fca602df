/** When a user is stuck at a stage, and no longer: semantics 7. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openingOf, resolutionOf } from '../../../../consumers/analyzer/profile/bottlenecks.ts';
import type { FeatureRef } from '../../../../consumers/analyzer/profile/buckets.ts';
import { addSignal, measure, MEASURES, relativeCompletions, removeBucket, sumDays } from '../../../../consumers/analyzer/profile/measures.ts';
import { viewReference } from '../../../../consumers/analyzer/profile/referenceView.ts';
import { signalFrom } from '../../../../consumers/analyzer/profile/signal.ts';
import type { Signal } from '../../../../consumers/analyzer/profile/signal.ts';
import { StageSumsView } from '../../../../consumers/analyzer/profile/stageSums.ts';
import type { StageSums } from '../../../../consumers/analyzer/profile/stageSums.ts';
import type { BottleneckMeasure } from '../../../../consumers/analyzer/partials.ts';
import { DAY_MS, WINDOW_DAYS } from '../../../../consumers/analyzer/time.ts';
import fc from 'fast-check';
import { putSignal } from './plainDays.ts';
import type { PlainDay } from './plainDays.ts';
import { plainReference, signalOf } from './world.ts';
import type { Kind } from './world.ts';

const F: FeatureRef = { feature: 'f', stage: 'training' };
const G: FeatureRef = { feature: 'g', stage: 'training' };
const quantile = (measure: BottleneckMeasure, p50: number, p90: number): { stage: 'training'; level: 'beginner'; measure: BottleneckMeasure; p50: number; p90: number } => ({ stage: 'training', level: 'beginner', measure, p50, p90 });
const VIEW = viewReference({
  ...plainReference(0),
  quantiles: [quantile('errors_per_active_day', 0.5, 0.8), quantile('stuck_share', 0.2, 0.5), quantile('relative_completion', 1, 1.5)],
  feature_medians: [{ feature: 'f', median_ms: 1_000 }],
  open_sop: [{ feature: 'g', stage: 'training', dimension: 'SoP' }],
});
const LAST = 113;

type Happened = readonly [day: number, ref: FeatureRef, kind: Kind];
function put(days: PlainDay[], [day, ref, kind]: Happened): Signal {
  const signal = signalFrom(signalOf({ user: 'u', ...ref, kind, occurredAt: day * DAY_MS }, 0, 0, 0));
  putSignal(days, day, ref, signal);
  return signal;
}
function daysOf(...happened: Happened[]): PlainDay[] {
  const days: PlainDay[] = [];
  for (const one of happened) put(days, one);
  return days;
}
function trainingOf(days: readonly PlainDay[], last: number): StageSums {
  const window = new StageSumsView();
  sumDays(window, days, last);
  return window.of('training');
}
const plain = ({ buckets, errors, attempts, stuck, completions, active, attempted }: StageSums): StageSums => ({ buckets, errors, attempts, stuck, completions, active, attempted });
const measureOf = (days: readonly PlainDay[], last: number, sums: StageSums, name: BottleneckMeasure): number | null => measure(sums, name, () => relativeCompletions(days, last, VIEW).training);
const failed: Kind = { class: 'action', outcome: 'failed' };
const completed: Kind = { class: 'action', outcome: 'completed' };
const error: Kind = { class: 'error', code: 'A', cause: 'user' };
const open = (days: PlainDay[], level: 'beginner' | 'expert' = 'beginner'): ReturnType<typeof openingOf> =>
  openingOf({ id: 'u', level }, days, 'training', trainingOf(days, LAST), VIEW, LAST, 42);

const STUCK: Happened[] = [[100, F, failed], [100, F, error], [101, F, failed], [101, F, error], [101, F, error], [113, F, failed]];

test('opens with two of three measures above the 90th percentile and twice the median', () => {
  assert.equal(open(daysOf(...STUCK)), null, 'an error a day is exactly twice the median, not above it');
  const opened = open(daysOf(...STUCK, [101, F, error]));
  assert.deepEqual({ ...opened, reasons: opened?.reasons.length, score: undefined }, { user_id: 'u', stage: 'training', dimension: 'ET', status: 'opened', since: 42, evaluated_at: 42, reasons: 2, score: undefined, level: 'beginner' });
  assert.deepEqual(opened?.reasons, ['errors_per_active_day 1.326 > 1', 'stuck_share 0.996 > 0.5']);
});

test('needs three attempts on two days, and quantiles of the own level', () => {
  const heavy: Happened[] = [[100, F, error], [100, F, error], [100, F, error]];
  assert.equal(open(daysOf([100, F, failed], [100, F, failed], [100, F, failed], ...heavy)), null, 'one day');
  assert.equal(open(daysOf([100, F, failed], [101, F, failed], ...heavy, ...heavy)), null, 'two attempts');
  assert.ok(open(daysOf([100, F, failed], [101, F, failed], [101, F, failed], ...heavy)) !== null);
  assert.equal(open(daysOf([100, F, failed], [101, F, failed], [101, F, failed], ...heavy), 'expert'), null);
  assert.equal(open(daysOf([99, F, failed], [101, F, failed], [101, F, failed], ...heavy)), null, 'a day outside the window');
});

test('one measure is not enough; slow completions are one', () => {
  const slow = (durationMs: number): Kind => ({ class: 'time', measure: 'completion', durationMs, censored: false });
  const onlyStuck: Happened[] = [[100, F, failed], [101, F, failed], [102, F, completed]];
  assert.equal(open(daysOf(...onlyStuck)), null);
  assert.equal(open(daysOf(...onlyStuck, [102, F, slow(1_900)])), null);
  assert.ok(open(daysOf(...onlyStuck, [102, F, slow(2_200)])) !== null);
  assert.ok(open(daysOf(...onlyStuck, [102, F, { class: 'time', measure: 'completion', durationMs: 1, censored: true }])) !== null, 'censored is infinite');
});

test('SoP where an open SoP challenge covers a feature it rests on', () => {
  const heavy: Happened[] = [[100, G, error], [100, F, error], [101, F, error], [101, F, error], [102, F, error], [102, F, error]];
  const attempts: Happened[] = [[100, F, failed], [101, F, failed], [102, F, failed]];
  assert.equal(open(daysOf(...heavy, ...attempts))?.dimension, 'SoP');
  assert.equal(open(daysOf(...heavy.slice(1), ...attempts, [103, G, completed]))?.dimension, 'ET', 'a feature without trouble is not what it rests on');
});

test('resolves when fewer than two measures hold, or nothing happened for 14 days', () => {
  const opened = { stage: 'training' as const, since: 42, dimension: 'SoP' as const, reasons: ['r'] };
  const days = daysOf(...STUCK, [101, F, error]);
  const at = (last: number): ReturnType<typeof resolutionOf> => resolutionOf({ id: 'u', level: 'beginner' }, days, opened, trainingOf(days, last), VIEW, last, 99);
  assert.equal(at(113), null);
  assert.deepEqual(at(130), { user_id: 'u', stage: 'training', dimension: 'SoP', status: 'resolved', since: 42, evaluated_at: 99, reasons: ['r'], score: 0, level: 'beginner' });
  assert.equal(resolutionOf({ id: 'u', level: 'beginner' }, days, opened, trainingOf(days, 113), null, 113, 99)?.status, 'resolved');
});

test('signals one by one, and days that leave, are the same as measuring what is there', () => {
  const kinds: fc.Arbitrary<Kind> = fc.constantFrom<Kind[]>(failed, completed, error, { class: 'error', code: 'B', cause: 'dependency' }, { class: 'action', outcome: 'started' }, { class: 'time', measure: 'completion', durationMs: 700, censored: false }, { class: 'time', measure: 'completion', durationMs: 9_000, censored: true }, { class: 'time', measure: 'dwell', durationMs: 1, censored: false });
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 100, max: LAST }), fc.constantFrom(F, G), kinds), { maxLength: 30 }), fc.nat(13), (happened, gone) => {
      const days: PlainDay[] = [];
      const window = new StageSumsView();
      const training = window.of('training');
      for (const one of happened) {
        const isNew = days.find(({ day }) => day === one[0])?.find(one[1]) === undefined;
        addSignal(window, one[0], one[1].stage, put(days, one), isNew);
      }
      assert.deepEqual(plain(training), plain(trainingOf(days, LAST)));
      const last = LAST + gone;
      for (const { day, buckets } of days) for (const bucket of buckets) if (day <= last - WINDOW_DAYS) removeBucket(window, day, bucket);
      const whole = trainingOf(days, last);
      assert.deepEqual(plain(training), plain(whole));
      for (const name of MEASURES) assert.equal(measureOf(days, last, training, name), measureOf(days, last, whole, name));
    }),
  );
});
