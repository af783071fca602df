/** Of fewer than five users nothing is said, for that would point at persons; also not by subtracting what is said (docs/decisions/0010, 0024). */
import type { LevelUsers } from '../shapes.ts';

/** Ours, as in the alerts. */
export const FEWEST_SHOWN = 5;
/** The parts of the frequent users, whose number is told with each training. */
export const MODELLED: readonly string[] = ['beginner', 'intermediate', 'expert'];

export const isFew = (users: number): boolean => users > 0 && users < FEWEST_SHOWN;
export const shownUsers = (users: number): number | null => (isFew(users) ? null : users);

/** The parts of a whole that somebody may know: where those not shown are fewer than five together, so that they would follow, the smallest of the others is not shown either. */
export function shownParts(parts: readonly number[]): (number | null)[] {
  const hidden = parts.filter(isFew).reduce((sum, users) => sum + users, 0);
  const along = isFew(hidden) ? parts.indexOf(Math.min(...parts.filter((users) => users >= FEWEST_SHOWN))) : -1;
  return parts.map((users, at) => (at === along ? null : shownUsers(users)));
}

export function shownLevels(levels: readonly { readonly level: string; readonly users: number }[]): LevelUsers[] {
  const modelled = levels.filter(({ level }) => MODELLED.includes(level));
  const parts = shownParts(modelled.map(({ users }) => users));
  const shown = new Map(modelled.map(({ level }, at) => [level, parts[at] ?? null]));
  return levels.map(({ level, users }) => ({ level, users: shown.has(level) ? shown.get(level) ?? null : shownUsers(users), few: isFew(users) }));
}
