/**
 * How soon somebody should look. The contract has no such field, so it is ours (docs/decisions/0027): SoP stops those too who would know a way around it,
 * while of an ET challenge experts are free and can help; and it matters whether nearly everyone who tries meets it. Pure.
 */
import type { Challenge } from '../../../schemas/records.ts';

/** From the worst. */
export const SEVERITIES = ['critical', 'warning', 'info'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Ours: the share that the paper's rule 1 asks of beginners, of all who are harmed. */
const NEARLY_EVERYONE = 0.8;

export function severityOf({ dimension, evidence }: Pick<Challenge, 'dimension' | 'evidence'>): Severity {
  // Levels that the rule wants above a threshold are the harmed ones; but where experts are in an ET rule, it is that they manage.
  const harmed = evidence.filter(({ level, op }) => op === '>' && !(dimension === 'ET' && level === 'expert'));
  const [affected, eligible] = harmed.reduce(([some, all], row) => [some + row.affected, all + row.eligible], [0, 0]);
  const wide = eligible > 0 && affected / eligible >= NEARLY_EVERYONE;
  if (dimension === 'SoP') return wide ? 'critical' : 'warning';
  return wide ? 'warning' : 'info';
}

export const worse = (a: Severity, b: Severity): Severity => (SEVERITIES.indexOf(a) <= SEVERITIES.indexOf(b) ? a : b);
