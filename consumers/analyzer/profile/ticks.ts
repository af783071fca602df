/**
 * One tick of a partition. The order within it is part of the contract: the window moves; cells are said under the levels before, where a
 * model comes into force; levels are decided; cells are said under the levels in force; then what midnights and training ticks add.
 * What goes over all users lets the event loop turn in between: nothing but the task's queue may change meanwhile.
 */
import type { Level, Stage } from '../../../schemas/records.ts';
import { otherLevels } from '../expertise/leaveOut.ts';
import type { MeasureCounts, UserVector } from '../partials.ts';
import { effectiveFrom, isMidnight, isTrainingTick, stateDaysOf, windowOf } from '../time.ts';
import { isDue, noted } from './accounts.ts';
import { inBatches } from './batches.ts';
import { resolutionOf } from './bottlenecks.ts';
import type { CellAccount } from './cellAccount.ts';
import { compare } from './counts.ts';
import { forgetIdle, measureUpTo, moveDay } from './days.ts';
import { decideLevel } from './levels.ts';
import { measure, MEASURES, relativeCompletions } from './measures.ts';
import type { Numbers } from './numbers.ts';
import { cellsRecords, tickRecord, vectorsRecords } from './records.ts';
import type { ReferenceView } from './referenceView.ts';
import { shadowRecords, shadowsOf } from './shadow.ts';
import { STAGES } from './stageSums.ts';
import { setLevel, stagesOf } from './state.ts';
import type { Emits, PartitionState, User } from './state.ts';
import { standingOf } from './vectors.ts';

const NO_OTHERS: readonly never[] = [];

async function settle(state: PartitionState, tick: number): Promise<void> {
  const window = windowOf(tick);
  await inBatches(state.uncounted ? state.users.values() : state.unsettled, (user) => {
    state.cells.settle(user, state.days.of(user), window);
  });
  state.uncounted = false;
  state.unsettled.clear();
}

/** The midnight at which a training tick's decision takes effect. */
async function decideLevels(state: PartitionState, tick: number, view: ReferenceView | null, emits: Emits): Promise<void> {
  if (state.training === null || effectiveFrom(state.training) !== tick) return;
  const reference = view?.reference;
  const model = reference?.tick === state.training && reference.decision === 'new' ? reference.model : null;
  const changed: { readonly user: User; readonly level: Level; readonly score: number | null }[] = [];
  await inBatches(state.users.values(), (user) => {
    if (model !== null) {
      const { level, score, candidate } = decideLevel(user.level, user.role, user.candidate, user.standing, model);
      if (candidate !== user.candidate) {
        user.candidate = candidate;
        state.changes.users.add(user);
      }
      if (level !== user.level) changed.push({ user, level, score });
      const values = user.standing?.values ?? null;
      const others = values === null ? NO_OTHERS : otherLevels(model, values, level);
      if (others.length > 0 || user.otherLevels.length > 0) state.changes.users.add(user);
      user.otherLevels = others;
    }
    if (user.standing !== null) {
      user.standing = null;
      state.changes.users.add(user);
    }
  });
  state.training = null;
  if (model === null) return;
  // Sorted, so that the order of what is written does not depend on when the task was restored.
  for (const { user, level, score } of changed.sort((a, b) => compare(a.user.id, b.user.id))) setLevel(state, user, level, tick, model.version, score, emits);
}

async function accountOf({ account, cells, users }: PartitionState, full: boolean): Promise<CellAccount> {
  // Where nothing has been said since a restart, what changed is everything.
  if (!full || account === null) return cells.drain();
  const everything = await cells.account(users.values());
  cells.forget();
  return everything;
}

/** At a midnight tick: how many users of each level have which value of each measure. */
async function measureCounts(state: PartitionState, view: ReferenceView | null): Promise<MeasureCounts[]> {
  const places = STAGES.flatMap((stage) => MEASURES.map((name) => ({ stage, measure: name, byLevel: new Map<Level, Map<number, number>>() })));
  let relatives: Readonly<Record<Stage, Numbers>> | null = null;
  // One for all users, and asked for few of them.
  let asked: Stage = 'data';
  const relativesAsked = (): Numbers | null => (view === null ? null : (relatives ??= relativeCompletions(state.days, state.measuredDay, view))[asked]);
  await inBatches(state.users.values(), (user) => {
    if (user.level === 'machine' || state.days.of(user).length === 0) return;
    const stages = stagesOf(state, user);
    relatives = null;
    for (const { stage, measure: name, byLevel } of places) {
      asked = stage;
      const value = measure(stages.of(stage), name, relativesAsked);
      if (value === null) continue;
      let values = byLevel.get(user.level);
      if (values === undefined) byLevel.set(user.level, (values = new Map<number, number>()));
      values.set(value, (values.get(value) ?? 0) + 1);
    }
  });
  return places.flatMap(({ stage, measure: name, byLevel }) =>
    [...byLevel].sort(([a], [b]) => compare(a, b)).map(([level, values]) => ({ stage, level, measure: name, values: [...values].sort((a, b) => a[0] - b[0]) })),
  );
}

function resolveBottlenecks(state: PartitionState, tick: number, view: ReferenceView | null, emits: Emits): void {
  for (const user of [...state.stuck].sort((a, b) => compare(a.id, b.id))) {
    for (const stage of STAGES) {
      const open = user.bottlenecks.find((one) => one.stage === stage);
      const resolved = open === undefined ? null : resolutionOf(user, state.days, open, stagesOf(state, user).of(stage), view, state.measuredDay, tick);
      if (resolved === null) continue;
      user.bottlenecks = user.bottlenecks.filter((one) => one !== open);
      state.changes.users.add(user);
      emits.bottlenecks.push(resolved);
    }
    if (user.bottlenecks.length === 0) state.stuck.delete(user);
  }
}

/** At a training tick: who is frequent, and what the model shall see of them. Remembered until the decision is in force. */
async function vectorsOf(state: PartitionState, tick: number, view: ReferenceView | null): Promise<UserVector[]> {
  const range = stateDaysOf(tick);
  const vectors: UserVector[] = [];
  await inBatches(state.users.values(), (user) => {
    const standing = standingOf(state.days.of(user), range, user.role, user.frequent, view);
    const remembered = standing.machine || standing.frequent ? standing : null;
    if (remembered !== null || user.standing !== null || user.frequent !== standing.frequent) state.changes.users.add(user);
    user.frequent = standing.frequent;
    user.standing = remembered;
    if (standing.values !== null) vectors.push({ user_id: user.id, values: standing.values, level: user.level });
  });
  state.training = tick;
  return vectors.sort((a, b) => compare(a.user_id, b.user_id));
}

/**
 * `evaluatedTo`: the platform.events offset of the record that brought the watermark to the tick. `view`: the reference in force at the tick;
 * null before the first.
 */
export async function runTick(state: PartitionState, tick: number, evaluatedTo: number, view: ReferenceView | null, emits: Emits): Promise<void> {
  const window = windowOf(tick);
  const midnight = isMidnight(tick);
  const newModel = view?.reference.effective_from === tick && view.reference.decision === 'new';
  const say = (json: string | Buffer): void => {
    emits.partials.push({ key: String(tick), value: typeof json === 'string' ? Buffer.from(json) : json });
  };

  if (state.lastTick !== null && windowOf(state.lastTick).last !== window.last) moveDay(state, tick);
  await settle(state, tick);
  if (newModel) cellsRecords(tick, 'before', true, { ...(await state.cells.account(state.users.values())), samples: [], labels: [], measures: [] }).forEach(say);
  await decideLevels(state, tick, view, emits);
  forgetIdle(state);
  await settle(state, tick);

  if (midnight) measureUpTo(state, window.last);
  const full = isDue(state.account, tick);
  const counted = (userId: string): boolean => !state.machines.has(userId);
  const records = cellsRecords(tick, 'in_force', full, {
    ...(await accountOf(state, full)),
    samples: state.samples.drain(window, full, counted),
    labels: state.labels.drain(full),
    measures: midnight ? await measureCounts(state, view) : [],
  });
  records.forEach(say);
  state.account = noted(state.account, tick, full, records);
  if (midnight) shadowRecords(tick, shadowsOf(state.users.values())).forEach(say);
  if (midnight) resolveBottlenecks(state, tick, view, emits);
  if (isTrainingTick(tick)) vectorsRecords(tick, await vectorsOf(state, tick, view)).forEach(say);
  say(tickRecord(tick, tick === state.firstTick, evaluatedTo));
  state.lastTick = tick;
}
