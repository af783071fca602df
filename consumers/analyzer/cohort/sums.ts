/**
 * The partitions' partial aggregates added up. What each partition has said of a cell is kept beside the sums, for its teams, and to be taken out when a full account begins.
 * Before its first full account a partition counts for nothing: what differs from is not known.
 */
import type { Level, Stage } from '../../../schemas/records.ts';
import type { Cell, FeatureCells, Partial, Presence, Version } from '../partials.ts';
import { emptyTally } from '../rules/tally.ts';
import type { FeatureTally, LevelTally, PresenceTally, Tally } from '../rules/tally.ts';
import { addCell, addTally, isSame } from './counting.ts';

export type CellsChunk = Extract<Partial, { kind: 'cells' }>;

/** A cell as it stands after all differences. */
interface KeptCell {
  readonly team: string;
  readonly tally: Tally;
}

/** By level, then by team: no key is made for a cell, of which an hour has hundreds. */
type Cells = Map<Level, Map<string, KeptCell>>;

/** What one partition says of cells (by feature) and presence. */
interface Said {
  readonly cells: Map<string, Cells>;
  readonly presence: Map<string, Presence>;
}

interface Share {
  /** Null before the first full account. */
  now: Said | null;
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

function teamsAt(cells: Cells, level: Level): Map<string, KeptCell> {
  let teams = cells.get(level);
  if (teams === undefined) cells.set(level, (teams = new Map<string, KeptCell>()));
  return teams;
}

const noSaid = (): Said => ({ cells: new Map<string, Cells>(), presence: new Map<string, Presence>() });

export function createSums(partitions: number): Sums {
  const features = new Map<string, FeatureTally & { readonly levels: Map<Level, LevelTally> }>();
  const presence = new Map<Level, PresenceTally>();
  const shares: readonly Share[] = Array.from({ length: partitions }, () => ({ now: null, old: null }));
  let changed: Changes = { features: new Set(), presence: false };

  /** Of one level, over the partitions; made from the cells when a rule that holds, or a challenge, wants to know. */
  const teamsOf = (key: string, level: Level): Map<string, Tally> => {
    const teams = new Map<string, Tally>();
    for (const { now, old } of shares) {
      for (const said of [now, old]) {
        for (const cell of said?.cells.get(key)?.get(level)?.values() ?? []) {
          const tally = teams.get(cell.team) ?? emptyTally();
          addTally(tally, cell.tally, 1);
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

  const featureOf = (key: string, stage: Stage, feature: string): Map<Level, LevelTally> => {
    changed.features.add(key);
    let tally = features.get(key);
    if (tally === undefined) features.set(key, (tally = { stage, feature, levels: new Map() }));
    return tally.levels;
  };

  const levelOf = (levels: Map<Level, LevelTally>, key: string, level: Level): Tally => {
    let known = levels.get(level);
    if (known === undefined) levels.set(level, (known = levelTally(key, level)));
    return known.all;
  };

  /** After all of a feature's cells, so that a tally that stays is never dropped in between. Whoever counts anywhere was seen. */
  const prune = (key: string): void => {
    const levels = features.get(key)?.levels;
    if (levels === undefined) return;
    for (const [level, { all }] of levels) if (all.seen === 0) levels.delete(level);
    if (levels.size === 0) features.delete(key);
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

  /** Of a full account, and whatever version 1 says. */
  const replace = (now: Cells, before: Cells | undefined, key: string, { stage, feature }: FeatureCells, cell: Cell): void => {
    const { level, team } = cell;
    const last = before?.get(level)?.get(team);
    before?.get(level)?.delete(team);
    if (last !== undefined && isSame(last.tally, cell)) {
      teamsAt(now, level).set(team, last);
      return;
    }
    const tally = emptyTally();
    addCell(tally, cell);
    if (cell.seen !== 0) teamsAt(now, level).set(team, { team, tally });
    const sum = levelOf(featureOf(key, stage, feature), key, level);
    addTally(sum, tally, 1);
    if (last !== undefined) addTally(sum, last.tally, -1);
  };

  const add = (now: Cells, key: string, levels: Map<Level, LevelTally>, cell: Cell): void => {
    const { level, team } = cell;
    const teams = teamsAt(now, level);
    let kept = teams.get(team);
    if (kept === undefined) teams.set(team, (kept = { team, tally: emptyTally() }));
    addCell(kept.tally, cell);
    if (kept.tally.seen === 0) teams.delete(team);
    addCell(levelOf(levels, key, level), cell);
  };

  const putFeature = (now: Said, old: Said | null, said: FeatureCells, version: Version): void => {
    const key = featureKey(said.stage, said.feature);
    let known = now.cells.get(key);
    if (known === undefined) now.cells.set(key, (known = new Map<Level, Map<string, KeptCell>>()));
    if (old === null && version !== 1) {
      const levels = featureOf(key, said.stage, said.feature);
      for (const cell of said.cells) add(known, key, levels, cell);
    } else {
      const before = old === null ? known : old.cells.get(key);
      for (const cell of said.cells) replace(known, before, key, said, cell);
    }
    for (const [level, teams] of known) if (teams.size === 0) known.delete(level);
    if (known.size === 0) now.cells.delete(key);
    prune(key);
  };

  const putPresence = (now: Said, old: Said | null, said: Presence): void => {
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
      if (stage !== undefined && feature !== undefined) for (const [level, teams] of cells) for (const { tally } of teams.values()) addTally(levelOf(featureOf(key, stage, feature), key, level), tally, -1);
      prune(key);
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
        share.old = share.now ?? noSaid();
        share.now = noSaid();
      }
      const { now, old } = share;
      if (now === null) return;
      for (const feature of chunk.features) putFeature(now, old, feature, chunk.v);
      for (const said of chunk.presence) putPresence(now, old, said);
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
