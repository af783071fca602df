/** The partitions' partial aggregates added up. Each partition's cells are kept beside the sums, since a cell replaces its predecessor. */
import type { Level, Stage } from '../../../schemas/records.ts';
import type { Cell, FeatureCells, Partial, Presence } from '../partials.ts';
import { emptyTally } from '../rules/tally.ts';
import type { FeatureTally, LevelTally, PresenceTally, Tally } from '../rules/tally.ts';

export type CellsChunk = Extract<Partial, { kind: 'cells' }>;

/** By level and team. */
type Cells = Map<string, Cell>;

/** What one partition says of cells (by feature) and presence. */
interface Said {
  readonly cells: Map<string, Cells>;
  readonly presence: Map<string, Presence>;
}

interface Share {
  now: Said;
  /** During a full account: what was said before it and has not been said again yet. */
  old: Said | null;
}

export interface Changes {
  readonly features: Set<string>;
  presence: boolean;
}

export interface Sums {
  /** By `featureKey`. */
  readonly features: ReadonlyMap<string, FeatureTally>;
  readonly presence: ReadonlyMap<Level, PresenceTally>;
  apply(partition: number, chunk: CellsChunk): void;
  /** The partition's tick is complete: what a full account has not repeated is gone. */
  close(partition: number): void;
  /** What has changed since the last call. */
  changes(): Changes;
}

export const featureKey = (stage: Stage, feature: string): string => `${stage}/${feature}`;

const samePairs = (a: Cell['durations'], b: Cell['durations']): boolean => a.length === b.length && a.every(([boundary, users], i) => b[i]?.[0] === boundary && b[i][1] === users);

function sameErrors(a: Cell['errors'], b: Cell['errors']): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name]?.[0] === b[name]?.[0] && a[name]?.[1] === b[name]?.[1]);
}

const sameCell = (a: Cell, b: Cell): boolean =>
  a.seen === b.seen && a.worked === b.worked && a.used === b.used && a.attempted === b.attempted && a.stuck === b.stuck && samePairs(a.durations, b.durations) && sameErrors(a.errors, b.errors);

function addTo(tally: Tally, cell: Cell, sign: 1 | -1): void {
  tally.seen += sign * cell.seen;
  tally.worked += sign * cell.worked;
  tally.used += sign * cell.used;
  tally.attempted += sign * cell.attempted;
  tally.stuck += sign * cell.stuck;
  for (const [boundary, users] of cell.durations) {
    const count = (tally.durations.counts.get(boundary) ?? 0) + sign * users;
    if (count === 0) tally.durations.counts.delete(boundary);
    else tally.durations.counts.set(boundary, count);
    tally.durations.users += sign * users;
    tally.durations.median = undefined;
  }
  for (const fingerprint of Object.keys(cell.errors)) {
    const [saw, keeps] = cell.errors[fingerprint] ?? [0, 0];
    const known = tally.errors.get(fingerprint);
    if (known === undefined) tally.errors.set(fingerprint, { saw: sign * saw, keeps: sign * keeps });
    else {
      known.saw += sign * saw;
      known.keeps += sign * keeps;
      if (known.saw === 0 && known.keeps === 0) tally.errors.delete(fingerprint);
    }
  }
}

const noSaid = (): Said => ({ cells: new Map<string, Cells>(), presence: new Map<string, Presence>() });

export function createSums(partitions: number): Sums {
  const features = new Map<string, FeatureTally & { readonly levels: Map<Level, LevelTally> }>();
  const presence = new Map<Level, PresenceTally>();
  const shares: readonly Share[] = Array.from({ length: partitions }, () => ({ now: noSaid(), old: null }));
  let changed: Changes = { features: new Set(), presence: false };

  /** Of one level, over the partitions; made from the cells when a rule that holds, or a challenge, wants to know. */
  const teamsOf = (key: string, level: Level): Map<string, Tally> => {
    const teams = new Map<string, Tally>();
    for (const { now, old } of shares) {
      for (const said of old === null ? [now] : [now, old]) {
        for (const cell of said.cells.get(key)?.values() ?? []) {
          if (cell.level !== level || cell.seen === 0) continue;
          const tally = teams.get(cell.team) ?? emptyTally();
          addTo(tally, cell, 1);
          teams.set(cell.team, tally);
        }
      }
    }
    return teams;
  };

  const levelTally = (key: string, level: Level): LevelTally => ({
    all: emptyTally(),
    get teams() {
      return teamsOf(key, level);
    },
  });

  const addCell = (key: string, stage: Stage, feature: string, cell: Cell, sign: 1 | -1): void => {
    let tally = features.get(key);
    if (tally === undefined) features.set(key, (tally = { stage, feature, levels: new Map() }));
    let level = tally.levels.get(cell.level);
    if (level === undefined) tally.levels.set(cell.level, (level = levelTally(key, cell.level)));
    addTo(level.all, cell, sign);
    // Whoever counts anywhere was seen.
    if (level.all.seen === 0) tally.levels.delete(cell.level);
    if (tally.levels.size === 0) features.delete(key);
    changed.features.add(key);
  };

  const addPresence = ({ level, team, users }: Presence, sign: 1 | -1): void => {
    const tally: PresenceTally = presence.get(level) ?? { users: 0, teams: new Map<string, number>() };
    tally.users += sign * users;
    const left = (tally.teams.get(team) ?? 0) + sign * users;
    if (left === 0) tally.teams.delete(team);
    else tally.teams.set(team, left);
    presence.set(level, tally);
    changed.presence = true;
  };

  const putFeature = ({ now, old }: Share, { stage, feature, cells }: FeatureCells): void => {
    const key = featureKey(stage, feature);
    const known: Cells = now.cells.get(key) ?? new Map<string, Cell>();
    const before = old?.cells.get(key);
    now.cells.set(key, known);
    for (const cell of cells) {
      const name = `${cell.level}/${cell.team}`;
      const last = known.get(name) ?? before?.get(name);
      before?.delete(name);
      if (cell.seen === 0) known.delete(name);
      else known.set(name, cell);
      if (last !== undefined && sameCell(last, cell)) continue;
      // New before old, so that a tally that stays is never dropped in between.
      addCell(key, stage, feature, cell, 1);
      if (last !== undefined) addCell(key, stage, feature, last, -1);
    }
  };

  const putPresence = ({ now, old }: Share, said: Presence): void => {
    const name = `${said.level}/${said.team}`;
    const last = now.presence.get(name) ?? old?.presence.get(name);
    old?.presence.delete(name);
    now.presence.set(name, said);
    if (last?.users === said.users) return;
    addPresence(said, 1);
    if (last !== undefined) addPresence(last, -1);
  };

  const dropOld = (share: Share): void => {
    const { old } = share;
    share.old = null;
    for (const [key, cells] of old?.cells ?? []) {
      const { stage, feature } = features.get(key) ?? {};
      if (stage !== undefined && feature !== undefined) for (const cell of cells.values()) addCell(key, stage, feature, cell, -1);
    }
    for (const last of old?.presence.values() ?? []) addPresence(last, -1);
  };

  const shareOf = (partition: number): Share => {
    const share = shares[partition];
    if (share === undefined) throw new Error(`a partial of partition ${String(partition)}, but there are ${String(partitions)}: the number of partitions of platform.events must not change`);
    return share;
  };

  return {
    features,
    presence,
    apply: (partition, chunk) => {
      const share = shareOf(partition);
      if (chunk.reset) {
        dropOld(share);
        share.old = share.now;
        share.now = noSaid();
      }
      for (const feature of chunk.features) putFeature(share, feature);
      for (const said of chunk.presence) putPresence(share, said);
    },
    close: (partition) => {
      dropOld(shareOf(partition));
    },
    changes: () => {
      const taken = changed;
      changed = { features: new Set(), presence: false };
      return taken;
    },
  };
}
