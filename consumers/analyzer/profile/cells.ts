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
import { addTo, byGroup, clear, compare, headOf, isNothing, noCounts, writeCell } from './counts.ts';
import type { Counts, Group, NameOf } from './counts.ts';
import { JsonBytes } from './jsonBytes.ts';
import type { Kind } from './samples.ts';
import type { RefTable } from './userDay.ts';
import type { UserDays } from './userDays.ts';

const COMMA = ','.charCodeAt(0);

/** A group's counts on a feature. */
interface Cell {
  readonly group: Group;
  readonly counts: Counts;
  /** By what they have changed since the last drain. */
  readonly difference: Counts;
  /** It is among the feature's changed ones. */
  changed: boolean;
}

/** A feature with its cells. */
export interface CellRef extends FeatureRef {
  /** Stands for it in the state and the changelog. */
  readonly number: number;
  readonly cells: Map<Group, Cell>;
  /** Since the last drain. */
  readonly changed: Cell[];
  /** Its examples, but those of errors; null until there are any. */
  readonly kinds: { used: Kind | null; stuck: Kind | null; completed: Kind | null };
}

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

/** FeatureCells of the partials: where its cells lie as JSON, one behind the other with a comma in between. */
export interface SaidFeature {
  readonly feature: string;
  readonly stage: Stage;
  readonly from: number;
  /** Of each cell. */
  readonly ends: readonly number[];
}

export interface CellAccount {
  readonly features: readonly SaidFeature[];
  /** All cells; good until the next account. */
  readonly bytes: Buffer;
  readonly presence: readonly Presence[];
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
  /** Those with changed cells. */
  const changedRefs: CellRef[] = [];
  const changedGroups = new Set<Group>();
  const out = new JsonBytes();

  /** `last`: the user's. */
  const groupOf = (level: Level, team: string, last: Group | null): Group => {
    if (last !== null && last.level === level && last.team === team && last.users > 0) return last;
    const key = `${level} ${team}`;
    let group = groups.get(key);
    if (group === undefined) groups.set(key, (group = { level, team, head: headOf(level, team), users: 0 }));
    return group;
  };
  const cellAt = (ref: CellRef, group: Group): Cell => {
    let cell = ref.cells.get(group);
    if (cell === undefined) ref.cells.set(group, (cell = { group, counts: noCounts(), difference: noCounts(), changed: false }));
    if (!cell.changed) {
      cell.changed = true;
      if (ref.changed.length === 0) changedRefs.push(ref);
      ref.changed.push(cell);
    }
    return cell;
  };
  /** Takes out of a cell what a user added to it, and adds what the user adds now; null: nothing. */
  const exchange = (ref: CellRef, group: Group, old: Contribution | null, now: Contribution | null): void => {
    const { counts, difference } = cellAt(ref, group);
    if (old !== null) {
      addTo(counts, old, -1);
      addTo(difference, old, -1);
    }
    if (now !== null) {
      addTo(counts, now, 1);
      addTo(difference, now, 1);
    }
  };
  const present = (group: Group, by: 1 | -1): void => {
    group.users += by;
    changedGroups.add(group);
  };
  /** `what`: of a cell that is said. */
  const featureOf = (ref: CellRef, wanted: Iterable<Cell>, what: 'counts' | 'difference'): SaidFeature[] => {
    const cells: Cell[] = [];
    for (const cell of wanted) if (!isNothing(cell[what])) cells.push(cell);
    if (cells.length === 0) return [];
    if (cells.length > 1) cells.sort((a, b) => byGroup(a.group, b.group));
    const from = out.length;
    const ends: number[] = [];
    for (const cell of cells) {
      if (ends.length > 0) out.byte(COMMA);
      writeCell(out, cell.group, cell[what], nameOf);
      ends.push(out.length);
    }
    return [{ feature: ref.feature, stage: ref.stage, from, ends }];
  };
  /** `features` writes them. */
  const accountOf = (features: () => SaidFeature[], presence: Iterable<Group>): CellAccount => {
    out.clear();
    const said = features().sort((a, b) => compare(a.feature, b.feature) || compare(a.stage, b.stage));
    return { features: said, bytes: out.bytes, presence: [...presence].sort(byGroup).map(({ level, team, users }) => ({ level, team, users })) };
  };
  const everything = (): CellAccount =>
    accountOf(
      () => [...refs.values()].flatMap((ref) => featureOf(ref, ref.cells.values(), 'counts')),
      [...groups.values()].filter(({ users }) => users > 0),
    );
  const differences = (): CellAccount => accountOf(() => changedRefs.flatMap((ref) => featureOf(ref, ref.changed, 'difference')), changedGroups);

  const makeRef = (number: number, feature: string, stage: Stage): CellRef => {
    const ref: CellRef = { number, feature, stage, cells: new Map(), changed: [], kinds: { used: null, stuck: null, completed: null } };
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
    drain: (full) => {
      const account = full ? everything() : differences();
      for (const ref of changedRefs) {
        for (const cell of ref.changed) {
          cell.changed = false;
          clear(cell.difference);
          if (cell.counts.seen === 0) ref.cells.delete(cell.group);
        }
        ref.changed.length = 0;
      }
      changedRefs.length = 0;
      for (const group of changedGroups) if (group.users === 0) groups.delete(`${group.level} ${group.team}`);
      changedGroups.clear();
      return account;
    },
    account: everything,
  };
}
