/** A reference, indexed for the questions that are asked per signal. */
import type { Level, Stage } from '../../../schemas/records.ts';
import type { BottleneckMeasure } from '../partials.ts';
import type { Reference } from '../references.ts';

interface Quantiles {
  readonly p50: number;
  readonly p90: number;
}

export interface ReferenceView {
  readonly reference: Reference;
  /** The feature's median completion, ms, above 0; undefined where none is known. */
  medianOf(feature: string): number | undefined;
  quantilesOf(stage: Stage, level: Level): Partial<Record<BottleneckMeasure, Quantiles>> | undefined;
  hasOpenSop(stage: Stage, feature: string): boolean;
}

/** Medians of less than a millisecond are taken as one: a ratio to 0 says nothing. */
const SMALLEST_MEDIAN_MS = 1;

export function viewReference(reference: Reference): ReferenceView {
  const medians = new Map(reference.feature_medians.map(({ feature, median_ms }) => [feature, Math.max(median_ms, SMALLEST_MEDIAN_MS)]));
  const quantiles: Partial<Record<Stage, Partial<Record<Level, Partial<Record<BottleneckMeasure, Quantiles>>>>>> = {};
  for (const { stage, level, measure, p50, p90 } of reference.quantiles) ((quantiles[stage] ??= {})[level] ??= {})[measure] = { p50, p90 };
  const sop = new Set(reference.open_sop.map(({ feature, stage }) => `${stage}/${feature}`));
  return {
    reference,
    medianOf: (feature) => medians.get(feature),
    quantilesOf: (stage, level) => quantiles[stage]?.[level],
    hasOpenSop: (stage, feature) => sop.has(`${stage}/${feature}`),
  };
}
