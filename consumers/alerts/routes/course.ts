/**
 * What a route hears: a fold of the log of challenges, so that it is the same after a restart. A challenge is a route's from the first transition that
 * matches on, even where a later one does not (its severity or owner changed), so that whoever heard of it hears of its end. Pure.
 */
import type { Challenge, Dimension, Stage } from '../../../schemas/records.ts';
import { severityOf, worse, type Severity } from './severity.ts';

/** Each null matches everything. */
export interface Match {
  readonly dimension: readonly Dimension[] | null;
  readonly stage: readonly Stage[] | null;
  readonly feature: readonly string[] | null;
  readonly severity: readonly Severity[] | null;
  /** Owners as the catalog names them; `exceptOwners`: all but these, and features without one. */
  readonly owner: readonly string[] | null;
  readonly exceptOwners: readonly string[] | null;
}

/** Which transitions make notices; `reclassification`: those that are resolved because users changed level, not the platform. */
export const TELLABLE = ['opened', 'updated', 'resolved', 'reclassification'] as const;
export type Tellable = (typeof TELLABLE)[number];

export interface CourseOptions {
  readonly match: Match;
  readonly tell: readonly Tellable[];
  /** One notice when the first of a group opens, and one when the last is resolved. */
  readonly grouped: boolean;
  /** Challenges that were over before the route began: nothing is said of them. */
  readonly over: ReadonlySet<string>;
}

/** A transition that makes a notice. */
export interface Told {
  /** The worst so far, and the one with which the challenge became the route's. */
  readonly severity: Severity;
  readonly first: Severity;
  readonly owner: string | null;
  /** Notices with the same one are of the same group (or challenge, where they are not grouped). */
  readonly thread: string;
}

/** A challenge that is the route's, and open. */
export interface Followed {
  readonly challenge: Challenge;
  /** The worst so far, and the one with which it became the route's. */
  readonly severity: Severity;
  readonly first: Severity;
  /** When it became the route's. */
  readonly owner: string | null;
}

export interface Course {
  /** Null: no notice. Each transition once, in the order of the log; `owner` is the feature's, null where it has none. */
  take(challenge: Challenge, owner: string | null): Told | null;
  open(): readonly Followed[];
}

const fits = <T>(allowed: readonly T[] | null, value: T): boolean => allowed === null || allowed.includes(value);

function matches(match: Match, { dimension, stage, feature }: Challenge, severity: Severity, owner: string | null): boolean {
  return fits(match.dimension, dimension) && fits(match.stage, stage) && fits(match.feature, feature) && fits(match.severity, severity)
    && (match.owner === null || (owner !== null && match.owner.includes(owner)))
    && (match.exceptOwners === null || owner === null || !match.exceptOwners.includes(owner));
}

export function createCourse({ match, tell, grouped, over }: CourseOptions): Course {
  const followed = new Map<string, Followed>();
  /** Groups of which a member was resolved for a reason that is told, while others were open. */
  const owed = new Set<string>();
  const threadOf = ({ group_id, challenge_id }: Challenge): string => (grouped ? group_id : challenge_id);
  const isGroupOpen = ({ group_id }: Challenge): boolean => grouped && [...followed.values()].some(({ challenge }) => challenge.group_id === group_id);

  const begins = (challenge: Challenge, owner: string | null): Told | null => {
    const severity = severityOf(challenge);
    if (!matches(match, challenge, severity, owner)) return null;
    const isFirst = !isGroupOpen(challenge);
    followed.set(challenge.challenge_id, { challenge, severity, first: severity, owner });
    return isFirst && tell.includes('opened') ? { severity, first: severity, owner, thread: threadOf(challenge) } : null;
  };
  const goesOn = (challenge: Challenge, known: Followed): Told | null => {
    const severity = worse(known.severity, severityOf(challenge));
    followed.set(challenge.challenge_id, { ...known, challenge, severity });
    return challenge.status === 'updated' && tell.includes('updated') ? { severity, first: known.first, owner: known.owner, thread: threadOf(challenge) } : null;
  };
  const ends = (challenge: Challenge, { severity, first, owner }: Followed): Told | null => {
    followed.delete(challenge.challenge_id);
    const isTold = tell.includes('resolved') && (challenge.resolution !== 'reclassification' || tell.includes('reclassification'));
    if (isGroupOpen(challenge)) {
      if (isTold) owed.add(challenge.group_id);
      return null;
    }
    return owed.delete(challenge.group_id) || isTold ? { severity, first, owner, thread: threadOf(challenge) } : null;
  };

  return {
    take: (challenge, owner) => {
      if (over.has(challenge.challenge_id)) return null;
      const known = followed.get(challenge.challenge_id);
      if (challenge.status === 'resolved') return known === undefined ? null : ends(challenge, known);
      return known === undefined ? begins(challenge, owner) : goesOn(challenge, known);
    },
    open: () => [...followed.values()],
  };
}
