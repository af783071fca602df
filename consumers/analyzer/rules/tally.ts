/** What the rules look at: users of a feature, counted per level and team, summed over the partitions. */
import type { Level, Stage } from '../../../schemas/records.ts';

/** The boundary that stands for an infinite median, as in `analyzer.partials`. */
export const INFINITE = -1;

/** Users by their lower median duration. */
export interface Durations {
  /** Boundary in ms (INFINITE for none) to users. */
  readonly counts: Map<number, number>;
  users: number;
  /** Kept until the next change; undefined: not known now. */
  median: number | null | undefined;
}

interface Saw {
  saw: number;
  keeps: number;
}

export interface Tally {
  /** Any signal on the feature. */
  seen: number;
  /** An action or time signal. */
  worked: number;
  /** An action signal. */
  used: number;
  /** At least 3 ended attempts. */
  attempted: number;
  /** Of those, mostly abandoned or failed. */
  stuck: number;
  readonly durations: Durations;
  readonly errors: Map<string, Saw>;
}

export interface LevelTally {
  readonly all: Tally;
  /** Wanted for few findings only: may be made when asked for. */
  readonly teams: ReadonlyMap<string, Tally>;
}

export interface FeatureTally {
  readonly stage: Stage;
  readonly feature: string;
  readonly levels: Map<Level, LevelTally>;
}

/** Users with any signal on the platform. */
export interface PresenceTally {
  users: number;
  readonly teams: Map<string, number>;
}

export type PresenceByLevel = ReadonlyMap<Level, PresenceTally>;

export const emptyTally = (): Tally => ({ seen: 0, worked: 0, used: 0, attempted: 0, stuck: 0, durations: { counts: new Map(), users: 0, median: null }, errors: new Map() });

/** The lower of the middle values: of n the ceil(n / 2)-th. Infinity where that is infinite, null where there is none. */
export function lowerMedian(counts: ReadonlyMap<number, number>): number | null {
  let users = 0;
  for (const count of counts.values()) users += count;
  if (users === 0) return null;
  const rank = Math.ceil(users / 2);
  let seen = 0;
  for (const boundary of Float64Array.from(counts.keys()).sort()) {
    if (boundary !== INFINITE) seen += counts.get(boundary) ?? 0;
    if (seen >= rank) return boundary;
  }
  return Infinity;
}

export function medianOf(durations: Durations): number | null {
  durations.median ??= lowerMedian(durations.counts);
  return durations.median;
}

/** Users whose median is above a threshold in ms. */
export function usersAbove(durations: Durations, threshold: number): number {
  if (threshold === Infinity) return 0;
  let users = 0;
  for (const [boundary, count] of durations.counts) if (boundary === INFINITE || boundary > threshold) users += count;
  return users;
}

/** Any signal of a user who counts (machines do not), at any level. */
export const hasSignals = (tally: FeatureTally): boolean => anyLevel(tally, ({ seen }) => seen > 0);

/** Any action or time signal. */
export const hasWork = (tally: FeatureTally): boolean => anyLevel(tally, ({ worked }) => worked > 0);

function anyLevel(tally: FeatureTally, holds: (all: Tally) => boolean): boolean {
  for (const [level, { all }] of tally.levels) if (level !== 'machine' && holds(all)) return true;
  return false;
}

/** Fingerprints that any user who counts has met in the window. */
export function fingerprintsOf(tally: FeatureTally): Set<string> {
  const fingerprints = new Set<string>();
  for (const [level, { all }] of tally.levels) if (level !== 'machine') for (const [fingerprint, { saw }] of all.errors) if (saw > 0) fingerprints.add(fingerprint);
  return fingerprints;
}
