/** From a user's vector to a level: the only code that does it, in training and in the profile tasks alike. */
import type { Level, Scaling } from '../../../schemas/records.ts';
import type { UserVector } from '../partials.ts';
import type { LevelModel } from '../references.ts';

/** Untransformed: features per stage entered, actions per active day, completion ratio, relative completion time. */
export type Values = UserVector['values'];

/** Names of the model's features, in the order of `Values` (semantics 4; the paper says only "action and time signals"). */
export const FEATURE_NAMES = ['features_per_stage', 'actions_per_active_day', 'completion_ratio', 'relative_completion'] as const;

export type ModelFeature = (typeof FEATURE_NAMES)[number];

/** Below this a logarithm says nothing more (ours): a user without any action, or a hundred times as fast as the median. */
const LOG_FLOOR = 0.01;

export interface Classification {
  readonly level: Level;
  /** Mean of the scaled features: higher is more expert. */
  readonly score: number;
  /** Euclidean, in scaled units, to each centroid in the model's order. */
  readonly distances: readonly { readonly level: Level; readonly distance: number }[];
}

const log = (value: number): number => Math.log(Math.max(value, LOG_FLOOR));

/** Transformed so that every feature grows with expertise; null where a user has none. */
export const transform = ([perStage, perDay, ratio, relative]: Values): (number | null)[] => [log(perStage), log(perDay), ratio, relative === null ? null : -log(relative)];

/** Winsorised, centred, scaled; what is not known is put in the middle (0). */
export function scale(scaling: readonly Scaling[], transformed: readonly (number | null)[]): number[] {
  return scaling.map(({ low, high, center, scale: unit }, i) => {
    const value = transformed[i] ?? null;
    return value === null ? 0 : (Math.min(Math.max(value, low), high) - center) / unit;
  });
}

export const scaleVector = (model: Pick<LevelModel, 'scaling'>, values: Values): number[] => scale(model.scaling, transform(values));

export const mean = (values: readonly number[]): number => (values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length);

export const squaredDistance = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, i) => sum + (value - (b[i] ?? 0)) ** 2, 0);

/** Index of the nearest centroid; of two equally near ones the first. */
export function nearestTo(centroids: readonly (readonly number[])[], scaled: readonly number[]): number {
  let nearest = 0;
  let smallest = Infinity;
  centroids.forEach((centroid, i) => {
    const distance = squaredDistance(scaled, centroid);
    if (distance < smallest) [nearest, smallest] = [i, distance];
  });
  return nearest;
}

/** The level of the nearest centroid; of two equally near ones the first in the model's order. A model without centroids classifies nobody. */
export function classify(model: Pick<LevelModel, 'scaling' | 'centroids' | 'labels'>, values: Values): Classification {
  const scaled = scaleVector(model, values);
  const distances = model.centroids.map((centroid, i) => ({ level: model.labels[i] ?? ('unclassified' as const), distance: Math.sqrt(squaredDistance(scaled, centroid)) }));
  let nearest: { level: Level; distance: number } = { level: 'unclassified', distance: Infinity };
  for (const candidate of distances) if (candidate.distance < nearest.distance) nearest = candidate;
  return { level: nearest.level, score: mean(scaled), distances };
}
