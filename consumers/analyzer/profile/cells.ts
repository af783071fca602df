/**
 * The cells of a partition, kept up to date by differences: a user's old contribution is taken out and the new one put in, so a tick costs
 * what changed and not what there is.
 */
import type { Level, Stage } from '../../../schemas/records.ts';
import type { Cell, Presence } from '../partials.ts';
import { boundaryOf, INFINITE_STEP } from '../quantise.ts';
import type { DayRange } from '../time.ts';
import type { Day, FeatureRef } from './buckets.ts';
import { contributionOf, sameContribution } from './contributions.ts';
import type { Contribution } from './contributions.ts';

/** Users of a level and team: one object per pair, so that it can be a key. */
interface Group {
  readonly level: Level;
  readonly team: string;
  /** How a cell's JSON begins. */
  readonly head: string;
  users: number;
}

interface Counts {
  seen: number;
  worked: number;
  used: number;
  attempted: number;
  stuck: number;
  readonly durations: Map<number, number>;
  readonly errors: Map<string, { saw: number; keeps: number }>;
  /** The cell as last said; null once it has changed. Midnights say every cell, and most have not changed since the tick before. */
  json: string | null;
}

/** A feature with its cells. */
export interface CellRef extends FeatureRef {
  readonly cells: Map<Group, Counts>;
}

/** What the cells need to know of a user, and what they remember about it. */
export interface CountedUser {
  readonly days: readonly Day<CellRef>[];
  readonly level: Level;
  readonly team: string;
  /** Features whose contribution may have changed. */
  readonly dirty: Set<CellRef>;
  readonly contributions: Map<CellRef, Contribution>;
  /** The group that the contributions are counted in; null: in none. */
  counted: Group | null;
}

/** FeatureCells of the partials, each cell as JSON. */
export interface SaidFeature {
  readonly feature: string;
  readonly stage: Stage;
  readonly cells: readonly string[];
}

export interface CellAccount {
  readonly features: readonly SaidFeature[];
  readonly presence: readonly Presence[];
}

const NO_COUNTS = (): Counts => ({ seen: 0, worked: 0, used: 0, attempted: 0, stuck: 0, durations: new Map(), errors: new Map(), json: null });

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const byGroup = (a: { level: string; team: string }, b: { level: string; team: string }): number => compare(a.level, b.level) || compare(a.team, b.team);

function bump<Key>(map: Map<Key, number>, key: Key, by: number): void {
  const count = (map.get(key) ?? 0) + by;
  if (count === 0) map.delete(key);
  else map.set(key, count);
}

function addTo(counts: Counts, contribution: Contribution, by: 1 | -1): void {
  counts.json = null;
  counts.seen += by;
  if (contribution.worked) counts.worked += by;
  if (contribution.used) counts.used += by;
  if (contribution.attempted) counts.attempted += by;
  if (contribution.stuck) counts.stuck += by;
  if (contribution.median >= 0) bump(counts.durations, contribution.median, by);
  for (const [fingerprint, keeps] of contribution.errors ?? []) {
    const error = counts.errors.get(fingerprint) ?? { saw: 0, keeps: 0 };
    error.saw += by;
    if (keeps) error.keeps += by;
    if (error.saw === 0) counts.errors.delete(fingerprint);
    else counts.errors.set(fingerprint, error);
  }
}

const pairs = (map: Map<number, number>): [number, number][] => [...map].sort((a, b) => a[0] - b[0]).map(([step, users]) => [step === INFINITE_STEP ? -1 : boundaryOf(step), users]);

const errorsOf = (errors: Counts['errors']): Cell['errors'] => Object.fromEntries([...errors].sort((a, b) => compare(a[0], b[0])).map(([fingerprint, { saw, keeps }]) => [fingerprint, [saw, keeps]]));

/** A Cell as JSON. By hand, since most cells have neither durations nor errors, and there are very many. */
function cellOf(group: Group, counts: Counts): string {
  if (counts.json !== null) return counts.json;
  const { seen, worked, used, attempted, stuck } = counts;
  const durations = counts.durations.size === 0 ? '[]' : JSON.stringify(pairs(counts.durations));
  const errors = counts.errors.size === 0 ? '{}' : JSON.stringify(errorsOf(counts.errors));
  counts.json = `${group.head}"seen":${String(seen)},"worked":${String(worked)},"used":${String(used)},"attempted":${String(attempted)},"stuck":${String(stuck)},"durations":${durations},"errors":${errors}}`;
  return counts.json;
}

export interface Cells {
  refOf(feature: string, stage: Stage): CellRef;
  /** Brings the cells up to date with a user; `machine` users are in none. */
  settle(user: CountedUser, window: DayRange): void;
  /** What changed since the last drain, or everything; in a fixed order. A group or cell whose users have all gone is said once more, as zeros, unless `full`. */
  drain(full: boolean): CellAccount;
  /** Everything as it stands, without forgetting what changed. */
  account(): CellAccount;
}

export function createCells(): Cells {
  const refs = new Map<string, CellRef>();
  /** The last asked for of each feature: a feature hardly ever changes its stage. */
  const recent = new Map<string, CellRef>();
  const groups = new Map<string, Group>();
  const changedCells = new Map<CellRef, Set<Group>>();
  const changedGroups = new Set<Group>();

  const groupOf = (level: Level, team: string): Group => {
    const key = `${level} ${team}`;
    let group = groups.get(key);
    if (group === undefined) {
      group = { level, team, head: `{"level":"${level}","team":${JSON.stringify(team)},`, users: 0 };
      groups.set(key, group);
    }
    return group;
  };
  const put = (ref: CellRef, group: Group, contribution: Contribution, by: 1 | -1): void => {
    let counts = ref.cells.get(group);
    if (counts === undefined) {
      counts = NO_COUNTS();
      ref.cells.set(group, counts);
    }
    addTo(counts, contribution, by);
    const changed = changedCells.get(ref);
    if (changed === undefined) changedCells.set(ref, new Set([group]));
    else changed.add(group);
  };
  const present = (group: Group, by: 1 | -1): void => {
    group.users += by;
    changedGroups.add(group);
  };
  const featuresOf = (wanted: Iterable<readonly [CellRef, Iterable<Group>]>): SaidFeature[] => {
    const features: SaidFeature[] = [];
    for (const [ref, among] of wanted) {
      const cells = [...among].sort(byGroup).map((group) => cellOf(group, ref.cells.get(group) ?? NO_COUNTS()));
      if (cells.length > 0) features.push({ feature: ref.feature, stage: ref.stage, cells });
    }
    return features.sort((a, b) => compare(a.feature, b.feature) || compare(a.stage, b.stage));
  };
  const presenceOf = (wanted: Iterable<Group>): Presence[] => [...wanted].sort(byGroup).map(({ level, team, users }) => ({ level, team, users }));
  const everything = (): CellAccount => ({
    features: featuresOf([...refs.values()].map((ref) => [ref, [...ref.cells].filter(([, counts]) => counts.seen > 0).map(([group]) => group)] as const)),
    presence: presenceOf([...groups.values()].filter(({ users }) => users > 0)),
  });

  return {
    refOf: (feature, stage) => {
      const last = recent.get(feature);
      if (last?.stage === stage) return last;
      const key = `${stage} ${feature}`;
      let ref = refs.get(key);
      if (ref === undefined) {
        ref = { feature, stage, cells: new Map() };
        refs.set(key, ref);
      }
      recent.set(feature, ref);
      return ref;
    },
    settle: (user, window) => {
      const target = user.level === 'machine' ? null : groupOf(user.level, user.team);
      if (target !== user.counted && user.contributions.size > 0) {
        if (user.counted !== null) present(user.counted, -1);
        if (target !== null) present(target, 1);
        for (const [ref, contribution] of user.contributions) {
          if (user.counted !== null) put(ref, user.counted, contribution, -1);
          if (target !== null) put(ref, target, contribution, 1);
        }
      }
      user.counted = target;
      const presentBefore = user.contributions.size > 0;
      for (const ref of user.dirty) {
        const old = user.contributions.get(ref);
        const now = contributionOf(user.days, ref, window);
        if (old !== undefined && now !== null && sameContribution(old, now)) continue;
        if (old !== undefined && target !== null) put(ref, target, old, -1);
        if (now === null) user.contributions.delete(ref);
        else {
          user.contributions.set(ref, now);
          if (target !== null) put(ref, target, now, 1);
        }
      }
      user.dirty.clear();
      const presentNow = user.contributions.size > 0;
      if (target !== null && presentNow !== presentBefore) present(target, presentNow ? 1 : -1);
    },
    drain: (full) => {
      const account = full ? everything() : { features: featuresOf(changedCells), presence: presenceOf(changedGroups) };
      for (const [ref, changed] of changedCells) for (const group of changed) if (ref.cells.get(group)?.seen === 0) ref.cells.delete(group);
      for (const group of changedGroups) if (group.users === 0) groups.delete(`${group.level} ${group.team}`);
      changedCells.clear();
      changedGroups.clear();
      return account;
    },
    account: everything,
  };
}
