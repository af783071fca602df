/** One signal into the state: its bucket, the examples, the user's level where it is the first, and whether the user is now stuck. */
import type { Stage } from '../../../schemas/records.ts';
import { dayOf, STATE_DAYS, WINDOW_DAYS } from '../time.ts';
import { openingOf } from './bottlenecks.ts';
import { keyOfKind } from './changelog.ts';
import { completedStep, countSignal, emptyBucket, keepsFingerprint, numbersOf } from './buckets.ts';
import type { Bucket } from './buckets.ts';
import type { CellRef } from './cells.ts';
import { mayChange } from './contributions.ts';
import { newcomerLevel } from './levels.ts';
import { measureUpTo } from './days.ts';
import { addSignal } from './measures.ts';
import type { Signal } from './signal.ts';
import type { ReferenceView } from './referenceView.ts';
import { STUCK, USED } from './samples.ts';
import type { Kind } from './samples.ts';
import { countedFor, dayOfUser, newUser, noteChange, setLevel, stagesOf, touch } from './state.ts';
import type { Emits, PartitionState, User } from './state.ts';
import { SERVICE_ROLE } from './vectors.ts';

function userOf(state: PartitionState, signal: Signal, watermark: number, view: ReferenceView | null, emits: Emits): User {
  const { team, role } = signal;
  const model = view?.reference.model ?? null;
  let user = signal.userIn(state.users);
  if (user === undefined) {
    user = newUser(signal.user_id, team, role);
    state.users.add(user);
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

function addSample(state: PartitionState, kind: Kind, user: User, signal: Signal, day: number): void {
  if (state.samples.add(kind, day, signal, user.id, user.level === 'machine')) state.changes.samples.set(keyOfKind(kind.name, day), { key: kind.key, day });
}

/** The signal as an example of what it is one of. `kept`: its fingerprint is among those kept. */
function addSamples(state: PartitionState, user: User, signal: Signal, ref: CellRef, day: number, kept: boolean): void {
  const { feature, kinds } = ref;
  if (signal.class === 'action') {
    addSample(state, (kinds.used ??= state.samples.kindOf({ feature, class: 'action', what: USED })), user, signal, day);
    if (signal.outcome === 'failed' || signal.outcome === 'abandoned') addSample(state, (kinds.stuck ??= state.samples.kindOf({ feature, class: 'action', what: STUCK })), user, signal, day);
  } else if (signal.class === 'time') {
    if (signal.measure === 'completion') addSample(state, (kinds.completed ??= state.samples.kindOf({ feature, class: 'time', what: null })), user, signal, day);
  } else if (kept) {
    addSample(state, state.samples.kindOf({ feature, class: 'error', what: signal.fingerprint }), user, signal, day);
  }
}

/** At each new signal the stage that it touches (the paper). */
function checkStage(state: PartitionState, user: User, stage: Stage, watermark: number, view: ReferenceView, emits: Emits): void {
  if (user.level === 'machine' || (user.bottlenecks.length > 0 && user.bottlenecks.some((open) => open.stage === stage))) return;
  const opened = openingOf(user, state.days, stage, stagesOf(state, user).of(stage), view, dayOf(watermark), watermark);
  if (opened === null) return;
  user.bottlenecks = [...user.bottlenecks, { stage, since: opened.since, dimension: opened.dimension, reasons: opened.reasons }];
  state.stuck.add(user);
  state.changes.users.add(user);
  emits.bottlenecks.push(opened);
}

/** The number of an error's fingerprint; null where it is not kept, and for all other signals. */
function fingerprintOf(state: PartitionState, user: User, bucket: Bucket<CellRef>, signal: Signal, day: number): number | null {
  if (signal.class !== 'error' || signal.cause === 'dependency') return null;
  const { fingerprint } = signal;
  const known = state.labels.get(fingerprint)?.number;
  const isKept = (known !== undefined && bucket.fingerprints?.includes(known) === true) || keepsFingerprint(state.days.of(user), bucket.ref, known);
  if (!isKept) return null;
  if (state.labels.add(signal, day)) state.changes.labels.add(fingerprint);
  return state.labels.get(fingerprint)?.number ?? null;
}

/** Counts an error; gives whether its fingerprint is kept. */
function applyError(state: PartitionState, user: User, day: number, ref: CellRef, signal: Signal): boolean {
  const bucket = dayOfUser(state, user, day).find(ref) ?? emptyBucket(ref);
  const fingerprint = fingerprintOf(state, user, bucket, signal, day);
  countSignal(bucket, signal, fingerprint);
  // Asked for again: the others have been, too.
  dayOfUser(state, user, day).put(bucket);
  return fingerprint !== null;
}

/** `watermark`: the signal's; all ticks up to it have been run. `view`: the reference in force at it. */
export function applySignal(state: PartitionState, signal: Signal, watermark: number, view: ReferenceView | null, emits: Emits): void {
  if (signal.late) return;
  const user = userOf(state, signal, watermark, view, emits);
  const { stage, occurred_at: occurredAt } = signal;
  const today = dayOf(watermark);
  const day = Math.min(dayOf(occurredAt), today);
  measureUpTo(state, today);
  // Only a replayed dead letter can be that old.
  if (day <= today - STATE_DAYS) return;
  const ref = state.cells.refOf(signal.feature, stage);
  const userDay = dayOfUser(state, user, day);
  noteChange(state, user, userDay);
  const isError = signal.class === 'error';
  const numbers = numbersOf(signal);
  const step = completedStep(signal);
  const isNew = isError ? !userDay.has(ref) : userDay.count(ref, numbers, step);
  const kept = isError && applyError(state, user, day, ref, signal);
  if (isError || step >= 0 || mayChange(countedFor(user, ref), numbers, isNew)) touch(state, user, ref);
  addSamples(state, user, signal, ref, day, kept);
  if (!state.days.isSummed) stagesOf(state, user);
  else if (day > today - WINDOW_DAYS) addSignal(state.days.window, day, stage, signal, isNew);
  if (view !== null) checkStage(state, user, stage, watermark, view, emits);
}
