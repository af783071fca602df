/** The seven rules (semantics 5), as data: what holds is decided by evaluate.ts alone, whatever the rule. */
import type { Dimension, Level, SignalClass } from '../../../schemas/records.ts';

/** What is counted of a level's users. */
type Counted =
  | 'saw' // users with an error of the fingerprint
  | 'keeps' // users who meet it on more than a third of their days
  | 'median' // lower median of the users' completion times
  | 'stuck' // users who mostly abandon or fail the task
  | 'used'; // users with an action on the feature

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
}

const HOUR_MS = 3_600_000;

/** Ours: below ten users a share jumps by more than ten points with one of them. A day of holding shuts out a bad hour, three days of clearing a weekend. */
const LIFE = { minimum_cohort: 10, opens_after_ms: 24 * HOUR_MS, resolves_after_ms: 72 * HOUR_MS, no_data_after_ms: 28 * 24 * HOUR_MS };

const EVERYONE: readonly Level[] = ['expert', 'intermediate', 'beginner'];
const NOVICES: readonly Level[] = ['beginner'];

const share = (level: Level, op: '>' | '<', threshold: number): Condition => ({ level, op, threshold, of: 'share' });
const factor = (level: Level, op: '>' | '<=', threshold: number, of: 'expected' | 'experts'): Condition => ({ level, op, threshold, of });

/** Thresholds of `error-everyone` are the paper's rule 1, all others ours. */
export const RULES: readonly Rule[] = [
  { id: 'error-everyone', version: 1, dimension: 'SoP', signal_class: 'error', counted: 'saw', conditions: [share('expert', '>', 0.5), share('intermediate', '>', 0.65), share('beginner', '>', 0.8)], harmed: EVERYONE, ...LIFE },
  { id: 'error-novices', version: 1, dimension: 'ET', signal_class: 'error', counted: 'keeps', conditions: [share('beginner', '>', 0.5), share('expert', '<', 0.1)], harmed: NOVICES, ...LIFE },
  { id: 'slow-everyone', version: 1, dimension: 'SoP', signal_class: 'time', counted: 'median', conditions: EVERYONE.map((level) => factor(level, '>', 2, 'expected')), harmed: EVERYONE, ...LIFE },
  { id: 'slow-novices', version: 1, dimension: 'ET', signal_class: 'time', counted: 'median', conditions: [factor('beginner', '>', 2, 'experts'), factor('expert', '<=', 1.5, 'expected')], harmed: NOVICES, ...LIFE },
  { id: 'abandoned-everyone', version: 1, dimension: 'SoP', signal_class: 'action', counted: 'stuck', conditions: EVERYONE.map((level) => share(level, '>', 0.5)), harmed: EVERYONE, ...LIFE },
  { id: 'abandoned-novices', version: 1, dimension: 'ET', signal_class: 'action', counted: 'stuck', conditions: [share('beginner', '>', 0.5), share('expert', '<', 0.1)], harmed: NOVICES, ...LIFE },
  { id: 'unused-by-novices', version: 1, dimension: 'ET', signal_class: 'action', counted: 'used', conditions: [share('expert', '>', 0.5), share('beginner', '<', 0.1)], harmed: NOVICES, ...LIFE },
];
