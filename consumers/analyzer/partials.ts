/**
 * What a profile task tells the cohort task at each tick: its users' partial aggregates. A user lives in one partition, so the numbers of
 * distinct users simply add up over the partitions. Topic `analyzer.partials`, versioned JSON, one writer per partition, in tick order:
 * for a tick its `cells` chunks, at a training tick its `vectors` chunks, then one `tick`, which closes it. A transaction ends with `progress`.
 */
import type { Level, SignalClass, Stage } from '../../schemas/records.ts';

/**
 * Users of one (level, team) who met a feature in the 14-day window: by how many distinct users each count has grown since the partition last said something, below 0 where it
 * has fallen. In a full account everything, which is the difference to nothing.
 */
export interface Cell {
  readonly level: Level;
  readonly team: string;
  /** Any signal on the feature. */
  readonly seen: number;
  /** An action or time signal on the feature. */
  readonly worked: number;
  /** An action signal on the feature. */
  readonly used: number;
  /** At least 3 ended attempts. */
  readonly attempted: number;
  /** Of those, more than half abandoned or failed. */
  readonly stuck: number;
  /** Pairs [boundary in ms, users]: each user's lower median of quantised completion durations; the boundary of an infinite median is -1. */
  readonly durations: readonly (readonly [number, number])[];
  /** Per fingerprint [users who saw it, users who keep meeting it]; causes `dependency` and the 65th fingerprint on are left out. */
  readonly errors: Readonly<Record<string, readonly [number, number]>>;
}

export interface FeatureCells {
  readonly feature: string;
  readonly stage: Stage;
  /** Those with a difference. */
  readonly cells: readonly Cell[];
}

/** Users of a level and team with any signal in the window: the eligible of `unused-by-novices`. Absolute: it replaces its predecessor. */
export interface Presence {
  readonly level: Level;
  readonly team: string;
  readonly users: number;
}

/** The earliest signals of a finding in the window, over all levels but `machine`: at most five, by (occurred_at, event_id). */
export interface Samples {
  readonly feature: string;
  readonly signal_class: SignalClass;
  /** Errors: the fingerprint; time: null (completions); action: `stuck` (failed or abandoned attempts) or `used`. */
  readonly what: string | null;
  readonly earliest: readonly (readonly [occurredAt: number, eventId: string])[];
}

/** A fingerprint in words: a function of the fingerprint, whoever says it. */
export interface FingerprintLabel {
  readonly fingerprint: string;
  readonly code: string;
  readonly message: string;
}

/** The partition has forgotten the fingerprint, four weeks after its last error. */
interface ForgottenLabel {
  readonly fingerprint: string;
  readonly forgotten: true;
}

export type SaidLabel = FingerprintLabel | ForgottenLabel;

/** The measures of bottlenecks (semantics 7), per user over 14 days at a stage. */
export type BottleneckMeasure = 'errors_per_active_day' | 'relative_completion' | 'stuck_share';

/** Users of a level by value of a measure; sent at midnight ticks. Values are quantised (see `profile/measures.ts`), ascending. */
export interface MeasureCounts {
  readonly stage: Stage;
  readonly level: Level;
  readonly measure: BottleneckMeasure;
  readonly values: readonly (readonly [value: number, users: number])[];
}

export interface UserVector {
  readonly user_id: string;
  /** Untransformed: features per stage entered, actions per active day, completion ratio, relative completion time (null: none known). */
  readonly values: readonly [number, number, number, number | null];
  readonly level: Level;
}

/**
 * By how many users a level gains (or, below 0, loses) on a feature when a feature of the model is left out. A signed difference to the
 * cells of the same tick under the levels in force; over all teams, without errors.
 */
export interface OtherCounts {
  readonly feature: string;
  readonly stage: Stage;
  readonly level: Level;
  readonly used: number;
  readonly attempted: number;
  readonly stuck: number;
  /** As in Cell. */
  readonly durations: readonly (readonly [number, number])[];
}

/** The same of the users with any signal in the window. */
export interface OtherPresence {
  readonly level: Level;
  readonly users: number;
}

/**
 * 3 is what is written. In 2 every midnight is a full account, and that a label is forgotten is said only by its not being in the next one. In 1, besides, a cell says its counts as they
 * are, also where it is no full account: it replaces its predecessor, and has only zeros once its users have all gone. All three are read.
 */
export type Version = 1 | 2 | 3;

export type Partial =
  | {
      readonly v: Version;
      readonly kind: 'cells';
      readonly tick: number;
      /** `before`: the same users under the levels before this tick's model, sent in full besides, at a model's first tick. */
      readonly levels: 'in_force' | 'before';
      /** The first chunk of a full account: what the partition said before is void. */
      readonly reset: boolean;
      readonly features: readonly FeatureCells[];
      readonly presence: readonly Presence[];
      readonly samples: readonly Samples[];
      readonly labels: readonly SaidLabel[];
      /** At midnights, and then all there are. */
      readonly measures: readonly MeasureCounts[];
    }
  | { readonly v: Version; readonly kind: 'vectors'; readonly tick: number; readonly users: readonly UserVector[] }
  | {
      /** At midnight ticks, where users have other levels once a feature of the model is left out. */
      readonly v: Version;
      readonly kind: 'left_out';
      readonly tick: number;
      /** The feature of the model. */
      readonly without: string;
      readonly counts: readonly OtherCounts[];
      readonly presence: readonly OtherPresence[];
    }
  | {
      readonly v: Version;
      readonly kind: 'tick';
      readonly tick: number;
      /** The partition's first tick: for earlier ones it counts as having reached them. */
      readonly first: boolean;
      /** Offset in platform.events of the record that brought the watermark to the tick. */
      readonly evaluated_to: number;
    }
  | {
      readonly v: Version;
      readonly kind: 'progress';
      /** platform.events offset that the profile task is complete through: the next one it has not taken. */
      readonly through: number;
      readonly watermark: number;
      /** The partition's first tick, run or not: lets the cohort task know that it begins later. */
      readonly first_tick: number;
    };
