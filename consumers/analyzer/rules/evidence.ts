/** The numbers behind a verdict, as Finding and Challenge carry them. */
import type { Evidence, Level, TeamEvidence } from '../../../schemas/records.ts';
import { levelCounts, levelMedian, slowThreshold, teamCounts, thresholdOf } from './counts.ts';
import type { Subject } from './counts.ts';
import { shownTeams } from './shownTeams.ts';

/** A row for each, whether the rule names it or not. */
const ROWS: readonly Level[] = ['beginner', 'intermediate', 'expert', 'infrequent'];

/** Two-sided 95 %. */
const Z = 1.959963984540054;

/** Wilson's interval of a share (E. B. Wilson, 1927): sound for few users and shares near 0 or 1. */
export function wilson(affected: number, eligible: number): { low: number; high: number } {
  const share = affected / eligible;
  const spread = (Z * Math.sqrt((share * (1 - share) + (Z * Z) / (4 * eligible)) / eligible)) / (1 + (Z * Z) / eligible);
  const center = (share + (Z * Z) / (2 * eligible)) / (1 + (Z * Z) / eligible);
  return { low: Math.max(0, center - spread), high: Math.min(1, center + spread) };
}

/** JSON and Avro readers know no infinity. */
const finite = (value: number | null): number | null => (value !== null && Number.isFinite(value) ? value : null);

function row(subject: Subject, level: Level, slow: number): Evidence {
  const { rule } = subject;
  const { affected, eligible } = levelCounts(subject, level, slow);
  const condition = rule.conditions.find((named) => named.level === level);
  const isMedian = rule.counted === 'median';
  const interval = isMedian || eligible === 0 ? null : wilson(affected, eligible);
  return {
    level,
    measure: isMedian ? 'median_ms' : 'share',
    affected,
    eligible,
    value: eligible === 0 ? null : isMedian ? finite(levelMedian(subject.tally, level)) : affected / eligible,
    op: condition?.op ?? null,
    threshold: condition === undefined ? null : finite(thresholdOf(subject, condition, false)),
    low: interval?.low ?? null,
    high: interval?.high ?? null,
  };
}

const slowOf = (subject: Subject): number => (subject.rule.counted === 'median' ? slowThreshold(subject) : Infinity);

export function evidenceOf(subject: Subject): Evidence[] {
  const slow = slowOf(subject);
  return ROWS.map((level) => row(subject, level, slow));
}

/** Over the harmed levels; `affected` means what it means in the evidence. */
export const teamsOf = (subject: Subject): TeamEvidence[] => shownTeams(teamCounts(subject, subject.rule.harmed, slowOf(subject)).map(([team, counts]) => ({ team, ...counts })));
