/** The fields of a rules file that changes and new rules have in common. */
import { FEWEST_SHOWN } from './shownTeams.ts';
import type { Complain, FieldReader } from './fields.ts';
import { CLASS_OF, PLACEHOLDERS } from './rules.ts';
import type { Condition, Rule } from './rules.ts';

const HOUR_MS = 3_600_000;

export const COMMON_FIELDS = ['version', 'minimum_cohort', 'opens_after_hours', 'resolves_after_hours', 'no_data_after_hours', 'summary'] as const;

/** What is not in the file is as in `otherwise`. */
export function readLife<Life extends Pick<Rule, 'minimum_cohort' | 'opens_after_ms' | 'resolves_after_ms' | 'no_data_after_ms'>>(read: FieldReader, otherwise: Life): Life {
  const hours = (name: string): number | undefined => {
    const value = read.whole(name, 1, 'whole hours');
    return value === undefined ? undefined : value * HOUR_MS;
  };
  return {
    ...otherwise,
    minimum_cohort: read.whole('minimum_cohort', FEWEST_SHOWN, 'a whole number of users (fewer would point at persons)') ?? otherwise.minimum_cohort,
    opens_after_ms: hours('opens_after_hours') ?? otherwise.opens_after_ms,
    resolves_after_ms: hours('resolves_after_hours') ?? otherwise.resolves_after_ms,
    no_data_after_ms: hours('no_data_after_hours') ?? otherwise.no_data_after_ms,
  };
}

/** A share lies between 0 and 1, a factor above 0. Null where it does not fit, and why has been told. */
export function checkThreshold(value: unknown, of: Condition['of'], field: string, complain: Complain): number | null {
  if (typeof value === 'number' && value > 0 && value < (of === 'share' ? 1 : Infinity)) return value;
  complain(field, of === 'share' ? 'must be a share between 0 and 1 (0.5 is half of the users)' : 'must be a factor above 0');
  return null;
}

/** The sentence's names in braces must be such that the rule has something to put there. */
export function checkSummary(summary: string, { counted, conditions }: Pick<Rule, 'counted' | 'conditions'>, complain: Complain): void {
  const lacks: Readonly<Record<string, boolean>> = {
    error: CLASS_OF[counted] !== 'error',
    g: !conditions.some(({ of }) => of === 'experts'),
    factor: !conditions.some(({ of }) => of === 'expected'),
  };
  const usable = PLACEHOLDERS.filter((name) => lacks[name] !== true);
  for (const [whole, name] of summary.matchAll(/\{(.*?)\}/g)) {
    if (!usable.some((known) => known === name)) complain('summary', `has ${whole}, and may have ${usable.map((known) => `{${known}}`).join(', ')}`);
  }
}
