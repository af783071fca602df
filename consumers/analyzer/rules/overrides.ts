/**
 * The rules file (CHOKEPOINT_RULES), JSON or YAML: rule id to what differs from the built-in rule, e.g.
 *
 *   error-novices: { version: 2, thresholds: { beginner: 0.6 }, opens_after_hours: 48 }
 *
 * `version` is required and counts up with every change of the file's rule: open challenges of another version are resolved as `rule_changed`.
 */
import { parse } from 'yaml';
import type { Condition, Rule } from './rules.ts';

const HOUR_MS = 3_600_000;

export class RulesError extends Error {
  readonly code = 'RULES';
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

const wholeFrom = (least: number) => (value: unknown): value is number => typeof value === 'number' && Number.isInteger(value) && value >= least;

const COUNTS: Readonly<Record<string, string>> = { version: 'a whole number', minimum_cohort: 'a whole number of users, at least 1', opens_after_hours: 'whole hours, at least 1', resolves_after_hours: 'whole hours, at least 1' };

/** One rule's changes; problems are told to `complain`, naming the field. */
function override(rule: Rule, fields: Fields, complain: (field: string, problem: string) => void): Rule {
  const count = (name: string, least: number, otherwise: number): number => {
    const value = fields[name];
    if (value === undefined) return otherwise;
    if (wholeFrom(least)(value)) return value;
    complain(name, `must be ${String(COUNTS[name])}`);
    return otherwise;
  };
  for (const name of Object.keys(fields)) if (name !== 'thresholds' && !(name in COUNTS)) complain(name, `is not known; there are: thresholds, ${Object.keys(COUNTS).join(', ')}`);
  const version = fields['version'];
  if (!wholeFrom(rule.version + 1)(version)) complain('version', `must be a whole number above ${String(rule.version)}, the built-in rule's, and count up with every change`);
  return {
    ...rule,
    version: count('version', 1, rule.version),
    conditions: thresholds(rule, fields['thresholds'], complain),
    minimum_cohort: count('minimum_cohort', 1, rule.minimum_cohort),
    opens_after_ms: count('opens_after_hours', 1, rule.opens_after_ms / HOUR_MS) * HOUR_MS,
    resolves_after_ms: count('resolves_after_hours', 1, rule.resolves_after_ms / HOUR_MS) * HOUR_MS,
  };
}

function thresholds(rule: Rule, given: unknown, complain: (field: string, problem: string) => void): readonly Condition[] {
  if (given === undefined) return rule.conditions;
  if (!isFields(given)) {
    complain('thresholds', 'must be a map from level to number');
    return rule.conditions;
  }
  const levels = rule.conditions.map(({ level }) => level);
  for (const level of Object.keys(given)) if (!levels.some((known) => known === level)) complain(`thresholds.${level}`, `is not a level that the rule names; there are: ${levels.join(', ')}`);
  return rule.conditions.map((condition) => {
    const value = given[condition.level];
    if (value === undefined) return condition;
    const highest = condition.of === 'share' ? 1 : Infinity;
    if (typeof value === 'number' && value > 0 && value < highest) return { ...condition, threshold: value };
    complain(`thresholds.${condition.level}`, condition.of === 'share' ? 'must be a share between 0 and 1' : 'must be a factor above 0');
    return condition;
  });
}

/** The built-in rules with a file's changes. Throws RulesError with every problem, each naming its rule and field. */
export function overrideRules(rules: readonly Rule[], text: string): readonly Rule[] {
  let file: unknown;
  try {
    file = parse(text);
  } catch (cause) {
    throw new RulesError(`the rules file is neither JSON nor YAML: ${(cause as Error).message}`, { cause });
  }
  if (file === null) return rules;
  if (!isFields(file)) throw new RulesError('the rules file must map rule ids to what differs, e.g. "error-novices: { version: 2, thresholds: { beginner: 0.6 } }"');
  const problems: string[] = [];
  for (const id of Object.keys(file)) if (!rules.some((rule) => rule.id === id)) problems.push(`${id}: there is no such rule; there are: ${rules.map((rule) => rule.id).join(', ')}`);
  const changed = rules.map((rule) => {
    const fields = file[rule.id];
    if (fields === undefined) return rule;
    if (isFields(fields)) return override(rule, fields, (field, problem) => problems.push(`${rule.id}.${field} ${problem}`));
    problems.push(`${rule.id}: must be a map of fields`);
    return rule;
  });
  if (problems.length > 0) throw new RulesError(`the rules file has ${String(problems.length)} problem(s):\n  ${problems.join('\n  ')}`);
  return changed;
}
