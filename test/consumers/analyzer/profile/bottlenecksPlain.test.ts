/**
 * Bottlenecks against the plainest reading of semantics 7: after each signal, and at each midnight, all signals of the 14 days again. Through the
 * production task, with restarts. Levels are given.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Reference } from '../../../../consumers/analyzer/references.ts';
import { DAY_MS, TICK_MS } from '../../../../consumers/analyzer/time.ts';
import type { Bottleneck, ExpertiseLevel, Level, Stage } from '../../../../schemas/records.ts';
import { boundary, levelAt } from './recount.ts';
import { referenceOf as plannedReference } from './referenceMaker.ts';
import { createWorld, eventsArbitrary, runProfile } from './world.ts';
import type { EventSpec, SignalSpec } from './world.ts';

/** Quantiles of which now the one, now the other decides; a stage with two features, one of which is everybody's trouble. */
function referenceOf(midnight: number): Reference {
  const planned = plannedReference(midnight);
  return {
    ...planned,
    quantiles: planned.quantiles.map((quantile) => ({ ...quantile, p50: quantile.measure === 'stuck_share' ? 0.1 : 0.4, p90: quantile.measure === 'errors_per_active_day' ? 0.5 : 0.25 })),
    open_sop: [{ feature: 'feature-1', stage: 'data', dimension: 'SoP' }],
  };
}

/** Of the general worlds: feature 1 at the stage of feature 0, and some signals that come after the window and before the state's end. */
const shaped = (events: readonly EventSpec[]): EventSpec[] =>
  events.map(({ watermark, signals }, n) => ({
    watermark,
    signals: signals.map((spec) => ({ ...spec, stage: spec.feature === 'feature-1' ? 'data' : spec.stage, occurredAt: watermark - spec.occurredAt === 13 * DAY_MS && n % 2 === 0 ? watermark - 15 * DAY_MS : spec.occurredAt })),
  }));

const dayOf = (at: number): number => Math.floor(at / DAY_MS);

interface Seen {
  readonly spec: SignalSpec;
  /** The day that it counts in. */
  readonly day: number;
}

interface Measured {
  readonly name: string;
  readonly value: number | null;
  /** Features that it is high because of. */
  readonly rests: readonly string[];
}

/** To a thousandth, in steps of one per cent. */
const quantised = (value: number): number => boundary(Math.floor(value * 1000)) / 1000;

/** The three measures of a user's signals at one stage. */
function measures(seen: readonly Seen[], reference: Reference): Measured[] {
  const kindOf = ({ spec }: Seen): SignalSpec['kind'] => spec.kind;
  const isAttempt = (one: Seen): boolean => { const kind = kindOf(one); return kind.class === 'action' && kind.outcome !== null && kind.outcome !== 'started'; };
  const isStuck = (one: Seen): boolean => { const kind = kindOf(one); return kind.class === 'action' && (kind.outcome === 'failed' || kind.outcome === 'abandoned'); };
  const errors = seen.filter((one) => { const kind = kindOf(one); return kind.class === 'error' && kind.cause !== 'dependency'; });
  const active = new Set(seen.filter((one) => kindOf(one).class !== 'error' && one.spec.properties?.['timer'] !== 'true').map(({ day }) => day)).size;
  const attempts = seen.filter(isAttempt);
  const stuck = seen.filter(isStuck);
  const relatives = seen.flatMap((one) => {
    const kind = kindOf(one);
    const median = reference.feature_medians.find(({ feature }) => feature === one.spec.feature)?.median_ms;
    return kind.class === 'time' && kind.measure === 'completion' && median !== undefined ? [{ feature: one.spec.feature, value: kind.censored ? 1_000_000 : Math.min(1_000_000, boundary(kind.durationMs) / median) }] : [];
  }).sort((a, b) => a.value - b.value);
  const middle = relatives[Math.ceil(relatives.length / 2) - 1];
  return [
    { name: 'errors_per_active_day', value: seen.length === 0 ? null : quantised(errors.length / Math.max(1, active)), rests: errors.map(({ spec }) => spec.feature) },
    { name: 'relative_completion', value: middle === undefined ? null : quantised(middle.value), rests: relatives.filter(({ value }) => value > 1).map(({ feature }) => feature) },
    { name: 'stuck_share', value: attempts.length === 0 ? null : quantised(stuck.length / attempts.length), rests: stuck.map(({ spec }) => spec.feature) },
  ];
}

interface High extends Measured {
  readonly value: number;
  readonly bound: number;
}

/** Those above the level's 90th percentile and twice its median. */
const highOf = (seen: readonly Seen[], stage: Stage, level: Level, reference: Reference): High[] =>
  measures(seen, reference).flatMap((one) => {
    const known = reference.quantiles.find((quantile) => quantile.stage === stage && quantile.level === level && quantile.measure === one.name);
    return known === undefined || one.value === null || one.value <= known.p90 || one.value <= 2 * known.p50 ? [] : [{ ...one, value: one.value, bound: Math.max(known.p90, 2 * known.p50) }];
  });

const scoreOf = (high: readonly High[]): number => (high.length === 0 ? 0 : high.reduce((sum, { value, bound }) => sum + Math.min(value / bound, 100), 0) / high.length);

/** Semantics 7, sentence by sentence. */
function plain(events: readonly EventSpec[], levels: readonly ExpertiseLevel[]): Bottleneck[] {
  const told: Bottleneck[] = [];
  const seen: Seen[] = [];
  const open = new Map<string, Bottleneck>();
  /** Became machines by a signal at this watermark: levels say so from the next millisecond on. */
  const machines = new Map<string, number>();
  const firstTick = (Math.floor((events[0]?.watermark ?? 0) / TICK_MS) + 1) * TICK_MS;
  const firstMidnight = Math.ceil(firstTick / DAY_MS) * DAY_MS;
  const inForce = (at: number): Reference | null => { const midnight = dayOf(at) * DAY_MS - DAY_MS; return midnight >= firstMidnight ? referenceOf(midnight) : null; };
  const window = (user: string, stage: Stage, last: number): Seen[] => seen.filter(({ spec, day }) => spec.user === user && spec.stage === stage && day <= last && day > last - 14);
  let midnight = firstMidnight;
  for (const { watermark, signals } of events) {
    for (; midnight <= watermark; midnight += DAY_MS) {
      const reference = inForce(midnight);
      for (const [key, bottleneck] of open) {
        const { user_id, stage } = bottleneck;
        const level = levelAt(levels, user_id, midnight);
        const high = reference === null ? [] : highOf(window(user_id, stage, dayOf(midnight - 1)), stage, level, reference);
        if (high.length >= 2) continue;
        told.push({ ...bottleneck, status: 'resolved', evaluated_at: midnight, score: scoreOf(high), level });
        open.delete(key);
      }
    }
    for (const spec of signals) {
      if (spec.properties?.['late'] === 'true') continue;
      const today = dayOf(watermark);
      if (spec.role === 'service') machines.set(spec.user, watermark);
      const day = Math.min(dayOf(spec.occurredAt), today);
      if (day <= today - 28) continue;
      seen.push({ spec, day });
      const reference = inForce(watermark);
      const level = machines.get(spec.user) === watermark ? 'machine' : levelAt(levels, spec.user, watermark);
      const key = `${spec.user}/${spec.stage}`;
      if (reference === null || level === 'machine' || open.has(key)) continue;
      const now = window(spec.user, spec.stage, today);
      const attempts = now.filter(({ spec: { kind } }) => kind.class === 'action' && kind.outcome !== null && kind.outcome !== 'started');
      if (attempts.length < 3 || new Set(attempts.map((one) => one.day)).size < 2) continue;
      const high = highOf(now, spec.stage, level, reference);
      if (high.length < 2) continue;
      const isSop = high.some(({ rests }) => rests.some((feature) => reference.open_sop.some((one) => one.stage === spec.stage && one.feature === feature)));
      const opened: Bottleneck = {
        user_id: spec.user, stage: spec.stage, dimension: isSop ? 'SoP' : 'ET', status: 'opened', since: watermark, evaluated_at: watermark, level, score: scoreOf(high),
        reasons: high.map(({ name, value, bound }) => `${name} ${String(value)} > ${String(bound)}`),
      };
      told.push(opened);
      open.set(key, opened);
    }
  }
  return told;
}

const lines = (bottlenecks: readonly Bottleneck[]): string[] =>
  bottlenecks.map(({ evaluated_at, user_id, stage, status, dimension, since, level, score, reasons }) => [new Date(evaluated_at).toISOString(), user_id, stage, status, dimension, since, level, score.toFixed(9), ...reasons].join(' ')).sort();

test('opens and resolves as the plain reading does, at the same signals and midnights', async () => {
  const kinds = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(eventsArbitrary(140), fc.array(fc.nat(100), { minLength: 1, maxLength: 10 }), fc.nat(40), async (general, deliveries, restart) => {
      const events = shaped(general);
      const outcomes = await runProfile(createWorld(events), { deliveries, referenceOf, restarts: new Set([restart, restart + 9]) });
      assert.deepEqual(lines(outcomes.bottlenecks), lines(plain(events, outcomes.levels)));
      for (const { status, dimension, level } of outcomes.bottlenecks) for (const kind of [status, dimension, level]) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    }),
    { numRuns: 80, seed: 11 },
  );
  for (const kind of ['opened', 'resolved', 'ET', 'SoP', 'infrequent', 'unclassified']) assert.ok((kinds.get(kind) ?? 0) > 0, `${kind} never came: ${JSON.stringify([...kinds])}`);
});
