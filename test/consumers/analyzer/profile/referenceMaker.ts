/** Stands in for the cohort task: references by a fixed plan, so that only the profile task is under test. */
import { FEATURE_NAMES } from '../../../../consumers/analyzer/expertise/assign.ts';
import { MEASURES } from '../../../../consumers/analyzer/profile/measures.ts';
import type { LevelModel, Reference } from '../../../../consumers/analyzer/references.ts';
import { DAY_MS, isTrainingTick } from '../../../../consumers/analyzer/time.ts';
import { MONDAY, plainReference } from './world.ts';
import type { Level, Stage } from '../../../../schemas/records.ts';

function modelOf(version: number, shift = 0): LevelModel {
  const scaling = FEATURE_NAMES.map(() => ({ low: -10, high: 10, center: shift, scale: 1 }));
  const centroids = [-1, 0, 1].map((at) => [at, at, at, at]);
  // Far enough off that users do have other levels without a feature.
  const left_out = [0, 2].map((at) => ({
    without: FEATURE_NAMES[at] ?? '',
    scaling: scaling.with(at, { low: 0, high: 0, center: 0, scale: 1 }),
    centroids: centroids.map((centroid) => centroid.map((value, i) => (i === at ? 0 : value + at - 1))),
  }));
  return { version, scaling, centroids, labels: ['beginner', 'intermediate', 'expert'], left_out };
}

const LEVELS: readonly Level[] = ['beginner', 'intermediate', 'expert', 'infrequent', 'unclassified'];
const STAGES: readonly Stage[] = ['data', 'features', 'training'];

/** Weeks: none, new, new (shifted), kept, none, new (shifted) … Quantiles so low that users do get stuck. */
export function referenceOf(midnight: number): Reference {
  const week = Math.floor((midnight - MONDAY) / (7 * DAY_MS));
  const training = isTrainingTick(midnight);
  const plan = ['none', 'new', 'new', 'kept', 'none', 'new'] as const;
  const decision = plan[((week % plan.length) + plan.length) % plan.length] ?? 'none';
  // Where the model comes from is no matter here; only that it is there from the first `new` on, and changes from week to week.
  const version = MONDAY + Math.max(week, 1) * 7 * DAY_MS;
  return {
    ...plainReference(midnight),
    decision: training ? decision : null,
    model: week >= 1 ? modelOf(version, week % 2 === 0 ? 0.4 : -0.4) : null,
    quantiles: STAGES.flatMap((stage) => LEVELS.flatMap((level) => MEASURES.map((measure) => ({ stage, level, measure, p50: 0.1, p90: 0.25 })))),
    feature_medians: [
      { feature: 'feature-0', median_ms: 1_000 },
      { feature: 'feature-1', median_ms: 300 },
    ],
    open_sop: [{ feature: 'feature-1', stage: 'features', dimension: 'SoP' }],
  };
}
