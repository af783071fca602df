/**
 * From the changelog to the state: records are applied as they come, the last of a key wins, and between batches the event loop turns, so that a restore of any
 * length costs no heartbeat. The records of a key are in order; those of different keys are not, once the topic has been compacted: a day may come before its
 * user, and neither needs the other before the end.
 */
import { setImmediate } from 'node:timers/promises';
import type { InRecord, Slice } from '../../../infra/ports.ts';
import type { SignalClass } from '../../../schemas/records.ts';
import { inBatches } from './batches.ts';
import type { Turn } from './batches.ts';
import { PARTITION_KEY, VERSION } from './changelog.ts';
import type { LabelRecord, PartitionRecord, RefRecord, SampleRecord, UserRecord } from './changelog.ts';
import { dayOf } from '../time.ts';
import { newUser, noteDay } from './state.ts';
import type { PartitionState, User } from './state.ts';
import { DAY_VERSION } from './userDay.ts';

const SLASH = '/'.charCodeAt(0);
const DAYS = 'd'.charCodeAt(0);
const USERS = 'u'.charCodeAt(0);
const ZERO = '0'.charCodeAt(0);
const NONE: readonly never[] = [];
/** Of `d/` and the like. */
const KIND_BYTES = 2;

export interface Restore {
  /** Applies records in the order of the log. */
  apply(records: readonly InRecord[]): Promise<void>;
  /** After the last: makes what is derived, and gives the commit that wrote the state, 0 where there is none. */
  end(): Promise<number>;
}

/** Fills an empty state. `turn` is for tests. */
export function createRestore(state: PartitionState, turn: Turn = setImmediate): Restore {
  /** Users of whom only days have come. */
  const unknown = new Set<User>();
  let n = 0;

  const applyDay = (key: Slice, value: Slice | null): void => {
    const { bytes, to } = key;
    let at = key.from + KIND_BYTES;
    let day = 0;
    for (; bytes[at] !== SLASH; at++) day = day * 10 + (bytes[at] ?? 0) - ZERO;
    let user = state.users.find(bytes, at + 1, to);
    if (value === null) {
      if (user !== undefined) state.days.of(user).remove(day);
      return;
    }
    if (value.bytes[value.from] !== DAY_VERSION) refuse(bytes.toString('utf8', key.from, to), value.bytes.subarray(value.from, value.to));
    if (user === undefined) {
      user = newUser(bytes.toString('utf8', at + 1, to), '', '');
      state.users.add(user);
      unknown.add(user);
    }
    state.days.of(user).put(day, value);
  };

  const applyUser = (key: Buffer, record: UserRecord | null): void => {
    const known = state.users.find(key, KIND_BYTES, key.length);
    if (record === null) {
      // Its days are gone already, or will be.
      if (known !== undefined) unknown.add(known);
      return;
    }
    const user = known ?? newUser(key.toString('utf8', KIND_BYTES), record.team, record.role);
    fillUser(user, record);
    unknown.delete(user);
    if (known === undefined) state.users.add(user);
  };

  const applyLabel = (fingerprint: string, record: LabelRecord | null): void => {
    state.labels.restore(fingerprint, record === null ? null : { number: record.number, code: record.code, message: record.message, lastDay: record.lastDay });
  };

  const applySamples = (day: number, name: string, record: SampleRecord | null): void => {
    const [feature, signalClass, what] = JSON.parse(name) as [string, SignalClass, string | null];
    state.samples.restore({ feature, class: signalClass, what }, day, record === null ? null : { people: record.people, machines: record.machines });
  };

  const applyPartition = (record: PartitionRecord): void => {
    n = record.n;
    state.watermark = record.watermark;
    state.firstTick = record.first_tick;
    state.lastTick = record.last_tick;
    state.training = record.training;
    state.labels.restoreNextNumber(record.next_label);
  };

  const applyOther = (key: string, value: Buffer | null): void => {
    const [kind, first = ''] = key.split('/', 2);
    const rest = key.slice(KIND_BYTES);
    const record = value === null ? null : parse(key, value);
    if (kind === 'f') applyLabel(rest, record as LabelRecord | null);
    else if (kind === 's') applySamples(Number(first), rest.slice(first.length + 1), record as SampleRecord | null);
    else if (kind === 'r' && record !== null) {
      const { feature, stage } = record as RefRecord;
      state.cells.restoreRef(Number(first), feature, stage);
    } else if (key === PARTITION_KEY && record !== null) applyPartition(record as PartitionRecord);
  };

  return {
    apply: (records) =>
      inBatches(
        records,
        (record) => {
          const keyIn = record.keyIn ?? sliceOf(record.key);
          if (keyIn === null) return;
          if (keyIn.bytes[keyIn.from] === DAYS) {
            applyDay(keyIn, record.valueIn ?? sliceOf(record.value));
            return;
          }
          const key = keyIn.bytes.subarray(keyIn.from, keyIn.to);
          const { value } = record;
          if (key[0] === USERS) applyUser(key, value === null ? null : (parse(key, value) as UserRecord));
          else applyOther(key.toString(), value);
        },
        turn,
      ),
    end: async () => {
      await turn();
      for (const user of unknown) {
        const days = state.days.of(user);
        if (days.length > 0) throw new Error(`profile: the changelog has days of user ${user.id}, and not the user: was it compacted or written by something else?`);
        days.clear();
        state.users.delete(user.id);
      }
      state.measuredDay = state.watermark === -Infinity ? -Infinity : dayOf(state.watermark);
      await inBatches(state.users.values(), (user) => { derive(state, user); }, turn);
      return n;
    },
  };
}

const sliceOf = (bytes: Buffer | null): Slice | null => (bytes === null ? null : { bytes, from: 0, to: bytes.length });

function refuse(key: string | Buffer, value: Buffer): never {
  // Version 1 had JSON everywhere.
  const version = value[0] === '{'.charCodeAt(0) ? (JSON.parse(value.toString()) as { v?: unknown }).v : value[0];
  throw new Error(`profile: changelog record ${key.toString()} has version ${String(version)}, this code reads ${String(VERSION)}: run the code that wrote it, or replay with another CHOKEPOINT_APP`);
}

function parse(key: string | Buffer, value: Buffer): unknown {
  const record = JSON.parse(value.toString()) as { readonly v: number };
  if (record.v !== VERSION) refuse(key, value);
  return record;
}

/** Sets all of it: an earlier record of the user may have said what this one leaves out. */
function fillUser(user: User, record: UserRecord): void {
  const { candidate, standing, others } = record;
  user.team = record.team;
  user.role = record.role;
  user.level = record.level;
  user.since = record.since;
  user.modelVersion = record.model;
  user.score = record.score ?? null;
  user.frequent = record.frequent ?? false;
  user.otherLevels = others ?? NONE;
  user.candidate = candidate === undefined ? null : { level: candidate[0], values: candidate[1] };
  user.standing = standing === undefined ? null : { machine: standing[0], frequent: standing[1], values: standing[2] };
  user.bottlenecks = record.bottlenecks ?? NONE;
}

/** What is not in the changelog. All of the user is counted anew at the next tick. */
function derive(state: PartitionState, user: User): void {
  const days = state.days.of(user);
  user.dirty = 'all';
  if (user.bottlenecks.length > 0) state.stuck.add(user);
  if (user.level === 'machine') state.machines.add(user.id);
  if (days.length === 0) state.idle.add(user);
  for (let at = 0; at < days.length; at++) noteDay(state, user, days.at(at).day);
}
