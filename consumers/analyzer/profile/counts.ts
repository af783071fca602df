/** What is counted in a cell, how a user's contribution is added or taken out, and how a cell is said. */
import type { Level } from '../../../schemas/records.ts';
import { boundaryOf, INFINITE_STEP } from '../quantise.ts';
import type { Contribution } from './contributions.ts';
import type { JsonBytes } from './jsonBytes.ts';
import type { Named } from './labels.ts';

/** Users of a level and team: one object per pair, so that it can be a key. */
export interface Group {
  readonly level: Level;
  readonly team: string;
  /** How a cell's JSON begins, up to the first number. */
  readonly head: Buffer;
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

/** Whether what users add and others take away is nothing in the end. */
export const isNothing = ({ seen, worked, used, attempted, stuck, durations, errors }: Counts): boolean =>
  seen === 0 && worked === 0 && used === 0 && attempted === 0 && stuck === 0 && (durations === null || durations.size === 0) && (errors === null || errors.size === 0);

/** Names of fingerprints, by number. */
export type NameOf = (fingerprint: number) => Named;

const WORKED = Buffer.from(',"worked":');
const USED = Buffer.from(',"used":');
const ATTEMPTED = Buffer.from(',"attempted":');
const STUCK = Buffer.from(',"stuck":');
const DURATIONS = Buffer.from(',"durations":[');
const ERRORS = Buffer.from('],"errors":{');
const END = Buffer.from('}}');
const [COMMA, COLON, OPEN, CLOSE] = [...Buffer.from(',:[]')] as [number, number, number, number];

export function headOf(level: Level, team: string): Buffer {
  return Buffer.from(`{"level":"${level}","team":${JSON.stringify(team)},"seen":`);
}

function writePair(out: JsonBytes, first: number, second: number): void {
  out.byte(OPEN);
  out.number(first);
  out.byte(COMMA);
  out.number(second);
  out.byte(CLOSE);
}

function writeDurations(out: JsonBytes, durations: NonNullable<Counts['durations']>): void {
  const steps = [...durations.keys()];
  if (steps.length > 1) steps.sort((a, b) => a - b);
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i] ?? 0;
    if (i > 0) out.byte(COMMA);
    writePair(out, step === INFINITE_STEP ? -1 : boundaryOf(step), durations.get(step) ?? 0);
  }
}

function writeErrors(out: JsonBytes, errors: NonNullable<Counts['errors']>, nameOf: NameOf): void {
  const named: { readonly of: Named; readonly count: { readonly saw: number; readonly keeps: number } }[] = [];
  for (const [fingerprint, count] of errors) named.push({ of: nameOf(fingerprint), count });
  if (named.length > 1) named.sort((a, b) => compare(a.of.name, b.of.name));
  let isFirst = true;
  for (const { of, count } of named) {
    if (!isFirst) out.byte(COMMA);
    isFirst = false;
    out.raw(of.json);
    out.byte(COLON);
    writePair(out, count.saw, count.keeps);
  }
}

/** A Cell as JSON. */
export function writeCell(out: JsonBytes, group: Group, counts: Counts, nameOf: NameOf): void {
  out.raw(group.head);
  out.number(counts.seen);
  out.raw(WORKED);
  out.number(counts.worked);
  out.raw(USED);
  out.number(counts.used);
  out.raw(ATTEMPTED);
  out.number(counts.attempted);
  out.raw(STUCK);
  out.number(counts.stuck);
  out.raw(DURATIONS);
  if (counts.durations !== null) writeDurations(out, counts.durations);
  out.raw(ERRORS);
  if (counts.errors !== null) writeErrors(out, counts.errors, nameOf);
  out.raw(END);
}
