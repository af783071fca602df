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
    const day = user.days.find((known) => known.day === leaving);
    for (const ref of day?.features ?? []) touch(state, user, ref);
  }
  state.samples.touchDay(leaving);
  const forgotten = kept.first - 1;
  for (const user of state.byDay.get(forgotten) ?? []) {
    for (const day of user.days) {
      if (day.day !== forgotten) continue;
      state.changes.days.delete(day);
      state.changes.gone.add(dayKey(forgotten, user.id));
    }
    user.days = user.days.filter(({ day }) => day !== forgotten);
    if (user.days.length === 0) state.idle.add(user);
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
      const { stages } = user;
      const day = stages === null ? undefined : user.days.find((known) => known.day === leaving);
      if (stages !== null && day !== undefined) for (const bucket of day.buckets) removeBucket(stages, leaving, bucket);
    }
  }
}

/** Users without a signal in 28 days leave; not while a training tick's decision about them is pending. */
export function forgetIdle(state: PartitionState): void {
  if (state.training !== null) return;
  for (const user of state.idle) {
    if (user.days.length > 0) continue;
    state.users.delete(user.id);
    state.unsettled.delete(user);
    state.stuck.delete(user);
    state.machines.delete(user.id);
    state.changes.users.delete(user);
    state.changes.gone.add(userKey(user.id));
  }
  state.idle.clear();
}
