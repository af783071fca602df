/** Vectors of training ticks against the signals themselves, and what becomes of everybody when the decision comes into force. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Partial, UserVector } from '../../../../consumers/analyzer/partials.ts';
import { DAY_MS, isTrainingTick } from '../../../../consumers/analyzer/time.ts';
import type { SignalRecord } from '../../../../consumers/analyzer/profile/signal.ts';
import { boundary, levelAt } from './recount.ts';
import { referenceOf } from './referenceMaker.ts';
import { createWorld, eventsArbitrary, MONDAY, runProfile } from './world.ts';
import type { EventSpec, Placed } from './world.ts';

const MINUTE_MS = 60_000;
const day = (signal: SignalRecord): number => Math.floor(signal.record.occurred_at / DAY_MS);
const isTimer = (signal: SignalRecord): boolean => signal.record.properties['timer'] === 'true';
const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];

/** Of each user the signals of the 28 days, and the role of the latest signal. */
function inState(signals: readonly Placed[], tick: number): Map<string, { signals: SignalRecord[]; role: string }> {
  const last = tick / DAY_MS - 1;
  const users = new Map<string, { signals: SignalRecord[]; role: string }>();
  for (const { signal, watermark } of signals) {
    if (watermark >= tick || signal.record.properties['late'] === 'true') continue;
    const user = users.get(signal.record.user_id) ?? { signals: [], role: '' };
    user.role = signal.record.user.role;
    if (day(signal) > last - 28 && day(signal) > Math.floor(watermark / DAY_MS) - 28) user.signals.push(signal);
    users.set(signal.record.user_id, user);
  }
  for (const [id, user] of users) if (user.signals.length === 0) users.delete(id);
  return users;
}

function vectorOf(signals: readonly SignalRecord[], medians: ReadonlyMap<string, number>): { activeDays: number; values: UserVector['values'] } {
  const work = signals.filter((signal) => signal.class !== 'error');
  const activeDays = unique(work.filter((signal) => !isTimer(signal)).map(day)).length;
  const actions = work.filter((signal) => signal.class === 'action' && !isTimer(signal)).length;
  const outcomes = work.flatMap((signal) => (signal.class === 'action' && signal.record.outcome !== null && signal.record.outcome !== 'started' ? [signal.record.outcome] : []));
  const relatives = work
    .flatMap((signal) => {
      const median = medians.get(signal.record.feature);
      return signal.class === 'time' && signal.record.measure === 'completion' && !signal.record.censored && median !== undefined ? [Math.max(boundary(signal.record.duration_ms), 1) / median] : [];
    })
    .sort((a, b) => a - b);
  const perStage = unique(work.map(({ record }) => record.feature)).length / unique(work.map(({ record }) => record.stage)).length;
  const ratio = (outcomes.filter((outcome) => outcome === 'completed').length + 4) / (outcomes.length + 5);
  return { activeDays, values: [perStage, actions / activeDays, ratio, relatives[Math.ceil(relatives.length / 2) - 1] ?? null] };
}

const trainingTicks = (partials: readonly Partial[]): number[] => partials.flatMap((partial) => (partial.kind === 'tick' && isTrainingTick(partial.tick) ? [partial.tick] : []));
const vectorsAt = (partials: readonly Partial[], tick: number): UserVector[] => partials.flatMap((partial) => (partial.kind === 'vectors' && partial.tick === tick ? [...partial.users] : []));

test('vectors are those of the signals; a new model gives everybody in the state a level', async () => {
  let vectors = 0;
  let decided = 0;
  await fc.assert(
    fc.asyncProperty(eventsArbitrary(150), async (events) => {
      const world = createWorld(events);
      const { partials, levels } = await runProfile(world, { deliveries: [1, 0, 2], stepRecords: 500, referenceOf });
      const firstMidnight = partials.find((partial) => partial.kind === 'tick' && partial.tick % DAY_MS === 0);
      let frequent = new Set<string>();
      for (const tick of trainingTicks(partials)) {
        const hasReference = firstMidnight?.kind === 'tick' && tick >= firstMidnight.tick + DAY_MS;
        const medians = new Map(hasReference ? referenceOf(tick).feature_medians.map(({ feature, median_ms }) => [feature, median_ms]) : []);
        const users = inState(world.signals, tick);
        const expected = [...users]
          .filter(([, { role }]) => role !== 'service')
          .map(([id, { signals }]) => ({ id, ...vectorOf(signals, medians) }))
          .filter(({ id, activeDays }) => activeDays >= (frequent.has(id) ? 5 : 8))
          .sort((a, b) => (a.id < b.id ? -1 : 1))
          .map(({ id, values }) => ({ user_id: id, values, level: levelAt(levels, id, tick) }));
        const said = vectorsAt(partials, tick);
        assert.deepEqual(said, expected);
        frequent = new Set(said.map(({ user_id }) => user_id));
        vectors += said.length;

        const effective = tick + DAY_MS;
        const ran = partials.some((partial) => partial.kind === 'tick' && partial.tick === effective);
        if (!ran) continue;
        const changes = levels.filter(({ since, model_version: version }) => since === effective && version === (referenceOf(tick).model?.version ?? 0));
        if (referenceOf(tick).decision !== 'new') {
          // Who comes at that very instant gets a first level then.
          assert.deepEqual(changes.filter(({ user_id }) => levels.some((other) => other.user_id === user_id && other.since < effective)), []);
          continue;
        }
        const roleThen = (id: string): string => world.signals.findLast(({ signal, watermark }) => signal.record.user_id === id && watermark < effective && signal.record.properties['late'] !== 'true')?.signal.record.user.role ?? '';
        for (const id of users.keys()) {
          const level = levelAt(levels, id, effective);
          if (roleThen(id) === 'service' || users.get(id)?.role === 'service') assert.equal(level, 'machine');
          else assert.equal(['beginner', 'intermediate', 'expert'].includes(level), frequent.has(id), `${id} is ${level}`);
        }
        decided += changes.length;
      }
      const seen = unique(world.signals.filter(({ signal }) => signal.record.properties['late'] !== 'true').map(({ signal }) => signal.record.user_id));
      assert.deepEqual(unique(levels.map(({ user_id }) => user_id)).sort(), seen.sort());
      assert.equal(unique(levels.map(({ user_id, since }) => `${user_id} ${String(since)}`)).length, levels.length, 'one level at a time');
    }),
    { numRuns: 30 },
  );
  assert.ok(vectors > 0 && decided > 0);
});

test('a service account is a machine at once: with its first signal, or with the first after its role has changed', async () => {
  const at = (minute: number, user: string, role: string): EventSpec => ({
    watermark: MONDAY + minute * MINUTE_MS,
    signals: [{ user, role, feature: 'feature-0', stage: 'data', kind: { class: 'action', outcome: null }, occurredAt: MONDAY + minute * MINUTE_MS }],
  });
  const { levels } = await runProfile(createWorld([at(0, 'robot', 'service'), at(10, 'ann', 'scientist'), at(20, 'ann', 'service'), at(30, 'ann', 'service'), at(90, 'bob', 'scientist')]), { deliveries: [1, 0, 2] });
  assert.deepEqual(levels.map(({ user_id, level, since }) => [user_id, level, (since - MONDAY) / MINUTE_MS]), [
    ['robot', 'machine', 0],
    ['ann', 'unclassified', 10],
    ['ann', 'machine', 20 + 1 / MINUTE_MS],
    ['bob', 'unclassified', 90],
  ]);
});
