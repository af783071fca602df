/** A challenge as the page shows it, from a record or a row. What is about fewer than five users is left out here, on the server. */
import type { Challenge, Evidence, Level } from '../../../schemas/records.ts';
import type { Card, LevelEvidence } from '../shapes.ts';
import { FEWEST_SHOWN, isFew } from './few.ts';

/** What the page must know of a rule; which rules there are is told by whoever starts the dashboard. */
interface RuleOutline {
  readonly harmed: readonly Level[];
  /** The rule counts those who do, and its trouble are those who do not. */
  readonly counts_users_who_do: boolean;
}

export type OutlineOf = (ruleId: string) => RuleOutline | null;
export type TitleOf = (feature: string) => string;

export function levelEvidence({ level, measure, affected, eligible, value, op, threshold, low, high }: Evidence): LevelEvidence {
  const few = isFew(eligible);
  return few ? { level, measure, affected: null, eligible: null, value: null, op, threshold, low: null, high: null, few } : { level, measure, affected, eligible, value, op, threshold, low, high, few };
}

/** Users whom it harms, of those whom it could: over the rule's harmed levels, or those that the rule names where it is not known (any more). */
function harmedUsers(evidence: readonly Evidence[], rule: RuleOutline | null): { readonly affected: number | null; readonly eligible: number | null } {
  const levels = evidence.filter(({ level, op, eligible }) => (rule === null ? op !== null : rule.harmed.includes(level)) && eligible >= FEWEST_SHOWN);
  if (levels.length === 0) return { affected: null, eligible: null };
  const sum = (of: (one: Evidence) => number): number => levels.reduce((total, one) => total + of(one), 0);
  const eligible = sum((one) => one.eligible);
  const affected = sum((one) => one.affected);
  return { affected: rule?.counts_users_who_do === true ? eligible - affected : affected, eligible };
}

export function cardOf(challenge: Challenge, outlineOf: OutlineOf, titleOf: TitleOf): Card {
  const { challenge_id, rule_id, dimension, stage, feature, signal_class, status, opened_at, evaluated_at, resolved_at, resolution, summary, group_id, evidence } = challenge;
  return { challenge_id, rule_id, dimension, stage, feature, title: titleOf(feature), signal_class, status, opened_at, evaluated_at, resolved_at, resolution, summary, group_id, ...harmedUsers(evidence, outlineOf(rule_id)), state: null };
}
