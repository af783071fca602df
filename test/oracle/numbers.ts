/** Oracle, part 4: users of a feature counted per level and team. */
import type { Level } from '../../schemas/records.ts';
import { lowerMedian } from './meetings.ts';
import type { Window } from './window.ts';

/** Users of one level and team on one feature. */
interface Group {
  readonly level: Level;
  readonly team: string;
  seen: number;
  attempted: number;
  stuck: number;
  used: number;
  /** Each user's lower median; those who have none are not in it. */
  readonly medians: number[];
  readonly saw: Map<string, number>;
  readonly keeps: Map<string, number>;
}

export interface FeatureNumbers {
  readonly groups: readonly Group[];
  readonly worked: boolean;
  readonly fingerprints: ReadonlySet<string>;
  /** Lower median over a level's users; null: there is none. */
  median(level: Level): number | null;
}

const count = (counts: Map<string, number>, key: string): void => { counts.set(key, (counts.get(key) ?? 0) + 1); };

export function numbersOf(window: Window, feature: string, levelOf: (user: string) => Level, teamOf: (user: string) => string): FeatureNumbers {
  const groups = new Map<string, Group>();
  let worked = false;
  const fingerprints = new Set<string>();
  for (const [user, meeting] of window.meetings(feature)) {
    const [level, team] = [levelOf(user), teamOf(user)];
    if (level === 'machine') continue;
    let group = groups.get(`${level}/${team}`);
    if (group === undefined) groups.set(`${level}/${team}`, (group = { level, team, seen: 0, attempted: 0, stuck: 0, used: 0, medians: [], saw: new Map(), keeps: new Map() }));
    group.seen++;
    if (meeting.attempted) group.attempted++;
    if (meeting.stuck) group.stuck++;
    if (meeting.used) group.used++;
    if (meeting.median !== null) group.medians.push(meeting.median);
    for (const fingerprint of meeting.saw) {
      count(group.saw, fingerprint);
      fingerprints.add(fingerprint);
    }
    for (const fingerprint of meeting.keeps) count(group.keeps, fingerprint);
    worked ||= meeting.worked;
  }
  const known = new Map<Level, number | null>();
  return {
    groups: [...groups.values()],
    worked,
    fingerprints,
    median: (level) => {
      const found = known.get(level);
      if (found !== undefined) return found;
      const value = lowerMedian([...groups.values()].filter((group) => group.level === level).flatMap(({ medians }) => medians));
      known.set(level, value);
      return value;
    },
  };
}

/** Users with any signal in the window, per level and team. */
export type Presence = readonly { readonly level: Level; readonly team: string; readonly users: number }[];

export function presenceOf(window: Window, levelOf: (user: string) => Level, teamOf: (user: string) => string): Presence {
  const counts = new Map<string, { level: Level; team: string; users: number }>();
  for (const user of window.present()) {
    const [level, team] = [levelOf(user), teamOf(user)];
    if (level === 'machine') continue;
    const group = counts.get(`${level}/${team}`);
    if (group === undefined) counts.set(`${level}/${team}`, { level, team, users: 1 });
    else group.users++;
  }
  return [...counts.values()];
}

const FEWEST = 10;

/** g: the lower median of beginners' / experts' medians over features where both have ten eligible and finite ones; at least 1. */
export function slowness(features: Iterable<FeatureNumbers>): number {
  const ratios: number[] = [];
  for (const numbers of features) {
    const users = (level: Level): number => numbers.groups.filter((group) => group.level === level).reduce((sum, { medians }) => sum + medians.length, 0);
    if (users('beginner') < FEWEST || users('expert') < FEWEST) continue;
    const [beginner, expert] = [numbers.median('beginner') ?? Infinity, numbers.median('expert') ?? Infinity];
    if (beginner < Infinity && expert < Infinity && expert > 0) ratios.push(beginner / expert);
  }
  return Math.max(1, lowerMedian(ratios) ?? 1);
}
