/** One signal into the state: its bucket, the examples, the user's level where it is the first, and whether the user is now stuck. */
import type { Stage } from '../../../schemas/records.ts';
import { dayOf, STATE_DAYS, WINDOW_DAYS } from '../time.ts';
import { openingOf } from './bottlenecks.ts';
import { sampleKey } from './changelog.ts';
import { bucketOf, countSignal, emptyBucket } from './buckets.ts';
import { newcomerLevel } from './levels.ts';
import { measureUpTo } from './days.ts';
import { addSignal } from './measures.ts';
import type { Signal } from './signal.ts';
import type { ReferenceView } from './referenceView.ts';
import { samplesOf } from './samples.ts';
import { dayOfUser, newUser, setLevel } from './state.ts';
import type { Emits, PartitionState, User } from './state.ts';
import { SERVICE_ROLE } from './vectors.ts';

function userOf(state: PartitionState, signal: Signal, watermark: number, view: ReferenceView | null, emits: Emits): User {
  const { user_id: id, team, role } = signal;
  const model = view?.reference.model ?? null;
  let user = state.users.get(id);
  if (user === undefined) {
    user = newUser(id, team, role);
    state.users.set(id, user);
    state.idle.add(user);
    setLevel(state, user, newcomerLevel(role, model !== null), watermark, model?.version ?? 0, null, emits);
    return user;
  }
  if (user.team !== team || user.role !== role) {
    user.team = team;
    user.role = role;
    state.changes.users.add(user);
    state.unsettled.add(user);
  }
  // After the watermark, not from it on: a tick at the watermark itself has not seen this signal, and uses the level of before.
  if (user.role === SERVICE_ROLE && user.level !== 'machine') setLevel(state, user, 'machine', watermark + 1, model?.version ?? 0, null, emits);
  return user;
}

function addSamples(state: PartitionState, user: User, signal: Signal, day: number, kept: boolean): void {
  const { feature, occurred_at: occurredAt, event_id: eventId } = signal;
  for (const what of samplesOf(signal, kept)) {
    const key = { feature, class: signal.class, what };
    if (state.samples.add(key, day, [occurredAt, eventId, user.id], user.level === 'machine')) state.changes.samples.set(sampleKey(key, day), { key, day });
  }
}

/** At each new signal the stage that it touches (the paper). */
function checkStage(state: PartitionState, user: User, stage: Stage, watermark: number, view: ReferenceView, emits: Emits): void {
  const sums = user.stages[stage];
  if (sums === null || user.level === 'machine' || user.bottlenecks.has(stage)) return;
  const opened = openingOf(user, stage, sums, view, dayOf(watermark), watermark);
  if (opened === null) return;
  user.bottlenecks.set(stage, { since: opened.since, dimension: opened.dimension, reasons: opened.reasons });
  state.stuck.add(user);
  state.changes.users.add(user);
  emits.bottlenecks.push(opened);
}

/** `watermark`: the signal's; all ticks up to it have been run. `view`: the reference in force at it. */
export function applySignal(state: PartitionState, signal: Signal, watermark: number, view: ReferenceView | null, emits: Emits): void {
  if (signal.late) return;
  const user = userOf(state, signal, watermark, view, emits);
  const { feature, stage, occurred_at: occurredAt } = signal;
  const today = dayOf(watermark);
  const day = Math.min(dayOf(occurredAt), today);
  measureUpTo(state, today);
  // Only a replayed dead letter can be that old.
  if (day <= today - STATE_DAYS) return;
  const ref = state.cells.refOf(feature, stage);
  const userDay = dayOfUser(state, user, day);
  let bucket = bucketOf(userDay, ref);
  const isNew = bucket === undefined;
  if (bucket === undefined) {
    bucket = emptyBucket(ref);
    userDay.buckets.push(bucket);
  }
  const kept = countSignal(bucket, signal, user.days);
  user.dirty.add(ref);
  state.unsettled.add(user);
  state.changes.days.add(userDay);
  if (signal.class === 'error' && kept && state.labels.add(signal, day)) state.changes.labels.add(signal.fingerprint);
  addSamples(state, user, signal, day, kept);
  if (day > today - WINDOW_DAYS) addSignal(user.stages, day, ref, signal, isNew);
  if (view !== null) checkStage(state, user, stage, watermark, view, emits);
}
