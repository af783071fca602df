/** Oracle, part 3: levels (semantics 4). The vectors and the changes of level are worked out here; k-means itself is the production's (its own tests cover it). */
import { classify } from '../../consumers/analyzer/expertise/assign.ts';
import { train } from '../../consumers/analyzer/expertise/train.ts';
import type { UserVector } from '../../consumers/analyzer/partials.ts';
import type { LevelModel } from '../../consumers/analyzer/references.ts';
import type { ExpertiseModel, Feature, Level } from '../../schemas/records.ts';
import { DAY_MS, type OracleUser, dayOf, lowerMedian, meetingOf } from './worldUsers.ts';

const LEVEL_DAYS = 28;
const ENTER_DAYS = 8;
const LEAVE_DAYS = 5;

export interface Levels {
  /** At the training tick: who has which level from the next midnight on. */
  trainAt(tick: number, users: ReadonlyMap<string, OracleUser>): ExpertiseModel;
  /** Call at each midnight before `trainAt`: the medians that relative times refer to one day later. */
  midnight(tick: number, users: ReadonlyMap<string, OracleUser>): void;
  levelAt(user: string, tick: number): Level;
  readonly model: () => LevelModel | null;
  /** Every change of level. */
  readonly history: ReadonlyMap<string, readonly { level: Level; from: number }[]>;
}

export function createLevels(catalog: readonly Feature[]): Levels {
  const stageOf = new Map(catalog.map(({ feature, stage }) => [feature, stage]));
  const frequent = new Set<string>();
  const history = new Map<string, { level: Level; from: number }[]>();
  const candidates = new Map<string, Level>();
  let model: LevelModel | null = null;
  let lastFrequent: number | null = null;
  let firstEffective = Infinity;
  /** Medians published at the last two midnights: in force is the older one. */
  let medians: { at: number; of: Map<string, number> }[] = [];

  const levelAt = (user: string, tick: number): Level => {
    let level: Level = tick < firstEffective ? 'unclassified' : 'infrequent';
    for (const step of history.get(user) ?? []) if (step.from <= tick) level = step.level;
    return level;
  };

  const midnight = (tick: number, users: ReadonlyMap<string, OracleUser>): void => {
    const values = new Map<string, number[]>();
    for (const user of users.values()) {
      for (const feature of user.features.keys()) {
        const median = meetingOf(user, feature, dayOf(tick - 1))?.median ?? null;
        if (median !== null) values.set(feature, [...(values.get(feature) ?? []), median]);
      }
    }
    medians = [...medians.slice(-1), { at: tick, of: new Map([...values].map(([feature, of]) => [feature, lowerMedian(of) ?? Infinity])) }];
  };

  const vector = (user: OracleUser, tick: number): UserVector => {
    const reference = medians.find(({ at }) => at + DAY_MS <= tick)?.of ?? new Map<string, number>();
    let [actions, good, ended] = [0, 0, 0];
    const used = new Set<string>();
    const relative: number[] = [];
    for (const [feature, { days }] of user.features) {
      for (const [day, bucket] of days) {
        if (day < dayOf(tick) - LEVEL_DAYS || day >= dayOf(tick)) continue;
        actions += bucket.own;
        good += bucket.good;
        ended += bucket.good + bucket.bad;
        if (bucket.worked) used.add(feature);
        const median = reference.get(feature);
        if (median !== undefined && median !== Infinity) relative.push(...bucket.completions.filter((value) => value !== Infinity).map((value) => Math.max(1, value) / median));
      }
    }
    const stages = new Set([...used].map((feature) => stageOf.get(feature))).size;
    return { user_id: user.id, level: levelAt(user.id, tick), values: [stages === 0 ? 0 : used.size / stages, actions / Math.max(1, activeIn(user, tick)), (good + 4) / (ended + 5), lowerMedian(relative)] };
  };

  const activeIn = (user: OracleUser, tick: number): number => [...user.activeDays].filter((day) => day >= dayOf(tick) - LEVEL_DAYS && day < dayOf(tick)).length;

  const trainAt = (tick: number, users: ReadonlyMap<string, OracleUser>): ExpertiseModel => {
    for (const user of users.values()) {
      const days = activeIn(user, tick);
      if (days >= ENTER_DAYS) frequent.add(user.id);
      else if (days < LEAVE_DAYS) frequent.delete(user.id);
    }
    const vectors = [...frequent].sort().flatMap((id) => { const user = users.get(id); return user === undefined ? [] : [vector(user, tick)]; });
    const { record, model: trained } = train({ tick, users: vectors, last: model, lastFrequent });
    lastFrequent = vectors.length;
    if (record.decision !== 'new' || trained === null) return record;
    const first = model === null;
    model = trained;
    if (first) firstEffective = tick + DAY_MS;
    for (const user of users.values()) {
      const before = first ? 'unclassified' : levelAt(user.id, tick);
      const own = vectors.find(({ user_id }) => user_id === user.id);
      const { level, distances } = own === undefined ? { level: 'infrequent' as const, distances: [] } : classify(trained, own.values);
      const distance = (wanted: Level): number => distances.find((entry) => entry.level === wanted)?.distance ?? Infinity;
      const settled = before === level || own === undefined || distance(before) === Infinity;
      const clear = 2 * distance(level) <= distance(before);
      if (settled || clear || candidates.get(user.id) === level) {
        candidates.delete(user.id);
        if (before !== level) history.set(user.id, [...(history.get(user.id) ?? []), { level, from: tick + DAY_MS }]);
      } else candidates.set(user.id, level);
    }
    return record;
  };

  return { trainAt, midnight, levelAt, model: () => model, history };
}
