/**
 * The rules file (CHOKEPOINT_RULES), JSON or YAML: rule id to what differs from the built-in rule, or to a rule of one's own, e.g.
 *
 *   error-novices: { version: 2, thresholds: { beginner: 0.6 }, opens_after_hours: 48 }
 *   unused-by-novices: { disabled: true }
 *   error-experts:
 *     { version: 1, dimension: SoP, signal_class: error, counted: keeps, conditions: [{ level: expert, op: '>', threshold: 0.4, of: share }],
 *       harmed: [expert], summary: '{expert} of experts keep meeting {error} on {title}.' }
 *
 * `version` is required and counts up with every change: open challenges of another version, or of a rule that is not there any more, are
 * resolved as `rule_changed`. docs/rules.md is for those who write such files.
 */
import { parse } from 'yaml';
import { declareRule } from './declare.ts';
import { isFields, readFields } from './fields.ts';
import type { Complain, Fields } from './fields.ts';
import { checkSummary, checkThreshold, COMMON_FIELDS, readLife } from './life.ts';
import type { Condition, Rule } from './rules.ts';

export class RulesError extends Error {
  readonly code = 'RULES';
}

const FIELDS = [...COMMON_FIELDS, 'thresholds', 'disabled'] as const;

/** One built-in rule's changes; null where it is disabled. */
function override(rule: Rule, fields: Fields, complain: Complain): Rule | null {
  if (fields['disabled'] !== undefined) {
    if (fields['disabled'] !== true) complain('disabled', 'can only be true; leave it out to keep the rule');
    for (const name of Object.keys(fields)) if (name !== 'disabled') complain(name, 'says nothing of a rule that is disabled');
    return null;
  }
  const read = readFields(fields, FIELDS, complain);
  const version = read.whole('version', rule.version + 1, `a whole number above ${String(rule.version)}, the built-in rule's, that counts up with every change`);
  if (!read.has('version')) complain('version', `is missing: a whole number above ${String(rule.version)}, the built-in rule's, that counts up with every change`);
  const summary = read.text('summary') ?? rule.summary;
  checkSummary(summary, rule, complain);
  return { ...readLife(read, rule), version: version ?? rule.version, conditions: thresholds(rule, fields['thresholds'], complain), summary };
}

function thresholds(rule: Rule, given: unknown, complain: Complain): readonly Condition[] {
  if (given === undefined) return rule.conditions;
  if (!isFields(given)) {
    complain('thresholds', 'must be a map from level to number');
    return rule.conditions;
  }
  const levels = rule.conditions.map(({ level }) => level);
  for (const level of Object.keys(given)) if (!levels.some((known) => known === level)) complain(`thresholds.${level}`, `is not a level that the rule names; there are: ${levels.join(', ')}`);
  return rule.conditions.map((condition) => {
    const value = given[condition.level];
    return value === undefined ? condition : { ...condition, threshold: checkThreshold(value, condition.of, `thresholds.${condition.level}`, complain) ?? condition.threshold };
  });
}

/** The built-in rules with a file's changes, and the file's own behind them. Throws RulesError with every problem, each naming its rule and field. */
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
  const about = (id: string): Complain => (field, problem) => problems.push(field === '' ? `${id} ${problem}` : `${id}.${field} ${problem}`);
  const inFile = new Map<string, Fields>();
  for (const [id, fields] of Object.entries(file)) {
    if (isFields(fields)) inFile.set(id, fields);
    else about(id)('', 'must be a map of fields');
  }
  const changed = rules.flatMap((rule): Rule[] => {
    const fields = inFile.get(rule.id);
    const mine = fields === undefined ? rule : override(rule, fields, about(rule.id));
    return mine === null ? [] : [mine];
  });
  const added = [...inFile].filter(([id]) => !rules.some((rule) => rule.id === id)).flatMap(([id, fields]): Rule[] => {
    const before = problems.length;
    const rule = declareRule(id, fields, about(id));
    if (problems.length > before) problems.push(`${id} is not a built-in rule (${rules.map((known) => known.id).join(', ')}), so it must be declared in full`);
    return rule === null ? [] : [rule];
  });
  if (problems.length > 0) throw new RulesError(`the rules file has ${String(problems.length)} problem(s):\n  ${problems.join('\n  ')}`);
  return [...changed, ...added];
}
