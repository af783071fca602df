/**
 * The system's map: every topic, what is in it, and how it is kept. Topics are created from this table, and nothing else names a topic.
 */
import type { RecordName } from './records.ts';

export interface TopicSpec {
  /** The bare name; app A's is `A.` + name unless `shared`. */
  readonly name: string;
  /** The record's field that is the key, or what the key is. */
  readonly key: string;
  /** `P` = the number of partitions of platform.events, fixed for the topic's life. */
  readonly partitions: 'P' | 'P+collectors' | 1;
  readonly cleanup: 'delete' | 'compact';
  /** How long records stay, in days; null for compacted topics. */
  readonly retentionDays: number | null;
  /** The broker's append time is the record's timestamp: lateness is judged by it. */
  readonly logAppendTime?: true;
  /** `platform.*` is shared by all apps. */
  readonly shared?: true;
  /** Avro record of the value; internal topics hold versioned JSON instead. */
  readonly record: RecordName | null;
  /** The columns that identify a row in ClickHouse, where the topic lands there. */
  readonly rowId: readonly string[] | null;
  /** ClickHouse view of the rows. */
  readonly table: string | null;
}

const spec = <const T extends Record<string, TopicSpec>>(topics: T): { readonly [K in keyof T]: TopicSpec } => topics;

export const TOPICS = spec({
  events: { name: 'platform.events', key: 'user_id', partitions: 'P', cleanup: 'delete', retentionDays: 90, logAppendTime: true, shared: true, record: 'PlatformEvent', rowId: ['user_id', 'event_id'], table: 'events' },
  users: { name: 'platform.users', key: 'user_id', partitions: 1, cleanup: 'compact', retentionDays: null, shared: true, record: 'User', rowId: ['user_id'], table: 'users' },
  erasures: { name: 'platform.erasures', key: 'keyed hash of user_id', partitions: 1, cleanup: 'compact', retentionDays: null, shared: true, record: null, rowId: null, table: null },
  features: { name: 'platform.features', key: 'feature', partitions: 1, cleanup: 'compact', retentionDays: null, shared: true, record: 'Feature', rowId: ['feature'], table: 'features' },
  actions: { name: 'signals.action', key: 'user_id', partitions: 'P', cleanup: 'delete', retentionDays: 90, record: 'ActionSignal', rowId: ['signal_id'], table: 'signals' },
  errors: { name: 'signals.error', key: 'user_id', partitions: 'P', cleanup: 'delete', retentionDays: 90, record: 'ErrorSignal', rowId: ['signal_id'], table: 'signals' },
  times: { name: 'signals.time', key: 'user_id', partitions: 'P', cleanup: 'delete', retentionDays: 90, record: 'TimeSignal', rowId: ['signal_id'], table: 'signals' },
  deadLetters: { name: 'dead-letter', key: 'dead_letter_id', partitions: 'P+collectors', cleanup: 'delete', retentionDays: 90, record: 'DeadLetter', rowId: ['dead_letter_id'], table: 'dead_letters' },
  models: { name: 'expertise.models', key: 'training tick', partitions: 1, cleanup: 'compact', retentionDays: null, record: 'ExpertiseModel', rowId: ['trained_at'], table: 'expertise_models' },
  levels: { name: 'expertise.levels', key: 'user_id', partitions: 'P', cleanup: 'compact', retentionDays: null, record: 'ExpertiseLevel', rowId: ['user_id', 'since'], table: 'expertise_levels' },
  bottlenecks: { name: 'bottlenecks', key: 'user_id', partitions: 'P', cleanup: 'delete', retentionDays: 365, record: 'Bottleneck', rowId: ['user_id', 'stage', 'since', 'status'], table: 'bottlenecks' },
  findings: { name: 'findings', key: 'finding', partitions: 1, cleanup: 'delete', retentionDays: 365, record: 'Finding', rowId: ['rule_id', 'feature', 'signal_class', 'fingerprint', 'evaluated_at'], table: 'findings' },
  challenges: { name: 'challenges', key: 'challenge_id', partitions: 1, cleanup: 'delete', retentionDays: 3650, record: 'Challenge', rowId: ['challenge_id', 'status', 'evaluated_at'], table: 'challenges' },
  challengeActions: { name: 'challenge.actions', key: 'challenge_id', partitions: 1, cleanup: 'delete', retentionDays: 3650, record: 'ChallengeAction', rowId: ['action_id'], table: 'challenge_actions' },
  processorChangelog: { name: 'processor.changelog', key: 'state key', partitions: 'P', cleanup: 'compact', retentionDays: null, record: null, rowId: null, table: null },
  profileChangelog: { name: 'profile.changelog', key: 'user and UTC day', partitions: 'P', cleanup: 'compact', retentionDays: null, record: null, rowId: null, table: null },
  cohortChangelog: { name: 'cohort.changelog', key: 'state key', partitions: 1, cleanup: 'compact', retentionDays: null, record: null, rowId: null, table: null },
  partials: { name: 'analyzer.partials', key: 'tick', partitions: 'P', cleanup: 'delete', retentionDays: 90, record: null, rowId: null, table: null },
  references: { name: 'analyzer.references', key: 'midnight tick', partitions: 1, cleanup: 'compact', retentionDays: null, record: null, rowId: null, table: null },
});

export type TopicId = keyof typeof TOPICS;

/** Collectors write dead letters each to a partition of its own behind the processors': this many may run at once. */
export const COLLECTOR_PARTITIONS = 8;

/** Header of a progress record (null value) and of records that carry their origin. */
export const HEADERS = { originOffset: 'origin_offset', watermark: 'watermark', replayOf: 'replay_of' } as const;

/** Apps whose names begin so share nothing, `platform.*` included: rehearsals of the canary (docs/decisions/0025). */
export const REHEARSAL = 'canary-rehearsal-';

/** The feature on which the canary posts its events; user ids may be pseudonyms, features are not. */
export const CANARY_FEATURE = 'chokepoint.canary';

/** The topic's full name for an app; the default app ('') has bare names. */
export function topicName(id: TopicId, app: string): string {
  const topic = TOPICS[id];
  return app === '' || (topic.shared === true && !app.startsWith(REHEARSAL)) ? topic.name : `${app}.${topic.name}`;
}

/** A group or transactional id of an app, named like its topics. */
export function appName(name: string, app: string): string {
  return app === '' ? name : `${app}.${name}`;
}

export function partitionCount(id: TopicId, eventPartitions: number): number {
  const { partitions } = TOPICS[id];
  return partitions === 'P' ? eventPartitions : partitions === 'P+collectors' ? eventPartitions + COLLECTOR_PARTITIONS : partitions;
}
