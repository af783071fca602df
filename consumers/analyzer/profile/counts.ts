/** What is counted in a cell, how a user's contribution is added or taken out, and how a cell is said. */
import type { Level } from '../../../schemas/records.ts';
import { boundaryOf, INFINITE_STEP } from '../quantise.ts';
import type { Contribution } from './contributions.ts';
import type { Named } from './labels.ts';

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
  /** Null until there are any: most cells have none. */
  durations: Map<number, number> | null;
  /** By the fingerprint's number; null until there are any. */
  errors: Map<number, { saw: number; keeps: number }> | null;
}

export const noCounts = (): Counts => ({ seen: 0, worked: 0, used: 0, attempted: 0, stuck: 0, durations: null, errors: null });

/** Makes it as if new. */
export function clear(counts: Counts): void {
  counts.seen = 0;
  counts.worked = 0;
  counts.used = 0;
  counts.attempted = 0;
  counts.stuck = 0;
  counts.durations?.clear();
  counts.errors?.clear();
}

export const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export const byGroup = (a: { level: string; team: string }, b: { level: string; team: string }): number => compare(a.level, b.level) || compare(a.team, b.team);

function bump<Key>(map: Map<Key, number>, key: Key, by: number): void {
  const count = (map.get(key) ?? 0) + by;
  if (count === 0) map.delete(key);
  else map.set(key, count);
}

function addErrors(counts: Counts, contributed: NonNullable<Contribution['errors']>, by: 1 | -1): void {
  const errors = (counts.errors ??= new Map<number, { saw: number; keeps: number }>());
  for (const [fingerprint, keeps] of contributed) {
    let error = errors.get(fingerprint);
    if (error === undefined) errors.set(fingerprint, (error = { saw: 0, keeps: 0 }));
    error.saw += by;
    if (keeps) error.keeps += by;
    if (error.saw === 0 && error.keeps === 0) errors.delete(fingerprint);
  }
}

export function addTo(counts: Counts, contribution: Contribution, by: 1 | -1): void {
  counts.seen += by;
  if (contribution.worked) counts.worked += by;
  if (contribution.used) counts.used += by;
  if (contribution.attempted) counts.attempted += by;
  if (contribution.stuck) counts.stuck += by;
  if (contribution.median >= 0) bump((counts.durations ??= new Map<number, number>()), contribution.median, by);
  if (contribution.errors !== null) addErrors(counts, contribution.errors, by);
}

const pairs = (map: Map<number, number>): [number, number][] => [...map].sort((a, b) => a[0] - b[0]).map(([step, users]) => [step === INFINITE_STEP ? -1 : boundaryOf(step), users]);

/** Whether what users add and others take away is nothing in the end. */
export const isNothing = ({ seen, worked, used, attempted, stuck, durations, errors }: Counts): boolean =>
  seen === 0 && worked === 0 && used === 0 && attempted === 0 && stuck === 0 && (durations === null || durations.size === 0) && (errors === null || errors.size === 0);

/** Names of fingerprints, by number. */
export type NameOf = (fingerprint: number) => Named;

function errorsOf(errors: NonNullable<Counts['errors']>, nameOf: NameOf): string {
  const said: { readonly of: Named; readonly json: string }[] = [];
  for (const [fingerprint, { saw, keeps }] of errors) {
    const of = nameOf(fingerprint);
    said.push({ of, json: `${of.json}:[${String(saw)},${String(keeps)}]` });
  }
  if (said.length > 1) said.sort((a, b) => compare(a.of.name, b.of.name));
  return said.map(({ json }) => json).join(',');
}

/** A Cell as JSON. By hand, since most cells have neither durations nor errors, and there are very many. */
export function cellOf(group: Group, counts: Counts, nameOf: NameOf): string {
  const { seen, worked, used, attempted, stuck } = counts;
  const durations = counts.durations === null || counts.durations.size === 0 ? '[]' : JSON.stringify(pairs(counts.durations));
  const errors = counts.errors === null || counts.errors.size === 0 ? '' : errorsOf(counts.errors, nameOf);
  return `${group.head}"seen":${String(seen)},"worked":${String(worked)},"used":${String(used)},"attempted":${String(attempted)},"stuck":${String(stuck)},"durations":${durations},"errors":{${errors}}}`;
}
