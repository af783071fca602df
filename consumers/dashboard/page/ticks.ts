/** Where axes of durations and of days have their marks: in the steps in which people count, which are not powers of ten. Pure. */
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const UNITS: readonly { readonly name: string; readonly ms: number; readonly steps: readonly number[] }[] = [
  { name: 'ms', ms: 1, steps: [1, 2, 5, 10, 20, 50, 100, 200, 500] },
  { name: 's', ms: SECOND, steps: [1, 2, 5, 10, 15, 30] },
  { name: 'min', ms: MINUTE, steps: [1, 2, 5, 10, 15, 30] },
  { name: 'h', ms: HOUR, steps: [1, 2, 3, 6, 12] },
  { name: 'days', ms: DAY, steps: [1, 2, 5, 10, 20, 50, 100, 200, 500] },
];

/** A multiple of a week from 14 on, so that marks are Mondays, on which our weeks begin. */
const DAYS = [1, 2, 7, 14, 28, 56, 112, 364];
/** A Monday. */
const FIRST_MONDAY = 4 * DAY;

interface Ticks {
  readonly values: readonly number[];
  readonly format: (value: number) => string;
}

/** From 0 to the first mark that is `most` milliseconds or more, in `wanted` steps at most; all in one unit. */
export function timeTicks(most: number, wanted: number): Ticks {
  const steps = UNITS.flatMap((unit) => unit.steps.map((count) => ({ unit, step: count * unit.ms })));
  const { unit, step } = steps.find((one) => Math.ceil(most / one.step) <= wanted) ?? { unit: { name: 'days', ms: DAY }, step: Math.ceil(most / wanted / DAY) * DAY };
  return { values: Array.from({ length: Math.ceil(most / step) + 1 }, (_, n) => n * step), format: (value) => (value === 0 ? '0' : `${(value / unit.ms).toLocaleString('en-GB')} ${value === DAY && unit.name === 'days' ? 'day' : unit.name}`) };
}

/** Midnights (UTC) of days between two times, some `wanted` at most. */
export function dayTicks(from: number, to: number, wanted: number): readonly number[] {
  const step = (DAYS.find((days) => (to - from) / (days * DAY) <= wanted) ?? 364) * DAY;
  const first = FIRST_MONDAY + Math.ceil((from - FIRST_MONDAY) / step) * step;
  return Array.from({ length: Math.max(0, Math.floor((to - first) / step) + 1) }, (_, n) => first + n * step);
}
