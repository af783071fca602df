/** What the API answers and the page shows: types only, for both. Times are epoch ms; what is about fewer than five users is null. One list, by view. */
export type Stage = 'data' | 'features' | 'training' | 'deployment';
export type Dimension = 'ET' | 'SoP';
type Status = 'opened' | 'updated' | 'resolved';

export interface SessionShape {
  readonly name: string;
  /** `proxy`: signed in by the proxy in front, so there is nothing to sign out of. */
  readonly by: 'key' | 'proxy';
  readonly sees_user_ids: boolean;
}

export interface LevelEvidence {
  readonly level: string;
  readonly measure: 'share' | 'median_ms';
  readonly affected: number | null;
  readonly eligible: number | null;
  /** A share, or a median in ms; null: nobody, too few, or infinite. */
  readonly value: number | null;
  readonly op: string | null;
  readonly threshold: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** Fewer than five users: nothing is said of them. */
  readonly few: boolean;
}

/** Where a challenge stands by what people did about it. */
export interface CardState {
  readonly acknowledged_by: string | null;
  readonly snoozed_until: number | null;
  readonly assignee: string | null;
  readonly fixed_at: number | null;
  readonly useful: number;
  readonly not_useful: number;
  readonly comments: number;
}

export type ActionKind = 'acknowledged' | 'snoozed' | 'assigned' | 'commented' | 'fixed' | 'useful' | 'not_useful' | 'reopened';

export interface Action {
  readonly action_id: string;
  readonly challenge_id: string;
  readonly kind: ActionKind;
  readonly at: number;
  readonly by: string;
  readonly until: number | null;
  readonly assignee: string | null;
  readonly text: string | null;
}

export interface Card {
  readonly challenge_id: string;
  readonly rule_id: string;
  readonly dimension: Dimension;
  readonly stage: Stage;
  readonly feature: string;
  readonly title: string;
  readonly signal_class: 'action' | 'error' | 'time';
  readonly status: Status;
  readonly opened_at: number;
  readonly evaluated_at: number;
  readonly resolved_at: number | null;
  readonly resolution: string | null;
  readonly summary: string;
  /** Users of the levels that it harms. */
  readonly affected: number | null;
  readonly eligible: number | null;
  readonly group_id: string;
  /** Null where nobody has done anything yet, and in the stream, which does not know. */
  readonly state: CardState | null;
}

/** `few`: fewer than five users, so not how many. Null without it: not told either, since those of another level would follow from it. */
export interface LevelUsers {
  readonly level: string;
  readonly users: number | null;
  readonly few: boolean;
}

export interface NowShape {
  readonly open: readonly Card[];
  /** The newest first. */
  readonly resolved: readonly Card[];
  readonly latest_event_at: number | null;
  readonly levels: readonly LevelUsers[];
}

export interface PulseShape {
  readonly days: readonly { readonly day: string; readonly stage: Stage; readonly ended: number; readonly given_up: number }[];
}

interface Transition {
  readonly status: Status;
  readonly evaluated_at: number;
  readonly levels: readonly LevelEvidence[];
}

export interface Midnight {
  readonly evaluated_at: number;
  readonly state: string;
  readonly levels: readonly LevelEvidence[];
}

export interface ChallengeShape {
  readonly card: Card;
  readonly rule_version: number;
  readonly model_version: number;
  readonly fingerprint: string | null;
  readonly window_from: number;
  readonly window_to: number;
  readonly levels: readonly LevelEvidence[];
  readonly teams: readonly { readonly team: string; readonly affected: number; readonly eligible: number }[];
  readonly transitions: readonly Transition[];
  /** What the rule saw at each midnight, oldest first. */
  readonly midnights: readonly Midnight[];
  /** Other episodes of the same finding under the same rule. */
  readonly episodes: readonly { readonly challenge_id: string; readonly opened_at: number; readonly resolved_at: number | null; readonly resolution: string | null }[];
  /** Open at once on the same stage and feature. */
  readonly group: readonly { readonly challenge_id: string; readonly dimension: Dimension; readonly rule_id: string; readonly summary: string }[];
  readonly sql: readonly { readonly what: string; readonly sql: string }[];
}

/** A share, or a median in ms. Null: without end; of an interval's ends also: too few users for one. */
export interface Estimate {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

export interface GroupEffect {
  /** Users whom the evidence saw so. */
  readonly picked: number;
  /** Those who were seen before and after. */
  readonly users: number;
  readonly before: Estimate;
  readonly after: Estimate;
}

/** What became of the users who were affected when a challenge was marked fixed, beside those who were not. */
export interface EffectShape {
  readonly fixed_at: number;
  /** The tick whose evidence says who was affected. */
  readonly frozen_at: number;
  readonly measure: LevelEvidence['measure'];
  /** Ends not included. Null: the first week is not over. */
  readonly periods: { readonly days: number; readonly before_from: number; readonly before_to: number; readonly after_from: number; readonly after_to: number } | null;
  /** When there is more to tell; null: these numbers stay. */
  readonly next_at: number | null;
  /** Null with `periods`; within: fewer than five users. */
  readonly numbers: { readonly affected: GroupEffect | null; readonly others: GroupEffect | null; readonly effect: Estimate | null } | null;
  readonly yardstick: { readonly days_earlier: number; readonly effect: Estimate | null } | null;
  readonly sql: readonly { readonly what: string; readonly sql: string }[];
}

export interface Sample {
  readonly event_id: string;
  readonly occurred_at: number;
  readonly type: string;
  readonly action: string | null;
  readonly outcome: string | null;
  readonly code: string | null;
  readonly message: string | null;
  readonly source: string;
  readonly release: string | null;
  /** Null without the right to see it. */
  readonly user_id: string | null;
}

export interface ModelRow {
  readonly trained_at: number;
  readonly decision: string;
  readonly why: string;
  readonly labels: readonly string[];
  /** Users per label; null: fewer than five, or so many that those would follow from it. */
  readonly sizes: readonly (number | null)[];
  readonly silhouette: number | null;
  /** Null: nobody had a level before, or it is a share of fewer than five users. */
  readonly churn: number | null;
  readonly moved_users: number | null;
  readonly moved_model: number | null;
}

export interface ExpertiseShape {
  readonly models: readonly ModelRow[];
  readonly axes: readonly string[];
  readonly labels: readonly string[];
  /** In scaled units, per label; null for one of fewer than five users. */
  readonly centroids: readonly (readonly number[] | null)[];
  /** Users with their level, in scaled units along the axes; of levels whose size is told. */
  readonly points: readonly { readonly level: string; readonly at: readonly number[] }[];
  readonly sizes: readonly (LevelUsers & { readonly at: number })[];
  readonly moves: readonly { readonly from: string; readonly to: string; readonly users: number | null; readonly median_days_before: number | null }[];
  readonly moves_since: number | null;
}

export type StageMeasure = 'given_up' | 'errors' | 'time';

interface StageNumbers {
  readonly stage: Stage;
  readonly actions: number | null;
  readonly errors: number | null;
  readonly ended: number | null;
  readonly given_up: number | null;
  /** What rests on fewer than five users: its numbers are null. */
  readonly few: readonly StageMeasure[];
}

export interface StagesShape {
  readonly weeks: readonly (StageNumbers & { readonly week: string; readonly level: string; readonly median_ms: number | null })[];
  /** Of the last 28 days; teams with fewer than five users are left out. */
  readonly teams: readonly (StageNumbers & { readonly team: string; readonly users: number; readonly hours: number | null })[];
}

interface PartitionLag {
  readonly topic: string;
  readonly partition: number;
  readonly end: number;
  /** Null: nothing committed. */
  readonly committed: number | null;
}

export interface PipelineShape {
  /** Null where the collector does not answer. */
  readonly status: { readonly caught_up: boolean; readonly stages: Readonly<Record<string, { readonly lag: number | null }>> } | null;
  /** Null where Kafka does not answer. */
  readonly groups: readonly { readonly group: string; readonly partitions: readonly PartitionLag[] }[] | null;
  /** Records that each topic grew by, per second, over the last minutes; the newest last. */
  readonly rates: readonly { readonly topic: string; readonly points: readonly { readonly at: number; readonly per_second: number }[] }[];
  /** Null where ClickHouse does not answer. */
  readonly tables: {
    /** Events by the hour in which the collector took them, newest first. */
    readonly hours: readonly { readonly hour: number; readonly events: number; readonly p99_late_seconds: number }[];
    readonly dead_letters: readonly { readonly reason: string; readonly step: string; readonly letters: number; readonly first: number; readonly last: number; readonly example: string }[];
    /** When the latest event of the canary that came through was sent; null where none ever did. */
    readonly canary_at: number | null;
    readonly rules: readonly { readonly rule_id: string; readonly holds: number; readonly near: number; readonly below: number; readonly insufficient_data: number; readonly evaluated_at: number }[];
    readonly model: ModelRow | null;
    /** What people said of the challenges that opened in a week, newest first. */
    readonly precision: readonly { readonly week: string; readonly dimension: Dimension; readonly useful: number; readonly not_useful: number; readonly precision: number }[];
  } | null;
}

export interface CatalogShape {
  readonly features: readonly {
    readonly feature: string; readonly title: string; readonly stage: Stage; readonly tool: string; readonly core: boolean; readonly expected_ms: number | null; readonly owner: string | null;
    /** Signals of the last 28 days, and when the latest was; null: of fewer than five users. */
    readonly signals: number | null; readonly latest_at: number | null; readonly open_challenges: number;
  }[];
  readonly unknown: readonly { readonly feature: string; readonly letters: number; readonly first: number; readonly last: number }[];
}
