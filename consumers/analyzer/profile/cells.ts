/**
 * The cells of a partition, by differences: a user's old contribution is taken out and the new one put in, so a tick costs what changed and not what there is. The differences are what
 * is said: a cell has very many durations and fingerprints, and in an hour few of them change. What a cell comes to is not kept: it is wanted seldom, and users know what they add.
 */
import type { Level, Stage } from '../../../schemas/records.ts';
import type { DayRange } from '../time.ts';
import { inBatches } from './batches.ts';
import type { FeatureRef } from './buckets.ts';
import { contributionOf, sameContribution } from './contributions.ts';
import type { Contribution } from './contributions.ts';
import { accountWriter } from './cellAccount.ts';
import type { CellAccount } from './cellAccount.ts';
import { addTo, headOf, noCounts } from './counts.ts';
import type { Counts, Group, NameOf } from './counts.ts';
import type { Kind } from './samples.ts';
import type { RefTable } from './userDay.ts';
import type { UserDays } from './userDays.ts';

/** A feature, as a key. */
export interface CellRef extends FeatureRef {
  /** Stands for it in the state and the changelog. */
  readonly number: number;
  /** Its examples, but those of errors; null until there are any. */
  readonly kinds: { used: Kind | null; stuck: Kind | null; completed: Kind | null };
}

/** Cells: the counts of groups on features. */
type Counted = Map<CellRef, Map<Group, Counts>>;

/** What the cells need to know of a user, and what they remember about it. */
export interface CountedUser {
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

export interface Cells extends RefTable {
  /** Made where it is missing, with the next number. */
  refOf(feature: string, stage: Stage): CellRef;
  /** The feature that had this number before a restart. */
  restoreRef(number: number, feature: string, stage: Stage): void;
  /** Features made since the last call. */
  newRefs(): CellRef[];
  /** Brings the cells up to date with a user, whose days these are; `machine` users are in none. */
  settle(user: CountedUser, days: UserDays, window: DayRange): void;
  /** By what the cells have changed since the last drain, in a fixed order; the first time that is everything. A group whose users have all gone is said once more, as zero. */
  drain(): CellAccount;
  /** Everything as it stands, of all `users`; without forgetting what changed. */
  account(users: Iterable<CountedUser>): Promise<CellAccount>;
  /** As if what changed had been said. */
  forget(): void;
}

function countsAt(counted: Counted, ref: CellRef, group: Group): Counts {
  let cells = counted.get(ref);
  if (cells === undefined) counted.set(ref, (cells = new Map<Group, Counts>()));
  let counts = cells.get(group);
  if (counts === undefined) cells.set(group, (counts = noCounts()));
  return counts;
}

export function createCells(nameOf: NameOf): Cells {
  const refs = new Map<string, CellRef>();
  const numbered: CellRef[] = [];
  let unsaid: CellRef[] = [];
  /** The last asked for of each feature: a feature hardly ever changes its stage. */
  const recent = new Map<string, CellRef>();
  const groups = new Map<string, Group>();
  /** By what cells have changed since the last drain. */
  const changes: Counted = new Map();
  const changedGroups = new Set<Group>();
  const accountOf = accountWriter(nameOf);

  /** `last`: the user's. */
  const groupOf = (level: Level, team: string, last: Group | null): Group => {
    if (last !== null && last.level === level && last.team === team && last.users > 0) return last;
    const key = `${level} ${team}`;
    let group = groups.get(key);
    if (group === undefined) groups.set(key, (group = { level, team, head: headOf(level, team), users: 0 }));
    return group;
  };
  /** Takes out of a cell what a user added to it, and adds what the user adds now; null: nothing. */
  const exchange = (ref: CellRef, group: Group, old: Contribution | null, now: Contribution | null): void => {
    const counts = countsAt(changes, ref, group);
    if (old !== null) addTo(counts, old, -1);
    if (now !== null) addTo(counts, now, 1);
  };
  const present = (group: Group, by: 1 | -1): void => {
    group.users += by;
    changedGroups.add(group);
  };
  const account = async (users: Iterable<CountedUser>): Promise<CellAccount> => {
    const all: Counted = new Map();
    await inBatches(users, ({ group, counted, contributions }) => {
      if (group === null) return;
      for (let at = 0; at < counted.length; at++) addTo(countsAt(all, counted[at] as CellRef, group), contributions[at] as Contribution, 1);
    });
    return accountOf(all, [...groups.values()].filter(({ users: present }) => present > 0));
  };
  const forget = (): void => {
    changes.clear();
    for (const group of changedGroups) if (group.users === 0) groups.delete(`${group.level} ${group.team}`);
    changedGroups.clear();
  };

  const makeRef = (number: number, feature: string, stage: Stage): CellRef => {
    const ref: CellRef = { number, feature, stage, kinds: { used: null, stuck: null, completed: null } };
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
      if (user.group !== null) exchange(ref, user.group, contribution, null);
      if (target !== null) exchange(ref, target, null, contribution);
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
    settle: (user, days, window) => {
      const target = user.level === 'machine' ? null : groupOf(user.level, user.team, user.group);
      const { counted, contributions, dirty } = user;
      if (target !== user.group && counted.length > 0) move(user, target);
      user.group = target;
      if (dirty === null) return;
      user.dirty = null;
      const presentBefore = counted.length > 0;
      for (const ref of dirty === 'all' ? days.featuresIn(window) : dirty) {
        const at = counted.indexOf(ref);
        const old = at < 0 ? null : (contributions[at] ?? null);
        const now = contributionOf(days, ref, window);
        if (old === now || (old !== null && now !== null && sameContribution(old, now))) continue;
        if (target !== null) exchange(ref, target, old, now);
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
    drain: () => {
      const said = accountOf(changes, changedGroups);
      forget();
      return said;
    },
    account,
    forget,
  };
}
