/** The partitions' partial aggregates added up. Each partition's cells are kept beside the sums, since a cell replaces its predecessor. */
import type { Level, Stage } from '../../../schemas/records.ts';
import type { Cell, FeatureCells, Partial, Presence } from '../partials.ts';
import { emptyTally } from '../rules/tally.ts';
import type { FeatureTally, LevelTally, PresenceTally, Tally } from '../rules/tally.ts';

export type CellsChunk = Extract<Partial, { kind: 'cells' }>;

interface KeptCell {
  readonly stage: Stage;
  readonly feature: string;
  readonly cell: Cell;
}

/** What one partition says of cells and presence. */
interface Share {
  cells: Map<string, KeptCell>;
  presence: Map<string, Presence>;
  /** During a full account: what was said before it and has not been said again yet. */
  old: { cells: Map<string, KeptCell>; presence: Map<string, Presence> } | null;
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

const isEmpty = (tally: Tally): boolean => tally.seen === 0 && tally.worked === 0 && tally.used === 0 && tally.attempted === 0 && tally.durations.users === 0 && tally.errors.size === 0;

export function createSums(partitions: number): Sums {
  const features = new Map<string, FeatureTally>();
  const presence = new Map<Level, PresenceTally>();
  const shares: readonly Share[] = Array.from({ length: partitions }, () => ({ cells: new Map<string, KeptCell>(), presence: new Map<string, Presence>(), old: null }));
  let changed: Changes = { features: new Set(), presence: false };

  const addCell = (key: string, { stage, feature, cell }: KeptCell, sign: 1 | -1): void => {
    const tally: FeatureTally = features.get(key) ?? { stage, feature, levels: new Map() };
    const level: LevelTally = tally.levels.get(cell.level) ?? { all: emptyTally(), teams: new Map<string, Tally>() };
    const team = level.teams.get(cell.team) ?? emptyTally();
    addTo(team, cell, sign);
    addTo(level.all, cell, sign);
    if (isEmpty(team)) level.teams.delete(cell.team);
    else level.teams.set(cell.team, team);
    if (level.teams.size === 0) tally.levels.delete(cell.level);
    else tally.levels.set(cell.level, level);
    if (tally.levels.size === 0) features.delete(key);
    else features.set(key, tally);
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

  const putCell = (share: Share, { stage, feature }: FeatureCells, cell: Cell): void => {
    const key = featureKey(stage, feature);
    const name = `${cell.level}/${cell.team}/${key}`;
    const last = share.cells.get(name) ?? share.old?.cells.get(name);
    share.old?.cells.delete(name);
    const kept = { stage, feature, cell };
    share.cells.set(name, kept);
    if (last !== undefined && sameCell(last.cell, cell)) return;
    // New before old, so that a tally that stays is never dropped in between.
    addCell(key, kept, 1);
    if (last !== undefined) addCell(key, last, -1);
  };

  const putPresence = (share: Share, said: Presence): void => {
    const name = `${said.level}/${said.team}`;
    const last = share.presence.get(name) ?? share.old?.presence.get(name);
    share.old?.presence.delete(name);
    share.presence.set(name, said);
    if (last?.users === said.users) return;
    addPresence(said, 1);
    if (last !== undefined) addPresence(last, -1);
  };

  const dropOld = (share: Share): void => {
    for (const kept of share.old?.cells.values() ?? []) addCell(featureKey(kept.stage, kept.feature), kept, -1);
    for (const last of share.old?.presence.values() ?? []) addPresence(last, -1);
    share.old = null;
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
        share.old = { cells: share.cells, presence: share.presence };
        share.cells = new Map();
        share.presence = new Map();
      }
      for (const feature of chunk.features) for (const cell of feature.cells) putCell(share, feature, cell);
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
