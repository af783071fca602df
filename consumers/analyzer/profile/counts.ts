/** What is counted in a cell, how a user's contribution is added or taken out, and how a cell is said. */
import type { Level } from '../../../schemas/records.ts';
import { boundaryOf, INFINITE_STEP } from '../quantise.ts';
import type { Contribution } from './contributions.ts';

/** Users of a level and team: one object per pair, so that it can be a key. */
export interface Group {
  readonly level: Level;
  readonly team: string;
  /** How a cell's JSON begins. */
  readonly head: string;
  users: number;
}

export interface Counts {
  seen: number;
  worked: number;
  used: number;
  attempted: number;
  stuck: number;
  readonly durations: Map<number, number>;
  /** By the fingerprint's number. */
  readonly errors: Map<number, { saw: number; keeps: number }>;
}

const NO_COUNTS = (): Counts => ({ seen: 0, worked: 0, used: 0, attempted: 0, stuck: 0, durations: new Map(), errors: new Map() });

export const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export const byGroup = (a: { level: string; team: string }, b: { level: string; team: string }): number => compare(a.level, b.level) || compare(a.team, b.team);

function bump<Key>(map: Map<Key, number>, key: Key, by: number): void {
  const count = (map.get(key) ?? 0) + by;
  if (count === 0) map.delete(key);
  else map.set(key, count);
}

export function addTo(counts: Counts, contribution: Contribution, by: 1 | -1): void {
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
    if (error.saw === 0 && error.keeps === 0) counts.errors.delete(fingerprint);
    else counts.errors.set(fingerprint, error);
  }
}

export function countsOf(cells: Map<Group, Counts>, group: Group): Counts {
  let counts = cells.get(group);
  if (counts === undefined) cells.set(group, (counts = NO_COUNTS()));
  return counts;
}

const pairs = (map: Map<number, number>): [number, number][] => [...map].sort((a, b) => a[0] - b[0]).map(([step, users]) => [step === INFINITE_STEP ? -1 : boundaryOf(step), users]);

/** Whether what users add and others take away is nothing in the end. */
export const isNothing = ({ seen, worked, used, attempted, stuck, durations, errors }: Counts): boolean =>
  seen === 0 && worked === 0 && used === 0 && attempted === 0 && stuck === 0 && durations.size === 0 && errors.size === 0;

/** Names of fingerprints, by number. */
export type NameOf = (fingerprint: number) => string;

function errorsOf(errors: Counts['errors'], nameOf: NameOf): string {
  const named = [...errors].map(([fingerprint, count]) => [nameOf(fingerprint), count] as const).sort((a, b) => compare(a[0], b[0]));
  return named.map(([name, { saw, keeps }]) => `${JSON.stringify(name)}:[${String(saw)},${String(keeps)}]`).join(',');
}

/** A Cell as JSON. By hand, since most cells have neither durations nor errors, and there are very many. */
export function cellOf(group: Group, counts: Counts, nameOf: NameOf): string {
  const { seen, worked, used, attempted, stuck } = counts;
  const durations = counts.durations.size === 0 ? '[]' : JSON.stringify(pairs(counts.durations));
  const errors = counts.errors.size === 0 ? '' : errorsOf(counts.errors, nameOf);
  return `${group.head}"seen":${String(seen)},"worked":${String(worked)},"used":${String(used)},"attempted":${String(attempted)},"stuck":${String(stuck)},"durations":${durations},"errors":{${errors}}}`;
}
