/** What rules did over a time: the episodes of each (rule, finding), and how it would have flapped. */
import type { Challenge, Resolution } from '../../../schemas/records.ts';
import { findingKey } from '../cohort/pairs.ts';
import type { FindingParts } from '../cohort/pairs.ts';
import { DAY_MS, WINDOW_DAYS } from '../time.ts';
import type { Trial } from './run.ts';

export interface Episode {
  readonly challenge_id: string;
  /** Ticks, ms. */
  readonly opened_at: number;
  /** Null: open at the end. */
  readonly resolved_at: number | null;
  readonly resolution: Resolution | null;
  /** Records with status `updated`, up to the end. */
  readonly updates: number;
  /** Of the opening. */
  readonly summary: string;
}

export interface Course {
  readonly key: string;
  readonly rule_id: string;
  readonly finding: FindingParts;
  /** Those open at any time of the range, ascending. */
  readonly episodes: readonly Episode[];
  /** Openings in the range at most 14 days after the same finding was resolved. */
  readonly flaps: number;
  /** Times in the range that the rule began to hold: how often it would have flapped without the life cycle's hours. */
  readonly crossings: number;
}

/** Ours: so soon after its end the window of a challenge that opens still has days of the one before. */
const FLAP_MS = WINDOW_DAYS * DAY_MS;

interface Known {
  readonly rule_id: string;
  readonly finding: FindingParts;
  readonly episodes: Episode[];
}

export interface Recorder {
  readonly observe: Trial['observe'];
  /** Courses with an episode in the range, in the order of their keys. Ends included. */
  courses(from: number, to: number): Course[];
}

const keyOf = (challenge: Pick<Challenge, 'rule_id'> & FindingParts): string => `${challenge.rule_id}/${findingKey(challenge)}`;

export function createRecorder(): Recorder {
  const known = new Map<string, Known>();
  const holding = new Set<string>();
  /** Ticks at which each pair began to hold. */
  const began = new Map<string, number[]>();

  const note = (challenge: Challenge): void => {
    const { rule_id, stage, feature, signal_class, fingerprint, challenge_id, opened_at, resolved_at, resolution, summary, status } = challenge;
    const key = keyOf(challenge);
    let course = known.get(key);
    if (course === undefined) known.set(key, (course = { rule_id, finding: { stage, feature, signal_class, fingerprint }, episodes: [] }));
    const { episodes } = course;
    const last = episodes.at(-1);
    if (status === 'opened' || last === undefined) episodes.push({ challenge_id, opened_at, resolved_at: null, resolution: null, updates: 0, summary });
    else episodes[episodes.length - 1] = status === 'updated' ? { ...last, updates: last.updates + 1 } : { ...last, resolved_at, resolution };
  };

  return {
    observe: (tick, challenges, judged) => {
      challenges.forEach(note);
      for (const { key, verdict } of judged) {
        const holds = verdict?.state === 'holds';
        if (holds === holding.has(key)) continue;
        if (!holds) holding.delete(key);
        else {
          holding.add(key);
          const ticks = began.get(key) ?? [];
          began.set(key, ticks);
          ticks.push(tick);
        }
      }
    },
    courses: (from, to) =>
      [...known].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([key, { rule_id, finding, episodes }]) => {
        const inRange = episodes.filter(({ opened_at, resolved_at }) => opened_at <= to && (resolved_at ?? Infinity) >= from);
        if (inRange.length === 0) return [];
        const flaps = episodes.filter(({ opened_at }, n) => {
          const before = episodes[n - 1]?.resolved_at ?? -Infinity;
          return opened_at >= from && opened_at <= to && opened_at - before <= FLAP_MS;
        }).length;
        return [{ key, rule_id, finding, episodes: inRange, flaps, crossings: (began.get(key) ?? []).filter((tick) => tick >= from && tick <= to).length }];
      }),
  };
}
