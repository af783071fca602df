/**
 * The state as changelog records, one per key and commit, a tombstone when it is gone. Keys: `p` the partition, `r/number` a feature, `f/fingerprint` a label,
 * `u/user` a user, `d/day/user` a user's day, `s/day/sample` examples. A day is bytes (userDay.ts); all else, of which there is little, is JSON with a version.
 */
import type { OutRecord } from '../../../infra/ports.ts';
import type { Level, Stage } from '../../../schemas/records.ts';
import type { OtherLevel } from '../expertise/leaveOut.ts';
import type { OpenBottleneck } from './bottlenecks.ts';
import type { CellRef } from './cells.ts';
import { createDayRecords } from './dayRecord.ts';
import type { KeptLabel } from './labels.ts';
import { nameOf } from './samples.ts';
import type { DaySamples, SampleKey } from './samples.ts';
import type { PartitionState, User } from './state.ts';
import type { Values } from './vectors.ts';

export const VERSION = 2;
export const PARTITION_KEY = 'p';

const refKey = (number: number): string => `r/${String(number)}`;
export const userKey = (userId: string): string => `u/${userId}`;
export const dayKey = (day: number, userId: string): string => `d/${String(day)}/${userId}`;
export const sampleKey = (key: SampleKey, day: number): string => keyOfKind(nameOf(key), day);
/** The same, by the name that a kind has. */
export const keyOfKind = (name: string, day: number): string => `s/${String(day)}/${name}`;
export const labelKey = (fingerprint: string): string => `f/${fingerprint}`;

export interface PartitionRecord {
  /** Which commit wrote it: the same number stands in the positions' metadata. */
  readonly n: number;
  readonly watermark: number;
  readonly first_tick: number | null;
  readonly last_tick: number | null;
  readonly training: number | null;
  readonly next_label: number;
}

export interface RefRecord {
  readonly feature: string;
  readonly stage: Stage;
}

export interface UserRecord {
  readonly team: string;
  readonly role: string;
  readonly level: Level;
  readonly since: number;
  readonly model: number;
  /** The rest only where it is not null, false or empty: most users have none of it. */
  readonly score?: number;
  readonly frequent?: true;
  readonly candidate?: readonly [Level, Values];
  readonly others?: readonly OtherLevel[];
  readonly standing?: readonly [machine: boolean, frequent: boolean, values: Values | null];
  readonly bottlenecks?: readonly OpenBottleneck[];
}

export type SampleRecord = DaySamples;

export type LabelRecord = KeptLabel;

type Json = RefRecord | UserRecord | SampleRecord | LabelRecord | PartitionRecord;

const json = (record: Json): Buffer => Buffer.from(JSON.stringify({ v: VERSION, ...record }));

const refRecord = ({ feature, stage }: CellRef): Buffer => json({ feature, stage } satisfies RefRecord);

function userRecord(user: User): Buffer {
  const { team, role, level, since, modelVersion, score, frequent, candidate, otherLevels, standing, bottlenecks } = user;
  return json({
    team,
    role,
    level,
    since,
    model: modelVersion,
    ...(score === null ? {} : { score }),
    ...(frequent ? { frequent } : {}),
    ...(candidate === null ? {} : { candidate: [candidate.level, candidate.values] }),
    ...(otherLevels.length === 0 ? {} : { others: otherLevels }),
    ...(standing === null ? {} : { standing: [standing.machine, standing.frequent, standing.values] }),
    ...(bottlenecks.length === 0 ? {} : { bottlenecks }),
  } satisfies UserRecord);
}

export interface Changelog {
  /** What changed since the last call, with the partition's own record, which says that this is commit `n`. The records are good until the state changes. */
  drain(state: PartitionState, n: number): OutRecord[];
}

export function createChangelog(topic: string, partition: number): Changelog {
  const dayRecords = createDayRecords(topic, partition);
  return {
    drain: (state, n) => {
      const { days, users, samples, labels, gone } = state.changes;
      const records: OutRecord[] = [];
      const put = (key: string, value: Buffer | null): void => {
        records.push({ topic, partition, key, value });
      };
      for (const key of gone) put(key, null);
      for (const ref of state.cells.newRefs()) put(refKey(ref.number), refRecord(ref));
      for (const user of users) put(userKey(user.id), userRecord(user));
      dayRecords.clear();
      for (const [at, user] of days.users.entries()) {
        const day = state.days.of(user).find(days.days[at] ?? 0);
        if (day?.takeChange() === true) records.push(dayRecords.of(day.day, user.id, day.record()));
      }
      for (const [key, { key: sample, day }] of samples) {
        const kept = state.samples.get(sample, day);
        if (kept !== undefined) put(key, json(kept satisfies SampleRecord));
      }
      for (const fingerprint of labels) {
        const label = state.labels.get(fingerprint);
        if (label !== undefined) put(labelKey(fingerprint), json(label satisfies LabelRecord));
      }
      const { watermark, firstTick, lastTick, training } = state;
      put(PARTITION_KEY, json({ n, watermark, first_tick: firstTick, last_tick: lastTick, training, next_label: state.labels.nextNumber() } satisfies PartitionRecord));
      days.users.length = 0;
      days.days.length = 0;
      for (const set of [users, samples, labels, gone]) set.clear();
      return records;
    },
  };
}
