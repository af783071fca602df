/** Oracle, part 2: each user's days, and what they say about the user over a window (semantics 4 and 5). */
import type { Observation } from './worldSignals.ts';

export const DAY_MS = 86_400_000;
export const dayOf = (at: number): number => Math.floor(at / DAY_MS);

interface Bucket {
  worked: boolean;
  actions: number;
  /** Those that no timer made. */
  own: number;
  good: number;
  bad: number;
  readonly completions: number[];
  readonly errors: Set<string>;
}

/** One user on one feature over the 14 days of a tick. */
export interface Meeting {
  readonly worked: boolean;
  readonly used: boolean;
  readonly attempted: boolean;
  readonly stuck: boolean;
  /** Lower median of completions, Infinity when most are censored, null without any. */
  readonly median: number | null;
  readonly saw: ReadonlySet<string>;
  readonly keeps: ReadonlySet<string>;
}

export interface OracleUser {
  readonly id: string;
  readonly features: Map<string, { readonly days: Map<number, Bucket>; meeting: Meeting | null; meetingDay: number; latestDay: number; dirty: boolean }>;
  /** Days with any signal. */
  readonly days: Set<number>;
  /** Days with an action or time signal that no timer made. */
  readonly activeDays: Set<number>;
}

export const lowerMedian = (values: readonly number[]): number | null => [...values].sort((a, b) => a - b)[(values.length - 1) >> 1] ?? null;

const BOUNDARIES = [0, 1];
while ((BOUNDARIES.at(-1) ?? 0) < 1e10) {
  const last = BOUNDARIES.at(-1) ?? 0;
  BOUNDARIES.push(Math.max(last + 1, Math.floor((last * 101) / 100)));
}

function quantised(duration: number): number {
  if (duration === Infinity) return duration;
  let [low, high] = [0, BOUNDARIES.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((BOUNDARIES[middle] ?? 0) <= duration) low = middle;
    else high = middle - 1;
  }
  return BOUNDARIES[low] ?? 0;
}

export function observe(users: Map<string, OracleUser>, { user: id, feature, at, kind, ended, completion, code, dependency, timer }: Observation): void {
  let user = users.get(id);
  if (user === undefined) users.set(id, (user = { id, features: new Map(), days: new Set(), activeDays: new Set() }));
  const day = dayOf(at);
  user.days.add(day);
  if (kind !== 'error' && !timer) user.activeDays.add(day);
  let on = user.features.get(feature);
  if (on === undefined) user.features.set(feature, (on = { days: new Map(), meeting: null, meetingDay: -1, latestDay: -1, dirty: true }));
  on.dirty = true;
  on.latestDay = Math.max(on.latestDay, day);
  let bucket = on.days.get(day);
  if (bucket === undefined) on.days.set(day, (bucket = { worked: false, actions: 0, own: 0, good: 0, bad: 0, completions: [], errors: new Set() }));
  if (kind !== 'error') bucket.worked = true;
  if (kind === 'action') bucket.actions++;
  if (kind === 'action' && !timer) bucket.own++;
  if (ended === 'good') bucket.good++;
  if (ended === 'bad') bucket.bad++;
  if (completion !== null) bucket.completions.push(quantised(completion));
  if (code !== null && !dependency) bucket.errors.add(code);
}

const WINDOW_DAYS = 14;
const ATTEMPTS = 3;

/** Null where the user has no signal on the feature in the window that ends with `lastDay`. */
export function meetingOf(user: OracleUser, feature: string, lastDay: number): Meeting | null {
  const on = user.features.get(feature);
  if (on === undefined) return null;
  if (!on.dirty && on.meetingDay === lastDay) return on.meeting;
  on.dirty = false;
  on.meetingDay = lastDay;
  if (on.latestDay <= lastDay - WINDOW_DAYS) return (on.meeting = null);
  let [days, good, bad, actions, worked] = [0, 0, 0, 0, false];
  const completions: number[] = [];
  const errorDays = new Map<string, number>();
  for (let day = lastDay - WINDOW_DAYS + 1; day <= lastDay; day++) {
    const bucket = on.days.get(day);
    if (bucket === undefined) continue;
    days++;
    good += bucket.good;
    bad += bucket.bad;
    actions += bucket.actions;
    worked ||= bucket.worked;
    completions.push(...bucket.completions);
    for (const code of bucket.errors) errorDays.set(code, (errorDays.get(code) ?? 0) + 1);
  }
  if (days === 0) return (on.meeting = null);
  const attempted = good + bad >= ATTEMPTS;
  return (on.meeting = {
    worked,
    used: actions > 0,
    attempted,
    stuck: attempted && bad / (good + bad) > 0.5,
    median: lowerMedian(completions),
    saw: new Set(errorDays.keys()),
    keeps: new Set([...errorDays].filter(([, count]) => count / days > 1 / 3).map(([code]) => code)),
  });
}
