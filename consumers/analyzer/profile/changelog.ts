/**
 * The state as changelog records: versioned JSON, one record per key and commit, a tombstone when it is gone. Keys: `p` the partition,
 * `u/user` a user, `d/day/user` a user's day, `s/day/sample` examples, `f/fingerprint` a label.
 */
import type { Level, SignalClass, Stage } from '../../../schemas/records.ts';
import type { OtherLevel } from '../expertise/leaveOut.ts';
import type { Bucket } from './buckets.ts';
import type { CellRef } from './cells.ts';
import type { KeptLabel } from './labels.ts';
import type { Candidate } from './levels.ts';
import type { DaySamples, SampleKey } from './samples.ts';
import { dayOfUser, newUser } from './state.ts';
import type { PartitionState, User, UserDay } from './state.ts';
import type { Standing, Values } from './vectors.ts';

const VERSION = 1;
const PARTITION_KEY = 'p';

export const userKey = (userId: string): string => `u/${userId}`;
export const dayKey = (day: number, userId: string): string => `d/${String(day)}/${userId}`;
export const sampleKey = (key: SampleKey, day: number): string => `s/${String(day)}/${JSON.stringify([key.feature, key.class, key.what])}`;
export const labelKey = (fingerprint: string): string => `f/${fingerprint}`;

export interface ChangelogRecord {
  readonly key: string;
  readonly json: string | null;
}

interface PartitionRecord {
  readonly v: number;
  /** Which commit wrote it: the same number stands in the positions' metadata. */
  readonly n: number;
  readonly watermark: number;
  readonly first_tick: number | null;
  readonly last_tick: number | null;
  readonly training: number | null;
}

interface UserRecord {
  readonly v: number;
  readonly team: string;
  readonly role: string;
  readonly level: Level;
  readonly since: number;
  readonly model: number;
  readonly score: number | null;
  readonly frequent: boolean;
  readonly candidate: readonly [Level, Values] | null;
  /** Not there where there are none. */
  readonly others?: readonly OtherLevel[];
  readonly standing: readonly [machine: boolean, frequent: boolean, values: Values | null] | null;
  readonly bottlenecks: readonly (readonly [Stage, since: number, 'ET' | 'SoP', readonly string[]])[];
}

type BucketRecord = readonly [feature: string, stage: Stage, counts: readonly number[], active: 0 | 1, fingerprints: string[] | null, durations: number[] | null];

interface DayRecord {
  readonly v: number;
  readonly buckets: readonly BucketRecord[];
}

type SampleRecord = DaySamples & { readonly v: number };

type LabelRecord = KeptLabel & { readonly v: number };

const bucketRecord = (bucket: Bucket): BucketRecord => [
  bucket.ref.feature,
  bucket.ref.stage,
  [bucket.actions, bucket.own, bucket.times, bucket.completed, bucket.failed, bucket.abandoned, bucket.errors],
  bucket.active ? 1 : 0,
  bucket.fingerprints,
  bucket.durations,
];

function bucketFrom(ref: CellRef, [, , counts, active, fingerprints, durations]: BucketRecord): Bucket<CellRef> {
  const [actions = 0, own = 0, times = 0, completed = 0, failed = 0, abandoned = 0, errors = 0] = counts;
  return { ref, actions, own, times, active: active === 1, completed, failed, abandoned, errors, fingerprints, durations };
}

const dayRecord = ({ day, user, buckets }: UserDay): ChangelogRecord => ({
  key: dayKey(day, user.id),
  json: JSON.stringify({ v: VERSION, buckets: buckets.map(bucketRecord) } satisfies DayRecord),
});

const userRecord = (user: User): ChangelogRecord => ({
  key: userKey(user.id),
  json: JSON.stringify({
    v: VERSION,
    team: user.team,
    role: user.role,
    level: user.level,
    since: user.since,
    model: user.modelVersion,
    score: user.score,
    frequent: user.frequent,
    candidate: user.candidate === null ? null : [user.candidate.level, user.candidate.values],
    ...(user.otherLevels.length === 0 ? {} : { others: user.otherLevels }),
    standing: user.standing === null ? null : [user.standing.machine, user.standing.frequent, user.standing.values],
    bottlenecks: [...user.bottlenecks].map(([stage, { since, dimension, reasons }]) => [stage, since, dimension, reasons] as const),
  } satisfies UserRecord),
});

/** What changed since the last call, with the partition's own record, which says that this is commit `n`. */
export function drainChanges(state: PartitionState, n: number): ChangelogRecord[] {
  const { days, users, samples, labels, gone } = state.changes;
  const records: ChangelogRecord[] = [];
  for (const key of gone) records.push({ key, json: null });
  for (const user of users) records.push(userRecord(user));
  for (const day of days) records.push(dayRecord(day));
  for (const [key, { key: sample, day }] of samples) {
    const kept = state.samples.get(sample, day);
    if (kept !== undefined) records.push({ key, json: JSON.stringify({ v: VERSION, ...kept } satisfies SampleRecord) });
  }
  for (const fingerprint of labels) {
    const label = state.labels.get(fingerprint);
    if (label !== undefined) records.push({ key: labelKey(fingerprint), json: JSON.stringify({ v: VERSION, ...label } satisfies LabelRecord) });
  }
  const { watermark, firstTick, lastTick, training } = state;
  records.push({ key: PARTITION_KEY, json: JSON.stringify({ v: VERSION, n, watermark, first_tick: firstTick, last_tick: lastTick, training } satisfies PartitionRecord) });
  for (const set of [days, users, samples, labels, gone]) set.clear();
  return records;
}

function parse(key: string, json: string): unknown {
  const record = JSON.parse(json) as { readonly v: number };
  if (record.v !== VERSION) {
    throw new Error(`profile: changelog record ${key} has version ${String(record.v)}, this code reads ${String(VERSION)}: run the code that wrote it, or replay with another CHOKEPOINT_APP`);
  }
  return record;
}

const candidateFrom = (record: UserRecord['candidate']): Candidate | null => (record === null ? null : { level: record[0], values: record[1] });

const standingFrom = (record: UserRecord['standing']): Standing | null => (record === null ? null : { machine: record[0], frequent: record[1], values: record[2] });

function restoreUser(state: PartitionState, id: string, record: UserRecord): void {
  const user = newUser(id, record.team, record.role);
  user.level = record.level;
  user.since = record.since;
  user.modelVersion = record.model;
  user.score = record.score;
  user.frequent = record.frequent;
  user.candidate = candidateFrom(record.candidate);
  user.otherLevels = record.others ?? [];
  user.standing = standingFrom(record.standing);
  for (const [stage, since, dimension, reasons] of record.bottlenecks) user.bottlenecks.set(stage, { since, dimension, reasons });
  state.users.set(id, user);
  state.idle.add(user);
  if (user.bottlenecks.size > 0) state.stuck.add(user);
}

function restoreDay(state: PartitionState, day: number, userId: string, record: DayRecord): void {
  const user = state.users.get(userId);
  if (user === undefined) throw new Error(`profile: the changelog has day ${String(day)} of a user that it does not have: was it compacted or written by something else?`);
  const made = dayOfUser(state, user, day);
  for (const bucket of record.buckets) made.buckets.push(bucketFrom(state.cells.refOf(bucket[0], bucket[1]), bucket));
}

/** Fills an empty state from the latest record of each key; gives the commit that wrote it, 0 where there is none. */
export function restoreState(state: PartitionState, latest: ReadonlyMap<string, string>): number {
  let n = 0;
  for (const [key, json] of latest) if (key.startsWith('u/')) restoreUser(state, key.slice(2), (parse(key, json) as UserRecord));
  for (const [key, json] of latest) {
    const [kind, day = ''] = key.split('/', 2);
    const rest = key.slice(`${kind ?? ''}/${day}/`.length);
    if (kind === 'd') restoreDay(state, Number(day), rest, (parse(key, json) as DayRecord));
    else if (kind === 's') {
      const [feature, signalClass, what] = JSON.parse(rest) as [string, SignalClass, string | null];
      const { people, machines } = (parse(key, json) as SampleRecord);
      state.samples.restore({ feature, class: signalClass, what }, Number(day), { people, machines });
    } else if (kind === 'f') {
      const { code, message, lastDay } = (parse(key, json) as LabelRecord);
      state.labels.restore(key.slice(2), { code, message, lastDay });
    } else if (key === PARTITION_KEY) {
      const partition = (parse(key, json) as PartitionRecord);
      n = partition.n;
      state.watermark = partition.watermark;
      state.firstTick = partition.first_tick;
      state.lastTick = partition.last_tick;
      state.training = partition.training;
    }
  }
  return n;
}
