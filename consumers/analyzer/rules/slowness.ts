/** g: by how much beginners are slower than experts across the platform, so that `slow-novices` finds what is slow beyond that. */
import { levelMedian } from './counts.ts';
import type { FeatureTally } from './tally.ts';

/** A median of fewer users does not enter (ours, as the rules' minimum cohort). */
const MIN_USERS = 10;

/** The lower median of beginners' / experts' medians over the features where both have enough eligible and finite ones; at least 1. */
export function slownessOf(tallies: Iterable<FeatureTally>): number {
  const ratios: number[] = [];
  for (const tally of tallies) {
    const eligible = Math.min(tally.levels.get('beginner')?.all.durations.users ?? 0, tally.levels.get('expert')?.all.durations.users ?? 0);
    if (eligible < MIN_USERS) continue;
    const beginners = levelMedian(tally, 'beginner') ?? Infinity;
    const experts = levelMedian(tally, 'expert') ?? Infinity;
    // Experts at 0 ms give no ratio.
    if (Number.isFinite(beginners) && Number.isFinite(experts) && experts > 0) ratios.push(beginners / experts);
  }
  ratios.sort((a, b) => a - b);
  return Math.max(1, ratios[Math.ceil(ratios.length / 2) - 1] ?? 1);
}
