/** How days leave the window and the state, and users with them. */
import { stateDaysOf, WINDOW_DAYS, windowOf } from '../time.ts';
import { dayKey, labelKey, sampleKey, userKey } from './changelog.ts';
import { removeBucket } from './measures.ts';
import { touch } from './state.ts';
import type { PartitionState } from './state.ts';

/** At the first tick of a new day: what is on the day that leaves the window may no longer count, and what leaves the 28 days is forgotten. */
export function moveDay(state: PartitionState, tick: number): void {
  const window = windowOf(tick);
  const kept = stateDaysOf(tick);
  const leaving = window.first - 1;
  for (const user of state.byDay.get(leaving) ?? []) {
    const day = state.days.of(user).find(leaving);
    for (const ref of day?.features ?? []) touch(state, user, ref);
  }
  state.samples.touchDay(leaving);
  const forgotten = kept.first - 1;
  for (const user of state.byDay.get(forgotten) ?? []) {
    const days = state.days.of(user);
    if (days.remove(forgotten)) state.changes.gone.add(dayKey(forgotten, user.id));
    if (days.length === 0) state.idle.add(user);
  }
  state.byDay.delete(forgotten);
  for (const sample of state.samples.dropDay(forgotten)) {
    const key = sampleKey(sample, forgotten);
    state.changes.samples.delete(key);
    state.changes.gone.add(key);
  }
  for (const fingerprint of state.labels.dropBefore(kept.first)) {
    state.changes.labels.delete(fingerprint);
    state.changes.gone.add(labelKey(fingerprint));
  }
}

/** Moves the window of the users' stage sums on to a last day: with the first signal of a day, and at midnights. */
export function measureUpTo(state: PartitionState, last: number): void {
  if (state.measuredDay === -Infinity) state.measuredDay = last;
  while (state.measuredDay < last) {
    state.measuredDay += 1;
    const leaving = state.measuredDay - WINDOW_DAYS;
    for (const user of state.byDay.get(leaving) ?? []) {
      const days = state.days.of(user);
      const day = days.isSummed ? days.find(leaving) : undefined;
      if (day !== undefined) for (const bucket of day.buckets) removeBucket(days.window, leaving, bucket);
    }
  }
}

/** Users without a signal in 28 days leave; not while a training tick's decision about them is pending. */
export function forgetIdle(state: PartitionState): void {
  if (state.training !== null) return;
  for (const user of state.idle) {
    const days = state.days.of(user);
    if (days.length > 0) continue;
    days.clear();
    state.users.delete(user.id);
    state.unsettled.delete(user);
    state.stuck.delete(user);
    state.machines.delete(user.id);
    state.changes.users.delete(user);
    state.changes.gone.add(userKey(user.id));
  }
  state.idle.clear();
}
