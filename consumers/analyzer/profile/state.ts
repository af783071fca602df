/**
 * All that a profile task knows: a fold of the log's signals. What is marked "derived" is made again after a restore; all else is in the
 * changelog, so a task that restores goes on as if nothing had happened.
 */
import type { Bottleneck, ExpertiseLevel, Level } from '../../../schemas/records.ts';
import type { OtherLevel } from '../expertise/leaveOut.ts';
import type { LastAccount } from './accounts.ts';
import type { OpenBottleneck } from './bottlenecks.ts';
import { createCells } from './cells.ts';
import type { CellRef, Cells, CountedUser } from './cells.ts';
import type { Contribution } from './contributions.ts';
import { createLabels } from './labels.ts';
import type { Labels } from './labels.ts';
import type { Candidate } from './levels.ts';
import { sumDays } from './measures.ts';
import { createSamples } from './samples.ts';
import type { SampleKey, SampleStore } from './samples.ts';
import type { StageWindow } from './stageSums.ts';
import type { UserDay } from './userDay.ts';
import { NO_BLOCK, UserDays } from './userDays.ts';
import type { DayOwner } from './userDays.ts';
import { UserTable } from './userTable.ts';
import type { Standing } from './vectors.ts';

export interface User extends CountedUser, DayOwner {
  readonly id: string;
  /** Of the latest signal. */
  team: string;
  role: string;
  level: Level;
  since: number;
  modelVersion: number;
  score: number | null;
  /** At the last training tick. */
  frequent: boolean;
  candidate: Candidate | null;
  /** Of users with a trained level: which other one they would have without a feature of the model. */
  otherLevels: readonly OtherLevel[];
  /** At the training tick whose decision is not in force yet; null for users who are neither frequent nor machines. */
  standing: Standing | null;
  /** Open ones; most users have none. */
  bottlenecks: readonly OpenBottleneck[];
}

/** In the order in which they were changed first; those that have gone since are in it still. */
interface ChangedDays {
  readonly users: User[];
  /** Beside each user. */
  readonly days: number[];
}

/** What has to go to the changelog with the next commit. Tombstones are written before the rest. */
interface Changes {
  readonly days: ChangedDays;
  readonly users: Set<User>;
  readonly samples: Map<string, { readonly key: SampleKey; readonly day: number }>;
  readonly labels: Set<string>;
  readonly gone: Set<string>;
}

export interface PartitionState {
  /** -Infinity before the first record. */
  watermark: number;
  /** Null before the first record. */
  firstTick: number | null;
  /** The last tick run. */
  lastTick: number | null;
  /** The training tick whose decision is not in force yet. */
  training: number | null;
  readonly users: UserTable;
  readonly days: UserDays;
  /** Derived: users with a bucket on a day. */
  readonly byDay: Map<number, User[]>;
  /** Derived: nobody's cells have been counted since the restart. */
  uncounted: boolean;
  /** Derived: users whose cells may not be up to date. */
  readonly unsettled: Set<User>;
  /** Derived: users without any day, who leave the state. */
  readonly idle: Set<User>;
  /** Derived. */
  readonly stuck: Set<User>;
  /** Derived: ids of those with the level `machine`: few. */
  readonly machines: Set<string>;
  /** Derived: the last day of the window of the users' sums; -Infinity before the first record. */
  measuredDay: number;
  /** Derived: null where nothing has been said since the restart. */
  account: LastAccount | null;
  readonly cells: Cells;
  readonly samples: SampleStore;
  readonly labels: Labels;
  readonly changes: Changes;
}

/** What goes out with the next commit, besides the changelog. */
export interface Emits {
  readonly partials: { readonly key: string; readonly value: Buffer }[];
  readonly levels: ExpertiseLevel[];
  readonly bottlenecks: Bottleneck[];
}

export const noEmits = (): Emits => ({ partials: [], levels: [], bottlenecks: [] });

export function emptyState(): PartitionState {
  const labels = createLabels();
  const cells = createCells((fingerprint) => labels.nameOf(fingerprint));
  return {
    watermark: -Infinity,
    firstTick: null,
    lastTick: null,
    training: null,
    users: new UserTable(),
    days: new UserDays(cells),
    byDay: new Map(),
    uncounted: true,
    unsettled: new Set(),
    idle: new Set(),
    stuck: new Set(),
    machines: new Set(),
    measuredDay: -Infinity,
    account: null,
    cells,
    samples: createSamples(),
    labels,
    changes: { days: { users: [], days: [] }, users: new Set(), samples: new Map(), labels: new Set(), gone: new Set() },
  };
}

const NONE: readonly never[] = [];

/** What every signal asks for comes first: it lies in the same lines of the cache. */
export function newUser(id: string, team: string, role: string): User {
  return {
    id,
    team,
    role,
    level: 'unclassified',
    block: NO_BLOCK,
    dirty: null,
    bottlenecks: NONE,
    group: null,
    counted: [],
    contributions: [],
    since: -Infinity,
    modelVersion: 0,
    score: null,
    frequent: false,
    candidate: null,
    otherLevels: NONE,
    standing: null,
  };
}

/** The sums of a user's window over the 14 days up to `measuredDay`; good until another user's are asked for. */
export function stagesOf(state: PartitionState, user: User): StageWindow {
  const days = state.days.of(user);
  const { window } = days;
  if (!days.isSummed) {
    sumDays(window, days, state.measuredDay);
    days.noteSummed();
  }
  return window;
}

/** What a user is counted for on a feature, as of the last tick; null: nothing. */
export function countedFor({ counted, contributions }: CountedUser, ref: CellRef): Contribution | null {
  const at = counted.indexOf(ref);
  return at < 0 ? null : (contributions[at] ?? null);
}

/** The user's contribution to the feature may have changed. */
export function touch(state: PartitionState, user: User, ref: CellRef): void {
  if (user.dirty === null) {
    user.dirty = [ref];
    state.unsettled.add(user);
  } else if (user.dirty !== 'all' && !user.dirty.includes(ref)) user.dirty.push(ref);
}

/** Remembers who has a day, for when it leaves. */
export function noteDay(state: PartitionState, user: User, day: number): void {
  const others = state.byDay.get(day);
  if (others === undefined) state.byDay.set(day, [user]);
  else others.push(user);
}

/** The user's day, made where it is missing. */
export function dayOfUser(state: PartitionState, user: User, day: number): UserDay {
  const days = state.days.of(user);
  const known = days.find(day);
  if (known !== undefined) return known;
  noteDay(state, user, day);
  return days.add(day);
}

/** The day is other than the changelog has it. */
export function noteChange({ changes }: PartitionState, user: User, day: UserDay): void {
  if (!day.change()) return;
  changes.days.users.push(user);
  changes.days.days.push(day.day);
}

/**
 * Gives a user a level from an instant on. Two levels from the same instant cannot both be in the history, so a second one begins a
 * millisecond later.
 */
export function setLevel(state: PartitionState, user: User, level: Level, since: number, modelVersion: number, score: number | null, emits: Emits): void {
  const wasMachine = user.level === 'machine';
  user.since = Math.max(since, user.since + 1);
  user.level = level;
  user.modelVersion = modelVersion;
  user.score = score;
  state.changes.users.add(user);
  state.unsettled.add(user);
  if (level === 'machine') state.machines.add(user.id);
  else state.machines.delete(user.id);
  if (wasMachine !== (level === 'machine') && state.days.of(user).length > 0) state.samples.touchAll();
  emits.levels.push({ user_id: user.id, level, since: user.since, model_version: modelVersion, score });
}
