/**
 * One tick of a partition. The order within it is part of the contract: the window moves; cells are said under the levels before, where a
 * model comes into force; levels are decided; cells are said under the levels in force; then what midnights and training ticks add.
 */
import type { Level } from '../../../schemas/records.ts';
import { otherLevels } from '../expertise/leaveOut.ts';
import type { MeasureCounts, UserVector } from '../partials.ts';
import { effectiveFrom, isMidnight, isTrainingTick, stateDaysOf, windowOf } from '../time.ts';
import { resolutionOf } from './bottlenecks.ts';
import { forgetIdle, measureUpTo, moveDay } from './days.ts';
import { decideLevel } from './levels.ts';
import { measure, MEASURES, STAGES } from './measures.ts';
import { cellsRecords, tickRecord, vectorsRecords } from './records.ts';
import type { ReferenceView } from './referenceView.ts';
import { shadowRecords, shadowsOf } from './shadow.ts';
import { setLevel } from './state.ts';
import type { Emits, PartitionState } from './state.ts';
import { standingOf } from './vectors.ts';

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function settle(state: PartitionState, tick: number): void {
  const window = windowOf(tick);
  for (const user of state.unsettled) state.cells.settle(user, window);
  state.unsettled.clear();
}

/** The midnight at which a training tick's decision takes effect. */
function decideLevels(state: PartitionState, tick: number, view: ReferenceView | null, emits: Emits): void {
  if (state.training === null || effectiveFrom(state.training) !== tick) return;
  const reference = view?.reference;
  const model = reference?.tick === state.training && reference.decision === 'new' ? reference.model : null;
  // Sorted, so that the order of what is written does not depend on when the task was restored.
  for (const user of [...state.users.values()].sort((a, b) => compare(a.id, b.id))) {
    if (model !== null) {
      const { level, score, candidate } = decideLevel(user.level, user.role, user.candidate, user.standing, model);
      if (candidate !== user.candidate) {
        user.candidate = candidate;
        state.changes.users.add(user);
      }
      if (level !== user.level) setLevel(state, user, level, tick, model.version, score, emits);
      const values = user.standing?.values ?? null;
      const others = values === null ? [] : otherLevels(model, values, level);
      if (others.length > 0 || user.otherLevels.length > 0) state.changes.users.add(user);
      user.otherLevels = others;
    }
    if (user.standing !== null) {
      user.standing = null;
      state.changes.users.add(user);
    }
  }
  state.training = null;
}

/** At a midnight tick: how many users of each level have which value of each measure. */
function measureCounts(state: PartitionState, view: ReferenceView | null): MeasureCounts[] {
  const counts: MeasureCounts[] = [];
  for (const stage of STAGES) {
    for (const name of MEASURES) {
      const levels = new Map<Level, Map<number, number>>();
      for (const { level, stages } of state.users.values()) {
        const sums = stages[stage];
        const value = sums === null || level === 'machine' ? null : measure(sums, name, view);
        if (value === null) continue;
        const values = levels.get(level);
        if (values === undefined) levels.set(level, new Map([[value, 1]]));
        else values.set(value, (values.get(value) ?? 0) + 1);
      }
      for (const [level, values] of [...levels].sort((x, y) => compare(x[0], y[0]))) counts.push({ stage, level, measure: name, values: [...values].sort((x, y) => x[0] - y[0]) });
    }
  }
  return counts;
}

function resolveBottlenecks(state: PartitionState, tick: number, view: ReferenceView | null, emits: Emits): void {
  for (const user of [...state.stuck].sort((a, b) => compare(a.id, b.id))) {
    for (const stage of STAGES) {
      const open = user.bottlenecks.get(stage);
      const resolved = open === undefined ? null : resolutionOf(user, stage, open, user.stages[stage], view, tick);
      if (resolved === null) continue;
      user.bottlenecks.delete(stage);
      state.changes.users.add(user);
      emits.bottlenecks.push(resolved);
    }
    if (user.bottlenecks.size === 0) state.stuck.delete(user);
  }
}

/** At a training tick: who is frequent, and what the model shall see of them. Remembered until the decision is in force. */
function vectorsOf(state: PartitionState, tick: number, view: ReferenceView | null): UserVector[] {
  const range = stateDaysOf(tick);
  const vectors: UserVector[] = [];
  for (const user of state.users.values()) {
    const standing = standingOf(user.days, range, user.role, user.frequent, view);
    const remembered = standing.machine || standing.frequent ? standing : null;
    if (remembered !== null || user.standing !== null || user.frequent !== standing.frequent) state.changes.users.add(user);
    user.frequent = standing.frequent;
    user.standing = remembered;
    if (standing.values !== null) vectors.push({ user_id: user.id, values: standing.values, level: user.level });
  }
  state.training = tick;
  return vectors.sort((a, b) => compare(a.user_id, b.user_id));
}

/**
 * `evaluatedTo`: the platform.events offset of the record that brought the watermark to the tick. `view`: the reference in force at the tick;
 * null before the first.
 */
export function runTick(state: PartitionState, tick: number, evaluatedTo: number, view: ReferenceView | null, emits: Emits): void {
  const window = windowOf(tick);
  const midnight = isMidnight(tick);
  const newModel = view?.reference.effective_from === tick && view.reference.decision === 'new';
  const say = (json: string): void => {
    emits.partials.push({ key: String(tick), json });
  };

  if (state.lastTick !== null && windowOf(state.lastTick).last !== window.last) moveDay(state, tick);
  settle(state, tick);
  if (newModel) cellsRecords(tick, 'before', true, { ...state.cells.account(), samples: [], labels: [], measures: [] }).forEach(say);
  decideLevels(state, tick, view, emits);
  forgetIdle(state);
  settle(state, tick);

  if (midnight) measureUpTo(state, window.last);
  const full = midnight || state.full;
  const counted = (userId: string): boolean => state.users.get(userId)?.level !== 'machine';
  cellsRecords(tick, 'in_force', full, {
    ...state.cells.drain(full),
    samples: state.samples.drain(window, full, counted),
    labels: state.labels.drain(full),
    measures: midnight ? measureCounts(state, view) : [],
  }).forEach(say);
  if (midnight) shadowRecords(tick, shadowsOf(state.users.values())).forEach(say);
  if (midnight) resolveBottlenecks(state, tick, view, emits);
  if (isTrainingTick(tick)) vectorsRecords(tick, vectorsOf(state, tick, view)).forEach(say);
  say(tickRecord(tick, tick === state.firstTick, evaluatedTo));
  state.lastTick = tick;
  state.full = false;
}
