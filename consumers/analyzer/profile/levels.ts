/**
 * Which level a user has, and when it changes (semantics 4). Decided at training ticks, for the following midnight; in between only newcomers
 * and service accounts get one.
 */
import type { Level } from '../../../schemas/records.ts';
import { classify } from '../expertise/assign.ts';
import type { LevelModel } from '../references.ts';
import { SERVICE_ROLE } from './vectors.ts';
import type { Standing, Values } from './vectors.ts';

/** A user changes level at once when this many times as near the new centroid as the old (semantics 4). */
const TIMES_AS_NEAR = 2;

/** A level that a training tick found and that waits for a second one; with the data that it was found on. */
export interface Candidate {
  readonly level: Level;
  readonly values: Values;
}

export interface Decision {
  readonly level: Level;
  /** Expertise score of a frequent user; null for all others. */
  readonly score: number | null;
  readonly candidate: Candidate | null;
}

const isTrained = (level: Level): boolean => level === 'beginner' || level === 'intermediate' || level === 'expert';

const sameValues = (a: Values, b: Values): boolean => a.every((value, at) => value === b[at]);

/** Of a user seen for the first time, or again after the state forgot it. `hasModel`: the reference in force has one. */
export const newcomerLevel = (role: string, hasModel: boolean): Level => (role === SERVICE_ROLE ? 'machine' : hasModel ? 'infrequent' : 'unclassified');

/** What a training tick with decision `new` makes of a user. `standing`: at that tick; null for one not seen before it. */
export function decideLevel(current: Level, role: string, candidate: Candidate | null, standing: Standing | null, model: LevelModel): Decision {
  if (role === SERVICE_ROLE || standing?.machine === true) return { level: 'machine', score: null, candidate: null };
  const values = standing?.values ?? null;
  if (values === null) return { level: 'infrequent', score: null, candidate: null };
  const { level, score, distances } = classify(model, values);
  if (level === current || !isTrained(current)) return { level, score, candidate: null };
  const distanceTo = (wanted: Level): number => distances.find((known) => known.level === wanted)?.distance ?? Infinity;
  const near = distanceTo(level) * TIMES_AS_NEAR <= distanceTo(current);
  const confirmed = candidate?.level === level && !sameValues(candidate.values, values);
  if (near || confirmed) return { level, score, candidate: null };
  // The same data again is no confirmation, and no reason to forget the first finding either.
  return { level: current, score, candidate: { level, values } };
}
