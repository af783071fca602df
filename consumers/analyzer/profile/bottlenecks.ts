/** One user stuck at one stage (semantics 7; the paper: each new signal, stage-wise, per user). */
import type { Bottleneck, Dimension, Level, Stage } from '../../../schemas/records.ts';
import type { BottleneckMeasure } from '../partials.ts';
import { boundaryOf, INFINITE_STEP } from '../quantise.ts';
import type { Bucket, Days } from './buckets.ts';
import { bits, isInWindow, measure, MEASURES, relativeCompletions } from './measures.ts';
import type { ReferenceView } from './referenceView.ts';
import type { StageSums } from './stageSums.ts';

/** A user with fewer attempts, or all on one day, may just have had a bad day (semantics 7). */
const MIN_ATTEMPTS = 3;
const MIN_DAYS = 2;
/** Two of the three measures (semantics 7). */
const MIN_MEASURES = 2;
const TIMES_MEDIAN = 2;
/** Where the level's own values are 0 there is no ratio to them: this one stands for "far above" (ours). */
const LARGEST_SCORE = 100;

export interface OpenBottleneck {
  readonly stage: Stage;
  readonly since: number;
  readonly dimension: Dimension;
  readonly reasons: readonly string[];
}

export interface StuckUser {
  readonly id: string;
  readonly level: Level;
}

/** What is asked about a user. `last`: the window's last day. */
interface Case {
  readonly user: StuckUser;
  readonly days: Days;
  readonly stage: Stage;
  readonly sums: StageSums;
  readonly last: number;
  readonly view: ReferenceView;
}

interface Holding {
  readonly measure: BottleneckMeasure;
  readonly value: number;
  readonly threshold: number;
}

/** Whether the user is above the level's 90th percentile and above twice its median. */
function held({ sums, user, days, stage, last, view }: Case, name: BottleneckMeasure): Holding | null {
  const quantiles = view.quantilesOf(stage, user.level)?.[name];
  const value = quantiles === undefined ? null : measure(sums, name, () => relativeCompletions(days, last, view)[stage]);
  if (quantiles === undefined || value === null) return null;
  const threshold = Math.max(quantiles.p90, TIMES_MEDIAN * quantiles.p50);
  return value > threshold ? { measure: name, value, threshold } : null;
}

/** The measures that hold. */
const holding = (asked: Case): Holding[] => MEASURES.map((name) => held(asked, name)).filter((found) => found !== null);

/** Without one of the cheap ones there are no two of three: the third costs a sort. */
const mayHold = (asked: Case): boolean => held(asked, 'stuck_share') !== null || held(asked, 'errors_per_active_day') !== null;

const scoreOf = (found: readonly Holding[]): number =>
  found.length === 0 ? 0 : found.reduce((sum, { value, threshold }) => sum + (threshold === 0 ? LARGEST_SCORE : Math.min(value / threshold, LARGEST_SCORE)), 0) / found.length;

/** Whether a bucket is part of why a measure is high. */
function feeds(bucket: Bucket, name: BottleneckMeasure, view: ReferenceView): boolean {
  if (name === 'errors_per_active_day') return bucket.errors > 0;
  if (name === 'stuck_share') return bucket.failed + bucket.abandoned > 0;
  const median = view.medianOf(bucket.ref.feature);
  const slowest = bucket.durations?.at(-2);
  return median !== undefined && slowest !== undefined && (slowest === INFINITE_STEP || boundaryOf(slowest) > median);
}

/** ET, unless an open SoP challenge covers a feature that the bottleneck rests on: then the platform is at fault. */
function dimensionOf(days: Days, stage: Stage, last: number, found: readonly Holding[], view: ReferenceView): Dimension {
  for (let at = 0; at < days.length; at++) {
    const day = days.at(at);
    if (day === undefined || !isInWindow(day.day, last)) continue;
    for (const bucket of day.buckets) {
      if (bucket.ref.stage === stage && view.hasOpenSop(stage, bucket.ref.feature) && found.some((one) => feeds(bucket, one.measure, view))) return 'SoP';
    }
  }
  return 'ET';
}

/** After a signal at the stage: what opens, or null. `last`: the window's last day, that of the watermark. */
export function openingOf(user: StuckUser, days: Days, stage: Stage, sums: StageSums, view: ReferenceView, last: number, watermark: number): Bottleneck | null {
  if (sums.attempts < MIN_ATTEMPTS || bits(sums.attempted) < MIN_DAYS || !mayHold({ user, days, stage, sums, last, view })) return null;
  const found = holding({ user, days, stage, sums, last, view });
  if (found.length < MIN_MEASURES) return null;
  return {
    user_id: user.id,
    stage,
    dimension: dimensionOf(days, stage, last, found, view),
    status: 'opened',
    since: watermark,
    evaluated_at: watermark,
    reasons: found.map(({ measure: name, value, threshold }) => `${name} ${String(value)} > ${String(threshold)}`),
    score: scoreOf(found),
    level: user.level,
  };
}

/** At a midnight tick: what resolves, or null. `last`: the window's last day. Without signals at the stage for 14 days no measure holds any more. */
export function resolutionOf(user: StuckUser, days: Days, open: OpenBottleneck, sums: StageSums, view: ReferenceView | null, last: number, tick: number): Bottleneck | null {
  const { stage } = open;
  const found = view === null ? [] : holding({ user, days, stage, sums, last, view });
  if (found.length >= MIN_MEASURES) return null;
  return {
    user_id: user.id,
    stage,
    dimension: open.dimension,
    status: 'resolved',
    since: open.since,
    evaluated_at: tick,
    reasons: [...open.reasons],
    score: scoreOf(found),
    level: user.level,
  };
}
