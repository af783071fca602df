/** An effect as text for a terminal. */
import type { Effect } from './read.ts';
import type { Estimate, GroupEffect } from './estimate.ts';

const DAY_MS = 86_400_000;
const date = (at: number): string => new Date(at).toISOString().slice(0, 10);

const value = (of: number | null, measure: Effect['measure']): string => (of === null ? 'no end' : measure === 'share' ? `${String(Math.round(of * 1_000) / 10)} %` : `${String(Math.round(of))} ms`);
const change = (of: number | null, measure: Effect['measure']): string => (of === null ? 'cannot be told' : `${of > 0 ? '+' : ''}${measure === 'share' ? `${String(Math.round(of * 1_000) / 10)} points` : `${String(Math.round(of))} ms`}`);
const within = ({ low, high }: Estimate, show: (of: number) => string): string => (low === null || high === null ? 'no interval' : `95 % interval ${show(low)} to ${show(high)}`);

function groupLine(name: string, { picked, users, before, after }: GroupEffect, measure: Effect['measure']): string {
  const one = (of: Estimate): string => `${value(of.value, measure)} (${within(of, (end) => value(end, measure))})`;
  return `  ${name}: ${String(users)} of ${String(picked)} users seen before and after: ${one(before)}, then ${one(after)}`;
}

/** Lines; null: the cohort cannot be told. */
export function effectText(effect: Effect | null): string {
  if (effect === null) return 'Whom it affected then cannot be told: it was marked fixed before it opened.';
  const { fixed_at, frozen_at, measure, periods, next_at, numbers, yardstick } = effect;
  const head = `Marked fixed on ${date(fixed_at)}. Who was affected is what the evidence of ${date(frozen_at)} said, and stays so.`;
  if (periods === null || numbers === null) return `${head}\nThe first numbers come ${next_at === null ? 'later' : `once ${date(next_at)} has begun`}, when a week has passed.`;
  const { affected, others, effect: estimate } = numbers;
  if (affected === null || others === null || estimate === null) return `${head}\nFewer than five users of those, or of the others, were seen before and after: nothing is said of them.`;
  const changed = (one: Estimate): string => `${change(one.value, measure)} (${within(one, (end) => change(end, measure))})`;
  return [
    head,
    `${measure === 'share' ? 'Share of users affected' : "Median of the users' times"}, ${date(periods.before_from)} to ${date(periods.before_to - DAY_MS)} and ${date(periods.after_from)} to ${date(periods.after_to - DAY_MS)}:`,
    groupLine('affected', affected, measure),
    groupLine('others', others, measure),
    `Affected against others: ${changed(estimate)}`,
    `The same picking ${String(yardstick?.days_earlier ?? 0)} days earlier, when nothing was fixed: ${yardstick?.effect ? changed(yardstick.effect) : 'cannot be told, there were fewer than five users in a group'}`,
    'Affected users were picked because they were affected, and the others because they were not: some would have changed places anyway, which is what the last line is for.',
    next_at === null ? 'These numbers stay.' : `Two weeks are over when ${date(next_at)} begins; then the numbers stay.`,
  ].join('\n');
}
