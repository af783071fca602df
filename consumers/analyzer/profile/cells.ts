/**
 * The cells of a partition, kept up to date by differences: a user's old contribution is taken out and the new one put in, so a tick costs
 * what changed and not what there is. The differences are said as well: a cell has very many durations and fingerprints, and in an hour few of them change.
 */
import type { Level, Stage } from '../../../schemas/records.ts';
import type { Presence } from '../partials.ts';
import type { DayRange } from '../time.ts';
import type { FeatureRef } from './buckets.ts';
import { contributionOf, sameContribution } from './contributions.ts';
import type { Contribution } from './contributions.ts';
import { addTo, byGroup, cellOf, compare, countsOf, isNothing } from './counts.ts';
import type { Counts, Group, NameOf } from './counts.ts';
import type { Kind } from './samples.ts';
import type { RefTable, UserDay } from './userDay.ts';

/** A feature with its cells. */
export interface CellRef extends FeatureRef {
  /** Stands for it in the state and the changelog. */
  readonly number: number;
  readonly cells: Map<Group, Counts>;
  /** Its examples, but those of errors; null until there are any. */
  readonly kinds: { used: Kind | null; stuck: Kind | null; completed: Kind | null };
}

/** What the cells need to know of a user, and what they remember about it. */
export interface CountedUser {
  readonly days: readonly UserDay[];
  readonly level: Level;
  readonly team: string;
  /** Features whose contribution may have changed; null: none; `all`: nothing of the user is counted yet. */
  dirty: CellRef[] | 'all' | null;
  /** What is counted of the user: features, and beside each what the user adds to its cells. Arrays of just their size: most users have few. */
  readonly counted: CellRef[];
  readonly contributions: Contribution[];
  /** The group that the contributions are counted in; null: in none. */
  group: Group | null;
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

function featuresOfDays(days: readonly UserDay[], window: DayRange): Set<CellRef> {
  const features = new Set<CellRef>();
  for (const day of days) if (day.day >= window.first && day.day <= window.last) for (const ref of day.features) features.add(ref);
  return features;
}

export interface Cells extends RefTable {
  /** Made where it is missing, with the next number. */
  refOf(feature: string, stage: Stage): CellRef;
  /** The feature that had this number before a restart. */
  restoreRef(number: number, feature: string, stage: Stage): void;
  /** Features made since the last call. */
  newRefs(): CellRef[];
  /** Brings the cells up to date with a user; `machine` users are in none. */
  settle(user: CountedUser, window: DayRange): void;
  /** By what the cells have changed since the last drain, or everything; in a fixed order. A group whose users have all gone is said once more, as zero, unless `full`. */
  drain(full: boolean): CellAccount;
  /** Everything as it stands, without forgetting what changed. */
  account(): CellAccount;
}

export function createCells(nameOf: NameOf): Cells {
  const refs = new Map<string, CellRef>();
  const numbered: CellRef[] = [];
  let unsaid: CellRef[] = [];
  /** The last asked for of each feature: a feature hardly ever changes its stage. */
  const recent = new Map<string, CellRef>();
  const groups = new Map<string, Group>();
  /** By what the cells have changed since the last drain. */
  const differences = new Map<CellRef, Map<Group, Counts>>();
  const changedGroups = new Set<Group>();

  /** `last`: the user's. */
  const groupOf = (level: Level, team: string, last: Group | null): Group => {
    if (last !== null && last.level === level && last.team === team && last.users > 0) return last;
    const key = `${level} ${team}`;
    let group = groups.get(key);
    if (group === undefined) {
      group = { level, team, head: `{"level":"${level}","team":${JSON.stringify(team)},`, users: 0 };
      groups.set(key, group);
    }
    return group;
  };
  const put = (ref: CellRef, group: Group, contribution: Contribution, by: 1 | -1): void => {
    addTo(countsOf(ref.cells, group), contribution, by);
    let changed = differences.get(ref);
    if (changed === undefined) differences.set(ref, (changed = new Map<Group, Counts>()));
    addTo(countsOf(changed, group), contribution, by);
  };
  const present = (group: Group, by: 1 | -1): void => {
    group.users += by;
    changedGroups.add(group);
  };
  const featuresOf = (wanted: Iterable<readonly [CellRef, Iterable<readonly [Group, Counts]>]>): SaidFeature[] => {
    const features: SaidFeature[] = [];
    for (const [ref, of] of wanted) {
      const cells = [...of]
        .filter(([, counts]) => !isNothing(counts))
        .sort(([a], [b]) => byGroup(a, b))
        .map(([group, counts]) => cellOf(group, counts, nameOf));
      if (cells.length > 0) features.push({ feature: ref.feature, stage: ref.stage, cells });
    }
    return features.sort((a, b) => compare(a.feature, b.feature) || compare(a.stage, b.stage));
  };
  const presenceOf = (wanted: Iterable<Group>): Presence[] => [...wanted].sort(byGroup).map(({ level, team, users }) => ({ level, team, users }));
  const everything = (): CellAccount => ({
    features: featuresOf([...refs.values()].map((ref) => [ref, ref.cells] as const)),
    presence: presenceOf([...groups.values()].filter(({ users }) => users > 0)),
  });

  const makeRef = (number: number, feature: string, stage: Stage): CellRef => {
    const ref: CellRef = { number, feature, stage, cells: new Map(), kinds: { used: null, stuck: null, completed: null } };
    numbered[number] = ref;
    refs.set(`${stage} ${feature}`, ref);
    return ref;
  };
  /** Everybody who is counted elsewhere now. */
  const move = (user: CountedUser, target: Group | null): void => {
    if (user.group !== null) present(user.group, -1);
    if (target !== null) present(target, 1);
    user.contributions.forEach((contribution, at) => {
      const ref = user.counted[at];
      if (ref === undefined) return;
      if (user.group !== null) put(ref, user.group, contribution, -1);
      if (target !== null) put(ref, target, contribution, 1);
    });
  };

  return {
    refOf: (feature, stage) => {
      const last = recent.get(feature);
      if (last?.stage === stage) return last;
      let ref = refs.get(`${stage} ${feature}`);
      if (ref === undefined) {
        ref = makeRef(numbered.length, feature, stage);
        unsaid.push(ref);
      }
      recent.set(feature, ref);
      return ref;
    },
    restoreRef: makeRef,
    newRefs: () => {
      const made = unsaid;
      unsaid = [];
      return made;
    },
    refAt: (number) => {
      const ref = numbered[number];
      if (ref === undefined) throw new Error(`profile: the changelog has signals of feature ${String(number)}, and no name for it: was it compacted or written by something else?`);
      return ref;
    },
    settle: (user, window) => {
      const target = user.level === 'machine' ? null : groupOf(user.level, user.team, user.group);
      const { counted, contributions, dirty } = user;
      if (target !== user.group && counted.length > 0) move(user, target);
      user.group = target;
      if (dirty === null) return;
      user.dirty = null;
      const presentBefore = counted.length > 0;
      for (const ref of dirty === 'all' ? featuresOfDays(user.days, window) : dirty) {
        const at = counted.indexOf(ref);
        const old = contributions[at];
        const now = contributionOf(user.days, ref, window);
        if (old !== undefined && now !== null && sameContribution(old, now)) continue;
        if (old !== undefined && target !== null) put(ref, target, old, -1);
        if (now !== null && target !== null) put(ref, target, now, 1);
        if (now !== null) {
          const place = at < 0 ? counted.length : at;
          counted[place] = ref;
          contributions[place] = now;
        } else if (at >= 0) {
          counted.splice(at, 1);
          contributions.splice(at, 1);
        }
      }
      const presentNow = counted.length > 0;
      if (target !== null && presentNow !== presentBefore) present(target, presentNow ? 1 : -1);
    },
    drain: (full) => {
      const account = full ? everything() : { features: featuresOf(differences), presence: presenceOf(changedGroups) };
      for (const [ref, changed] of differences) for (const group of changed.keys()) if (ref.cells.get(group)?.seen === 0) ref.cells.delete(group);
      for (const group of changedGroups) if (group.users === 0) groups.delete(`${group.level} ${group.team}`);
      differences.clear();
      changedGroups.clear();
      return account;
    },
    account: everything,
  };
}
