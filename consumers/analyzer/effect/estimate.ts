/**
 * From counted users to an effect with its 95 % interval. Pure and without chance: shares have Wilson's interval, medians that of order statistics (David & Nagaraja, Order
 * Statistics, 7.1), and differences put intervals together by squaring and adding (MOVER: Newcombe 1998, method 10; Zou & Donner 2008), as if before and after were of different
 * users: where users tend to stay as they are, the interval is wider than it need be.
 */
import { wilson } from '../rules/evidence.ts';
import { FEWEST_SHOWN } from '../rules/shownTeams.ts';
import type { EffectRow } from './sql.ts';

/** A share or a median in ms. Null: without end, or of an interval's ends that there are too few users for one. */
export interface Estimate {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

export interface GroupEffect {
  /** Users whom the tick saw so, whether they were seen before and after or not. */
  readonly picked: number;
  /** Those who count here. */
  readonly users: number;
  readonly before: Estimate;
  readonly after: Estimate;
}

export interface EffectNumbers {
  /** Null: fewer than five users. Both groups together, since the evidence has their sum. */
  readonly affected: GroupEffect | null;
  readonly others: GroupEffect | null;
  /** How much more the affected changed than the others; below 0 is for the better. */
  readonly effect: Estimate | null;
}

/** With infinities, where an Estimate has null. */
interface Bounds {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
const shown = ({ value, low, high }: Bounds): Estimate => ({ value: finite(value), low: finite(low), high: finite(high) });

/** Each end may be missed in so many of all cases. */
const TAIL = 0.025;

/** How many of `users` coins must be left out at each end: the largest k with P(Bin(users, ½) < k) ≤ TAIL. 0: there is no interval. */
export function medianRank(users: number): number {
  let below = 0;
  let log = -users * Math.LN2;
  for (let k = 0; k <= users; k++) {
    below += Math.exp(log);
    if (below > TAIL) return k;
    log += Math.log((users - k) / (k + 1));
  }
  return 0;
}

/** `values` in order, at least one. */
function medianOf(values: readonly number[]): Bounds {
  const at = (place: number): number => values[place - 1] ?? NaN;
  const rank = medianRank(values.length);
  return { value: at(Math.ceil(values.length / 2)), low: rank === 0 ? -Infinity : at(rank), high: rank === 0 ? Infinity : at(values.length + 1 - rank) };
}

function shareOf(values: readonly number[]): Bounds {
  const affected = values.reduce((sum, value) => sum + value, 0);
  return { value: affected / values.length, ...wilson(affected, values.length) };
}

/** Sum of plus minus sum of minus. */
function difference(plus: readonly Bounds[], minus: readonly Bounds[]): Bounds {
  const value = plus.reduce((sum, one) => sum + one.value, 0) - minus.reduce((sum, one) => sum + one.value, 0);
  const far = (up: readonly Bounds[], down: readonly Bounds[]): number => Math.hypot(...up.map((one) => one.high - one.value), ...down.map((one) => one.value - one.low));
  return { value, low: value - far(minus, plus), high: value + far(plus, minus) };
}

interface Group {
  readonly picked: number;
  readonly users: number;
  readonly before: Bounds;
  readonly after: Bounds;
}

function groupOf(rows: readonly EffectRow[], isMedian: boolean): Group | null {
  const valuesOf = (period: 'before' | 'after'): number[] => rows.flatMap((row) => Array.from({ length: row.users }, () => row[period] ?? Infinity)).sort((a, b) => a - b);
  const before = valuesOf('before');
  if (before.length < FEWEST_SHOWN) return null;
  const of = isMedian ? medianOf : shareOf;
  return { picked: rows[0]?.picked ?? 0, users: before.length, before: of(before), after: of(valuesOf('after')) };
}

export function estimate(rows: readonly EffectRow[], isMedian: boolean): EffectNumbers {
  const affected = groupOf(rows.filter((row) => row.is_affected), isMedian);
  const others = groupOf(rows.filter((row) => !row.is_affected), isMedian);
  if (affected === null || others === null) return { affected: null, others: null, effect: null };
  const effect = difference([affected.after, others.before], [affected.before, others.after]);
  const show = ({ picked, users, before, after }: Group): GroupEffect => ({ picked, users, before: shown(before), after: shown(after) });
  return { affected: show(affected), others: show(others), effect: shown(effect) };
}
