/**
 * What the cohort task feeds back to the profile tasks, once per midnight tick D: topic `analyzer.references`, versioned JSON, keyed by D,
 * compacted. Effective from D + 1 day. In force at a watermark: the newest with `effective_from` <= it.
 */
import type { Dimension, Level, Scaling, Stage } from '../../schemas/records.ts';
import type { BottleneckMeasure } from './partials.ts';

/** The same levels without one feature of the model: against these a rule about that very feature is checked. */
export interface LeftOutModel {
  /** The feature's name in the model. Its place in `scaling` and `centroids` stays, and makes everybody equal. */
  readonly without: string;
  readonly scaling: readonly Scaling[];
  /** In the order of the model's labels. */
  readonly centroids: readonly (readonly number[])[];
}

/** The model in force: what turns a vector into a level. */
export interface LevelModel {
  /** The training tick. */
  readonly version: number;
  readonly scaling: readonly Scaling[];
  /** Scaled centroids; `labels[i]` names `centroids[i]`. */
  readonly centroids: readonly (readonly number[])[];
  readonly labels: readonly Level[];
  /** Where without the feature there are three levels at all. Models of before this was checked have none. */
  readonly left_out?: readonly LeftOutModel[];
}

export interface CatalogEntry {
  readonly feature: string;
  readonly title: string;
  readonly stage: Stage;
  readonly core: boolean;
  readonly ignore_repeats: boolean;
  readonly expected_ms: number | null;
  readonly owner: string | null;
}

export interface Reference {
  readonly v: 1;
  /** The midnight tick D. */
  readonly tick: number;
  readonly effective_from: number;
  /** At training ticks what was decided; null at other midnights. */
  readonly decision: 'new' | 'kept' | 'none' | null;
  readonly model: LevelModel | null;
  /** Lower median and 90th percentile of each level's users, where there are any. */
  readonly quantiles: readonly { readonly stage: Stage; readonly level: Level; readonly measure: BottleneckMeasure; readonly p50: number; readonly p90: number }[];
  /** Lower median over the users (all levels but `machine`) of their completion times, ms; infinite ones are left out of the list. */
  readonly feature_medians: readonly { readonly feature: string; readonly median_ms: number }[];
  /** Features with an open SoP challenge. */
  readonly open_sop: readonly { readonly feature: string; readonly stage: Stage; readonly dimension: Dimension }[];
  readonly catalog: readonly CatalogEntry[];
}
