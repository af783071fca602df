// Generated from the *.avsc files by `npm run schemas`. Do not edit: change the schema.

export type Stage = 'data' | 'features' | 'training' | 'deployment';

export interface SignalUser {
  team: string;
  role: string;
  org: string;
  joined_at: number | null;
}

export type Outcome = 'started' | 'completed' | 'failed' | 'abandoned';

/** MLP-action: a click, the use of a feature, a task's start or end. Key: user_id. Topic: signals.action. */
export interface ActionSignal {
  /** Hash of (user_id, event_id, class, outcome or measure): the same for the same event, whoever makes it. */
  signal_id: string;
  event_id: string;
  user_id: string;
  session_id: string | null;
  /** When it happened for the user; for a timer, the deadline. */
  occurred_at: number;
  /** When the collector took the event; for a timer, that of the start. */
  received_at: number;
  source: string;
  stage: Stage;
  feature: string;
  tool: string;
  /** The user as known when the event was processed; `unknown` where not. */
  user: SignalUser;
  release: string | null;
  /** Offset in platform.events of the record that gave this signal (for a timer: that fired it). */
  origin_offset: number;
  /** Position among the signals of that record, over all three topics. */
  ordinal: number;
  /** The partition's watermark once the record is taken; for a timer max(previous watermark, deadline). */
  watermark: number;
  properties: Record<string, string>;
  action: string;
  task_id: string | null;
  outcome: Outcome | null;
}

export type Dimension = 'ET' | 'SoP';

export type BottleneckStatus = 'opened' | 'resolved';

export type Level = 'beginner' | 'intermediate' | 'expert' | 'infrequent' | 'unclassified' | 'machine';

/** One user stuck at one stage. Key: user_id. Topic: bottlenecks. */
export interface Bottleneck {
  user_id: string;
  stage: Stage;
  dimension: Dimension;
  status: BottleneckStatus;
  since: number;
  evaluated_at: number;
  reasons: string[];
  score: number;
  level: Level;
}

export type SignalClass = 'action' | 'error' | 'time';

export type ChallengeStatus = 'opened' | 'updated' | 'resolved';

export type Measure = 'share' | 'median_ms';

export interface Evidence {
  level: Level;
  measure: Measure;
  affected: number;
  eligible: number;
  /** Share 0-1, or median in milliseconds; null where nobody is eligible or the median is infinite. */
  value: number | null;
  /** `>`, `<`, `<=`; null where the rule does not name the level. */
  op: string | null;
  threshold: number | null;
  /** Lower end of the 95 % Wilson interval of a share. */
  low: number | null;
  high: number | null;
}

export interface TeamEvidence {
  team: string;
  affected: number;
  eligible: number;
}

export type Resolution = 'recovered' | 'spread' | 'no_data' | 'reclassification' | 'rule_changed';

/** A finding for which a rule holds, with evidence and a life cycle; one record per transition. Topic: challenges. */
export interface Challenge {
  challenge_id: string;
  rule_id: string;
  rule_version: number;
  dimension: Dimension;
  stage: Stage;
  feature: string;
  signal_class: SignalClass;
  fingerprint: string | null;
  status: ChallengeStatus;
  opened_at: number;
  evaluated_at: number;
  resolved_at: number | null;
  window_from: number;
  window_to: number;
  model_version: number;
  evaluated_to: number[];
  group_id: string;
  evidence: Evidence[];
  teams: TeamEvidence[];
  sample_event_ids: string[];
  summary: string;
  resolution: Resolution | null;
}

export type ActionKind = 'acknowledged' | 'snoozed' | 'assigned' | 'commented' | 'fixed' | 'useful' | 'not_useful' | 'reopened';

/** What a person did about a challenge. Key: challenge_id. Topic: challenge.actions. */
export interface ChallengeAction {
  /** UUIDv7, the client's own where it sent one: a retry is the same action. */
  action_id: string;
  challenge_id: string;
  kind: ActionKind;
  /** When the service took it. */
  at: number;
  /** Who, as signed in. */
  by: string;
  /** Of snoozed: until when. */
  until: number | null;
  /** Of assigned: to whom; null takes it from everybody. */
  assignee: string | null;
  text: string | null;
}

export type DeadLetterReason = 'undecodable' | 'invalid' | 'unknown_feature' | 'future' | 'too_old' | 'too_late' | 'wrong_partition' | 'too_large';

/** What could not be processed, with its bytes, so that nothing is lost. Topic: dead-letter. */
export interface DeadLetter {
  dead_letter_id: string;
  reason: DeadLetterReason;
  detail: string;
  step: string;
  origin_topic: string | null;
  origin_partition: number | null;
  origin_offset: number | null;
  /** The bytes as they came. */
  original: Buffer;
  event_id: string | null;
  failed_at: number;
}

export type Cause = 'user' | 'platform' | 'quota' | 'dependency' | 'unknown';

/** MLP-error: an error that a user sees. Key: user_id. Topic: signals.error. */
export interface ErrorSignal {
  /** Hash of (user_id, event_id, class, outcome or measure): the same for the same event, whoever makes it. */
  signal_id: string;
  event_id: string;
  user_id: string;
  session_id: string | null;
  /** When it happened for the user; for a timer, the deadline. */
  occurred_at: number;
  /** When the collector took the event; for a timer, that of the start. */
  received_at: number;
  source: string;
  stage: Stage;
  feature: string;
  tool: string;
  /** The user as known when the event was processed; `unknown` where not. */
  user: SignalUser;
  release: string | null;
  /** Offset in platform.events of the record that gave this signal (for a timer: that fired it). */
  origin_offset: number;
  /** Position among the signals of that record, over all three topics. */
  ordinal: number;
  /** The partition's watermark once the record is taken; for a timer max(previous watermark, deadline). */
  watermark: number;
  properties: Record<string, string>;
  code: string;
  message: string;
  cause: Cause;
  /** Hash of code, cause and the message without its numbers, ids, paths and quoted values. */
  fingerprint: string;
}

/** A user's level from `since` on. Key: user_id. Topic: expertise.levels, compacted. */
export interface ExpertiseLevel {
  user_id: string;
  level: Level;
  since: number;
  model_version: number;
  score: number | null;
}

export type Decision = 'new' | 'kept' | 'none';

export interface TrainedOn {
  from: number;
  to: number;
  users: number;
}

export interface Scaling {
  /** Winsorised below at the 2.5 % quantile. */
  low: number;
  high: number;
  center: number;
  scale: number;
}

/** One per training tick: what was decided about the levels, and why. Topic: expertise.models, compacted. */
export interface ExpertiseModel {
  /** Training tick in milliseconds of the model in force after this decision; 0 where there is none. */
  version: number;
  /** The training tick. */
  trained_at: number;
  effective_from: number;
  decision: Decision;
  why: string;
  trained_on: TrainedOn;
  features: string[];
  scaling: Scaling[];
  /** In scaled units, one per label. */
  centroids: number[][];
  labels: Level[];
  sizes: number[];
  silhouette: number | null;
  churn: number | null;
  gate_failures: string[];
  /** Users whose label changes by their new data under the old model. */
  moved_users: number;
  /** Users whose label changes by the new model on the same data. */
  moved_model: number;
  seed: number;
}

/** An entry of the platform's catalog. Key: feature. Topic: platform.features, compacted. */
export interface Feature {
  feature: string;
  title: string;
  stage: Stage;
  tool: string;
  /** Everyone is expected to use it. */
  core: boolean;
  expected_ms: number | null;
  task_timeout_ms: number | null;
  owner: string | null;
  /** Repeated failures are by design (sweeps, retries). */
  ignore_repeats: boolean;
}

export type FindingState = 'holds' | 'near' | 'below' | 'insufficient_data';

/** A rule evaluated on a finding at a midnight tick. Topic: findings. */
export interface Finding {
  rule_id: string;
  stage: Stage;
  feature: string;
  signal_class: SignalClass;
  fingerprint: string | null;
  state: FindingState;
  evidence: Evidence[];
  evaluated_at: number;
  /** Per partition, the platform.events offset of the record that brought the watermark to the tick; -1 where the partition began later. */
  evaluated_to: number[];
  model_version: number;
}

export type EventType = 'interaction' | 'error' | 'timing' | 'task_started' | 'task_finished' | 'clock';

export type EventOutcome = 'completed' | 'failed' | 'abandoned';

export interface EventError {
  code: string;
  message: string;
  cause: Cause;
}

/** What a platform service, SDK or browser reports. Key: user_id. Topic: platform.events. */
export interface PlatformEvent {
  /** Made by the client (UUIDv7), so that a retry is recognised. */
  event_id: string;
  user_id: string;
  session_id: string | null;
  /** As the client says; never altered. */
  occurred_at: number;
  /** When the client sent it; measures clock skew only. */
  sent_at: number | null;
  /** When the collector took it. */
  received_at: number;
  source: string;
  type: EventType;
  feature: string;
  action: string | null;
  task_id: string | null;
  outcome: EventOutcome | null;
  duration_ms: number | null;
  /** Time in a queue, which is not the user's. */
  waiting_ms: number | null;
  release: string | null;
  error: EventError | null;
  properties: Record<string, string>;
}

export type TimeMeasure = 'dwell' | 'completion' | 'waiting';

/** MLP-time: time spent, or time to complete. Key: user_id. Topic: signals.time. */
export interface TimeSignal {
  /** Hash of (user_id, event_id, class, outcome or measure): the same for the same event, whoever makes it. */
  signal_id: string;
  event_id: string;
  user_id: string;
  session_id: string | null;
  /** When it happened for the user; for a timer, the deadline. */
  occurred_at: number;
  /** When the collector took the event; for a timer, that of the start. */
  received_at: number;
  source: string;
  stage: Stage;
  feature: string;
  tool: string;
  /** The user as known when the event was processed; `unknown` where not. */
  user: SignalUser;
  release: string | null;
  /** Offset in platform.events of the record that gave this signal (for a timer: that fired it). */
  origin_offset: number;
  /** Position among the signals of that record, over all three topics. */
  ordinal: number;
  /** The partition's watermark once the record is taken; for a timer max(previous watermark, deadline). */
  watermark: number;
  properties: Record<string, string>;
  measure: TimeMeasure;
  duration_ms: number;
  expected_ms: number | null;
  /** The task did not end: it took at least this long. */
  censored: boolean;
}

/** A user of the platform. Key: user_id. Topic: platform.users, compacted. */
export interface User {
  user_id: string;
  team: string;
  role: string;
  org: string;
  joined_at: number;
}

/** Record name to record type. */
export interface Records {
  ActionSignal: ActionSignal;
  Bottleneck: Bottleneck;
  Challenge: Challenge;
  ChallengeAction: ChallengeAction;
  DeadLetter: DeadLetter;
  ErrorSignal: ErrorSignal;
  ExpertiseLevel: ExpertiseLevel;
  ExpertiseModel: ExpertiseModel;
  Feature: Feature;
  Finding: Finding;
  PlatformEvent: PlatformEvent;
  TimeSignal: TimeSignal;
  User: User;
}

export type RecordName = keyof Records;

/** Enum to its symbols, as its schema orders them. */
export const SYMBOLS = {
  Stage: ['data', 'features', 'training', 'deployment'],
  Outcome: ['started', 'completed', 'failed', 'abandoned'],
  Dimension: ['ET', 'SoP'],
  BottleneckStatus: ['opened', 'resolved'],
  Level: ['beginner', 'intermediate', 'expert', 'infrequent', 'unclassified', 'machine'],
  SignalClass: ['action', 'error', 'time'],
  ChallengeStatus: ['opened', 'updated', 'resolved'],
  Measure: ['share', 'median_ms'],
  Resolution: ['recovered', 'spread', 'no_data', 'reclassification', 'rule_changed'],
  ActionKind: ['acknowledged', 'snoozed', 'assigned', 'commented', 'fixed', 'useful', 'not_useful', 'reopened'],
  DeadLetterReason: ['undecodable', 'invalid', 'unknown_feature', 'future', 'too_old', 'too_late', 'wrong_partition', 'too_large'],
  Cause: ['user', 'platform', 'quota', 'dependency', 'unknown'],
  Decision: ['new', 'kept', 'none'],
  FindingState: ['holds', 'near', 'below', 'insufficient_data'],
  EventType: ['interaction', 'error', 'timing', 'task_started', 'task_finished', 'clock'],
  EventOutcome: ['completed', 'failed', 'abandoned'],
  TimeMeasure: ['dwell', 'completion', 'waiting'],
} as const;
