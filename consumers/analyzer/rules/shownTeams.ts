/**
 * Which teams may be shown. None with fewer than five eligible users, and none whose numbers would follow by subtraction: the levels' totals
 * are in the evidence, so what the shown teams leave over is known to everybody. If those left over are fewer than five users, one team
 * more is left out, the smallest: then at least five are.
 */
import type { TeamEvidence } from '../../../schemas/records.ts';

/** Ours: of fewer users nothing is said, for that would point at persons. */
export const FEWEST_SHOWN = 5;

const smallestFirst = (a: TeamEvidence, b: TeamEvidence): number => a.eligible - b.eligible || (a.team < b.team ? -1 : 1);

/** `teams`: all of the harmed levels, in any order, which is kept. */
export function shownTeams(teams: readonly TeamEvidence[]): TeamEvidence[] {
  const large = teams.filter(({ eligible }) => eligible >= FEWEST_SHOWN);
  const leftOver = teams.reduce((sum, { eligible }) => sum + eligible, 0) - large.reduce((sum, { eligible }) => sum + eligible, 0);
  if (leftOver === 0 || leftOver >= FEWEST_SHOWN) return large;
  const [smallest] = large.toSorted(smallestFirst);
  return large.filter((team) => team !== smallest);
}
