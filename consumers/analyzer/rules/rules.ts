/**
 * The seven rules (semantics 5), as data: what holds is decided by evaluate.ts alone, whatever the rule, and nothing else asks for a rule's id.
 * A rules file changes them, takes them out and adds others of the same kind (overrides.ts).
 */
import type { Dimension, Level, SignalClass } from '../../../schemas/records.ts';

/** What is counted of a level's users. */
export type Counted =
  | 'saw' // users with an error of the fingerprint
  | 'keeps' // users who meet it on more than a third of their days
  | 'median' // lower median of the users' completion times
  | 'stuck' // users who mostly abandon or fail the task
  | 'used'; // users with an action on the feature

/** The class of the signals that a counting rests on. */
export const CLASS_OF: Readonly<Record<Counted, SignalClass>> = { saw: 'error', keeps: 'error', median: 'time', stuck: 'action', used: 'action' };

export interface Condition {
  /** A level that the rule names. */
  readonly level: Level;
  readonly op: '>' | '<' | '<=';
  /** A share 0-1, or a factor of what `of` says. */
  readonly threshold: number;
  /** `expected`: of the catalog's expected_ms; `experts`: of g times the experts' median. */
  readonly of: 'share' | 'expected' | 'experts';
}

export interface Rule {
  readonly id: string;
  /** Counts up with every change of what holds: a challenge of another version is resolved as `rule_changed`. */
  readonly version: number;
  readonly dimension: Dimension;
  readonly signal_class: SignalClass;
  readonly counted: Counted;
  readonly conditions: readonly Condition[];
  /** Whose trouble it is. */
  readonly harmed: readonly Level[];
  /** Eligible users that each named level needs. */
  readonly minimum_cohort: number;
  /** Opens when it held at every tick of so long. */
  readonly opens_after_ms: number;
  /** Resolves when the same condition failed at every tick of so long. */
  readonly resolves_after_ms: number;
  /** Resolves when every tick of so long had too little data. */
  readonly no_data_after_ms: number;
  /** One sentence for people; what stands in braces is filled in (summary.ts). */
  readonly summary: string;
}

const HOUR_MS = 3_600_000;

/** What a rule's `summary` may have in braces: a level's value, the feature's title, the error in words, g, and the factor of the expectation in words. */
export const PLACEHOLDERS = ['beginner', 'intermediate', 'expert', 'infrequent', 'title', 'error', 'g', 'factor'] as const;

/** Ours: below ten users a share jumps by more than ten points with one of them. A day of holding shuts out a bad hour, three days of clearing a weekend. */
export const LIFE = { minimum_cohort: 10, opens_after_ms: 24 * HOUR_MS, resolves_after_ms: 72 * HOUR_MS, no_data_after_ms: 28 * 24 * HOUR_MS };

const EVERYONE: readonly Level[] = ['expert', 'intermediate', 'beginner'];
const NOVICES: readonly Level[] = ['beginner'];

const share = (level: Level, op: '>' | '<', threshold: number): Condition => ({ level, op, threshold, of: 'share' });
const factor = (level: Level, op: '>' | '<=', threshold: number, of: 'expected' | 'experts'): Condition => ({ level, op, threshold, of });

/** Thresholds of `error-everyone` are the paper's rule 1, all others ours. */
export const RULES: readonly Rule[] = [
  {
    id: 'error-everyone', version: 1, dimension: 'SoP', signal_class: 'error', counted: 'saw', conditions: [share('expert', '>', 0.5), share('intermediate', '>', 0.65), share('beginner', '>', 0.8)], harmed: EVERYONE,
    summary: '{expert} of experts, {intermediate} of intermediates and {beginner} of beginners meet {error} on {title}; make it impossible, or say beforehand what it takes.', ...LIFE,
  },
  {
    id: 'error-novices', version: 1, dimension: 'ET', signal_class: 'error', counted: 'keeps', conditions: [share('beginner', '>', 0.5), share('expert', '<', 0.1)], harmed: NOVICES,
    summary: '{beginner} of beginners but {expert} of experts keep meeting {error} on {title}; teach how experts avoid it.', ...LIFE,
  },
  {
    id: 'slow-everyone', version: 1, dimension: 'SoP', signal_class: 'time', counted: 'median', conditions: EVERYONE.map((level) => factor(level, '>', 2, 'expected')), harmed: EVERYONE,
    summary: '{title} takes experts {expert}, intermediates {intermediate} and beginners {beginner}, more than {factor} what is expected; make it simpler or faster.', ...LIFE,
  },
  {
    id: 'slow-novices', version: 1, dimension: 'ET', signal_class: 'time', counted: 'median', conditions: [factor('beginner', '>', 2, 'experts'), factor('expert', '<=', 1.5, 'expected')], harmed: NOVICES,
    summary: "{title} takes beginners {beginner} and experts {expert}, a larger gap than the {g} times elsewhere; teach the experts' way.", ...LIFE,
  },
  {
    id: 'abandoned-everyone', version: 1, dimension: 'SoP', signal_class: 'action', counted: 'stuck', conditions: EVERYONE.map((level) => share(level, '>', 0.5)), harmed: EVERYONE,
    summary: '{expert} of experts, {intermediate} of intermediates and {beginner} of beginners mostly give up or fail at {title}; make it simpler.', ...LIFE,
  },
  {
    id: 'abandoned-novices', version: 1, dimension: 'ET', signal_class: 'action', counted: 'stuck', conditions: [share('beginner', '>', 0.5), share('expert', '<', 0.1)], harmed: NOVICES,
    summary: '{beginner} of beginners but {expert} of experts mostly give up or fail at {title}; teach how to get it done.', ...LIFE,
  },
  {
    id: 'unused-by-novices', version: 1, dimension: 'ET', signal_class: 'action', counted: 'used', conditions: [share('expert', '>', 0.5), share('beginner', '<', 0.1)], harmed: NOVICES,
    summary: '{expert} of experts but {beginner} of beginners use {title}; show beginners what it is for.', ...LIFE,
  },
];
