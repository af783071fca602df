/** Affected and eligible users of one (rule, finding), per level and per team; thresholds in the units of the evidence. */
import type { Level } from '../../../schemas/records.ts';
import type { CatalogEntry } from '../references.ts';
import type { Condition, Rule } from './rules.ts';
import { medianOf, usersAbove } from './tally.ts';
import type { FeatureTally, PresenceByLevel, Tally } from './tally.ts';

/** A rule and a finding, with all that decides whether it holds. */
export interface Subject {
  readonly rule: Rule;
  readonly fingerprint: string | null;
  readonly tally: FeatureTally;
  readonly presence: PresenceByLevel;
  /** The feature in the reference in force; null where it is not in it. */
  readonly catalog: CatalogEntry | null;
  /** How much slower beginners are than experts across the platform; at least 1. */
  readonly g: number;
}

export interface Counts {
  readonly affected: number;
  readonly eligible: number;
}

const NONE: Counts = { affected: 0, eligible: 0 };

/** Ours: "near" is ten points, or ten per cent of a factor, from the threshold. */
const RELAXED_POINTS = 0.1;
const RELAXED_FACTOR = { '>': 0.9, '<': 1.1, '<=': 1.1 } as const;

/** Takes out the error of binary fractions: 0.3 - 0.1 must be 0.2, since comparisons are strict. */
const exact = (value: number): number => Math.round(value * 1e9) / 1e9;

/** The level's lower median in ms; Infinity where infinite, null where nobody has one. */
export function levelMedian(tally: FeatureTally, level: Level): number | null {
  const found = tally.levels.get(level);
  return found === undefined ? null : medianOf(found.all.durations);
}

/** The threshold that a level's value is compared with; null where what it is a factor of is not known. */
export function thresholdOf(subject: Subject, { op, threshold, of }: Condition, relaxed: boolean): number | null {
  if (of === 'share') return relaxed ? exact(threshold + (op === '>' ? -RELAXED_POINTS : RELAXED_POINTS)) : threshold;
  const factor = relaxed ? exact(threshold * RELAXED_FACTOR[op]) : threshold;
  const base = of === 'expected' ? (subject.catalog?.expected_ms ?? null) : levelMedian(subject.tally, 'expert');
  if (base === null) return null;
  return factor * (of === 'experts' ? subject.g * base : base);
}

/** Above this a user counts as affected, whatever the level: that of the first harmed level. Infinity where it is not known. */
export function slowThreshold(subject: Subject): number {
  const condition = subject.rule.conditions.find(({ level }) => subject.rule.harmed.includes(level));
  return (condition === undefined ? null : thresholdOf(subject, condition, false)) ?? Infinity;
}

function ofTally({ rule, fingerprint }: Subject, tally: Tally, present: number, slow: number): Counts {
  switch (rule.counted) {
    case 'saw':
      return { affected: tally.errors.get(fingerprint ?? '')?.saw ?? 0, eligible: tally.seen };
    case 'keeps':
      return { affected: tally.errors.get(fingerprint ?? '')?.keeps ?? 0, eligible: tally.seen };
    case 'median':
      return { affected: usersAbove(tally.durations, slow), eligible: tally.durations.users };
    case 'stuck':
      return { affected: tally.stuck, eligible: tally.attempted };
    case 'used':
      return { affected: tally.used, eligible: present };
  }
}

/** Of a level. For medians `affected` costs a pass over the durations: give `slow` Infinity where it is not needed. */
export function levelCounts(subject: Subject, level: Level, slow: number): Counts {
  const present = subject.presence.get(level)?.users ?? 0;
  const found = subject.tally.levels.get(level);
  return found === undefined ? { ...NONE, eligible: subject.rule.counted === 'used' ? present : 0 } : ofTally(subject, found.all, present, slow);
}

/** Of each team over some levels, teams in code-unit order. */
export function teamCounts(subject: Subject, levels: readonly Level[], slow: number): [team: string, counts: Counts][] {
  const teams = new Map<string, { affected: number; eligible: number }>();
  for (const level of levels) {
    const found = subject.tally.levels.get(level)?.teams;
    const present = subject.presence.get(level)?.teams;
    const names = subject.rule.counted === 'used' ? present?.keys() : found?.keys();
    for (const team of names ?? []) {
      const tally = found?.get(team);
      const counts = tally === undefined ? { ...NONE, eligible: present?.get(team) ?? 0 } : ofTally(subject, tally, present?.get(team) ?? 0, slow);
      const sum = teams.get(team) ?? { affected: 0, eligible: 0 };
      sum.affected += counts.affected;
      sum.eligible += counts.eligible;
      teams.set(team, sum);
    }
  }
  return [...teams].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
