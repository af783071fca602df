/** What was planted against what was found. Pure: the demo prints it, and never assumes it. */
import type { Dimension, SignalClass, Stage } from '../../schemas/records.ts';
import type { PlantedChallenge } from './types.ts';

/** A (rule, finding) that opened at least once. */
export interface FoundChallenge {
  readonly rule_id: string;
  readonly dimension: Dimension;
  readonly stage: Stage;
  readonly feature: string;
  readonly signal_class: SignalClass;
  readonly fingerprint?: string | null;
}

export interface Comparison<Found extends FoundChallenge = FoundChallenge> {
  readonly found: readonly PlantedChallenge[];
  readonly missed: readonly PlantedChallenge[];
  readonly false: readonly Found[];
}

const keyOf = (challenge: FoundChallenge | PlantedChallenge): string => [challenge.rule_id, challenge.dimension, challenge.stage, challenge.feature, challenge.signal_class].join('/');

/**
 * Planted challenges are told apart by rule, dimension, stage, feature and signal class. A second fingerprint under the same key is
 * false: one error was planted, not two. The same finding found twice (it came back) counts once.
 */
export function compareChallenges<Found extends FoundChallenge>(planted: readonly PlantedChallenge[], found: readonly Found[]): Comparison<Found> {
  const expected = new Set(planted.map(keyOf));
  const fingerprints = new Map<string, string>();
  const wrong: Found[] = [];
  for (const challenge of found) {
    const key = keyOf(challenge);
    const fingerprint = challenge.fingerprint ?? '';
    const first = fingerprints.get(key);
    if (!expected.has(key) || (first !== undefined && first !== fingerprint)) wrong.push(challenge);
    else fingerprints.set(key, fingerprint);
  }
  return {
    found: planted.filter((challenge) => fingerprints.has(keyOf(challenge))),
    missed: planted.filter((challenge) => !fingerprints.has(keyOf(challenge))),
    false: wrong,
  };
}
