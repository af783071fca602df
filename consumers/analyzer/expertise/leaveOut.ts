/**
 * The levels without one feature of the model. A rule about, say, completion times compares levels that were themselves made from completion
 * times: whether it also holds between levels that know nothing of them shows how much of it is the model talking to itself.
 */
import type { Level, Scaling } from '../../../schemas/records.ts';
import type { LeftOutModel, LevelModel } from '../references.ts';
import { classify, FEATURE_NAMES, mean, nearestTo } from './assign.ts';
import type { ModelFeature, Values } from './assign.ts';
import { cluster, STARTS } from './cluster.ts';
import { gateFailures } from './quality.ts';
import { NO_SCALING } from './scaling.ts';

/** Features of the model that some rule is about; no rule is about actions per active day. */
const LEFT_OUT: readonly ModelFeature[] = ['features_per_stage', 'completion_ratio', 'relative_completion'];

/** Of more users every n-th of the sorted list is looked at (ours): centroids of so many do not depend on who else there is. */
const LEAVE_OUT_USERS = 50_000;

/** What the whole model was fitted to, and what came out. */
export interface Fitted {
  /** Scaled, in the order of the user ids. */
  readonly points: readonly (readonly number[])[];
  readonly scaling: readonly Scaling[];
  /** In the order of `labels`. */
  readonly centroids: readonly (readonly number[])[];
  readonly labels: readonly Level[];
  readonly seed: number;
}

/** Churn is no gate here: nobody gets these levels. */
function isSound(centroids: readonly (readonly number[])[], labels: readonly Level[], points: readonly (readonly number[])[]): boolean {
  const sizes = labels.map(() => 0);
  for (const point of points) {
    const nearest = nearestTo(centroids, point);
    sizes[nearest] = (sizes[nearest] ?? 0) + 1;
  }
  return gateFailures({ centroids, labels, sizes, churn: null }).length === 0;
}

/**
 * Trained like the model itself, warm from its centroids. Where the best of all starts does not pass the gates, what the warm one alone leads
 * to; null where that does not either: without the feature there are no three levels.
 */
function leaveOut(without: ModelFeature, { points, scaling, centroids, labels, seed }: Fitted): LeftOutModel | null {
  const at = FEATURE_NAMES.indexOf(without);
  const flat = points.map((point) => point.with(at, 0));
  const warm = centroids.map((centroid) => centroid.with(at, 0));
  for (const starts of [STARTS, 0]) {
    const found = cluster(flat, seed, warm, starts)?.sort((a, b) => mean(a) - mean(b));
    if (found !== undefined && isSound(found, labels, flat)) return { without, scaling: scaling.with(at, NO_SCALING), centroids: found };
  }
  return null;
}

/** One for each feature that can be done without. */
export function leaveOneOut(fitted: Fitted): LeftOutModel[] {
  const step = Math.ceil(fitted.points.length / LEAVE_OUT_USERS);
  const sampled = step === 1 ? fitted : { ...fitted, points: fitted.points.filter((_, i) => i % step === 0) };
  return LEFT_OUT.map((without) => leaveOut(without, sampled)).filter((model) => model !== null);
}

/** Another level that a user has once a feature is left out. */
export type OtherLevel = readonly [without: string, level: Level];

/**
 * Levels that a user would have instead of `level` without a feature. Only what leaving it out brings about: someone near a border, who keeps
 * a level though another centroid is nearer, keeps it here too.
 */
export function otherLevels(model: LevelModel, values: Values, level: Level): OtherLevel[] {
  const whole = classify(model, values).level;
  return (model.left_out ?? []).flatMap(({ without, ...rest }): OtherLevel[] => {
    const other = classify({ ...rest, labels: model.labels }, values).level;
    return other === whole || other === level ? [] : [[without, other]];
  });
}
