/** Cells of partials as differences (consumers/analyzer/partials.ts): what they add up to, and what a cell says that was another one before. */
import type { Cell } from '../consumers/analyzer/partials.ts';

const NO_USERS = [0, 0] as const;

/** By boundary; the infinite one, -1, comes last. */
const byBoundary = ([a]: readonly [number, number], [b]: readonly [number, number]): number => (a < 0 ? Infinity : a) - (b < 0 ? Infinity : b);

/** A cell and what it grows by. Says zeros where nothing is left, so that what a partition leaves behind is seen. */
export const sumOf = (before: Cell | undefined, by: Cell): Cell => combined(before, by, 1);

/** What the cell says that was another one before. */
export const differenceOf = (before: Cell | undefined, now: Cell): Cell => (before === undefined ? now : combined(now, before, -1));

function combined(first: Cell | undefined, second: Cell, sign: 1 | -1): Cell {
  if (first === undefined) return second;
  const usersAt = (cell: Cell, boundary: number): number => cell.durations.find(([known]) => known === boundary)?.[1] ?? 0;
  const boundaries = new Set([...first.durations, ...second.durations].map(([boundary]) => boundary));
  const fingerprints = new Set([...Object.keys(first.errors), ...Object.keys(second.errors)]);
  const errors = [...fingerprints].map((name) => {
    const [[saw, keeps], [otherSaw, otherKeeps]] = [first.errors[name] ?? NO_USERS, second.errors[name] ?? NO_USERS];
    return [name, [saw + sign * otherSaw, keeps + sign * otherKeeps]] as const;
  });
  return {
    level: first.level,
    team: first.team,
    seen: first.seen + sign * second.seen,
    worked: first.worked + sign * second.worked,
    used: first.used + sign * second.used,
    attempted: first.attempted + sign * second.attempted,
    stuck: first.stuck + sign * second.stuck,
    durations: [...boundaries].map((boundary) => [boundary, usersAt(first, boundary) + sign * usersAt(second, boundary)] as const).filter(([, users]) => users !== 0).sort(byBoundary),
    errors: Object.fromEntries(errors.filter(([, [saw, keeps]]) => saw !== 0 || keeps !== 0)),
  };
}
