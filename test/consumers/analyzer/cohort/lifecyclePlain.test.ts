/**
 * The life cycle against the plainest reading of semantics 6: at every tick all ticks before it are looked at again. Sequences are random, with lengths
 * around those that matter, new models, findings that go away, and rules whose version changes.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { advance, newLife } from '../../../../consumers/analyzer/cohort/lifecycle.ts';
import { evaluate } from '../../../../consumers/analyzer/rules/evaluate.ts';
import type { Verdict } from '../../../../consumers/analyzer/rules/evaluate.ts';
import type { Rule } from '../../../../consumers/analyzer/rules/rules.ts';
import type { Level } from '../../../../schemas/records.ts';
import { ruleOf, subjectOf } from '../rules/world.ts';

const HOUR = 3_600_000;
const DAY_HOURS = 24;
/** Five hours before a midnight. */
const T0 = 20_000 * 86_400_000 - 5 * HOUR;
const dayAt = (hour: number): number => Math.floor((T0 + hour * HOUR) / (DAY_HOURS * HOUR));

interface Tick {
  /** Null: the finding is not there; what an open challenge is judged by then is `absent`. */
  readonly verdict: Verdict | null;
  readonly absent: Verdict;
  /** Only at a model's first tick. */
  readonly before: Verdict | null;
  readonly version: number;
}

interface Told {
  readonly hour: number;
  readonly what: string;
  /** Openings so far. */
  readonly episodes: number;
}

/** Semantics 6, sentence by sentence. */
function plain(rule: Rule, ticks: readonly Tick[]): Told[] {
  const told: Told[] = [];
  const seen: Verdict[] = [];
  const absence: Verdict = { state: 'below', failed: [], values: [], team: null };
  let open: { values: (number | null)[]; day: number } | null = null;
  let episodes = 0;
  let versionSince = 0;
  const tell = (hour: number, what: string): void => { told.push({ hour, what, episodes }); };
  /** At every tick in [T - hours, T]. */
  const always = (hour: number, hours: number, holds: (verdict: Verdict, at: number) => boolean): boolean => {
    for (let at = hour; at >= hour - hours; at--) {
      const verdict = seen[at];
      if (verdict === undefined || !holds(verdict, at)) return false;
    }
    return true;
  };
  ticks.forEach(({ verdict, absent, version }, hour) => {
    if (hour > 0 && version !== ticks[hour - 1]?.version) {
      versionSince = hour;
      if (open !== null) tell(hour, 'resolved rule_changed');
      open = null;
    }
    const now = verdict ?? (open === null ? absence : absent);
    seen.push(now);
    if (open === null) {
      if (hour - DAY_HOURS >= versionSince && always(hour, DAY_HOURS, ({ state }) => state === 'holds')) {
        episodes++;
        open = { values: [...now.values], day: dayAt(hour) };
        tell(hour, 'opened');
      }
      return;
    }
    const levels = rule.conditions.map(({ level }) => level);
    const failed = levels.filter((level) => always(hour, 3 * DAY_HOURS, (one) => one.state !== 'insufficient_data' && one.failed.includes(level)));
    const isByModel = (level: Level): boolean => ticks.slice(hour - 3 * DAY_HOURS, hour + 1).some(({ before }) => before !== null && !before.failed.includes(level));
    const real = failed.filter((level) => !isByModel(level));
    if (always(hour, 28 * DAY_HOURS, ({ state }) => state === 'insufficient_data')) tell(hour, 'resolved no_data');
    else if (real.some((level) => rule.harmed.includes(level))) tell(hour, 'resolved recovered');
    else if (real.length > 0) tell(hour, 'resolved spread');
    else if (failed.length > 0) tell(hour, 'resolved reclassification');
    else {
      const { values, day } = open;
      const news = now.values.some((value, n) => {
        const last = values[n] ?? null;
        if (value === null || last === null) return false;
        if ((value === -1) !== (last === -1)) return true;
        return value !== -1 && Math.abs(value - last) > (rule.counted === 'median' ? 0.05 * last : 0.05) - 1e-9;
      });
      if (!news || dayAt(hour) === day) return;
      open = { values: now.values.map((value, n) => value ?? values[n] ?? null), day: dayAt(hour) };
      tell(hour, 'updated');
      return;
    }
    open = null;
  });
  return told;
}

/** The production reducer, at every tick, or only where something is another or due. */
function production(rule: Rule, ticks: readonly Tick[], everyTick: boolean): Told[] {
  const told: Told[] = [];
  let life = newLife({ ...rule, version: ticks[0]?.version ?? 1 });
  let due: number | null = null;
  ticks.forEach((tick, hour) => {
    const last = ticks[hour - 1];
    const isOther = last?.verdict !== tick.verdict || last.absent !== tick.absent || last.version !== tick.version || tick.before !== null || told.at(-1)?.hour === hour - 1;
    if (!everyTick && !isOther && due !== T0 + hour * HOUR) return;
    const step = advance({ ...rule, version: tick.version }, life, tick.verdict ?? (life.open === null ? null : tick.absent), T0 + hour * HOUR, life.open === null ? null : tick.before);
    ({ life, due } = step);
    if (step.transition === null) return;
    const { transition } = step;
    told.push({ hour, what: transition.status === 'resolved' ? `resolved ${transition.resolution}` : transition.status, episodes: life.episodes });
  });
  return told;
}

const verdictsOf = (rule: Rule): Verdict[] => {
  const levels = rule.conditions.map(({ level }) => level);
  const isMedian = rule.counted === 'median';
  const values = (moved: number): number[] => levels.map((_, n) => (isMedian ? 2000 * (1 + moved) : 0.5 + moved + n / 100));
  const states: Verdict[] = [0, 0.03, 0.05, 0.051, 0.1].map((by) => ({ state: 'holds', failed: [], values: values(by), team: null }));
  return [
    ...states,
    { state: 'near', failed: [], values: values(-0.04), team: null },
    { state: 'near', failed: [], values: values(0), team: 'a' },
    { state: 'insufficient_data', failed: [], values: levels.map(() => null), team: null },
    { state: 'insufficient_data', failed: [], values: values(0.2), team: null },
    ...levels.map((_, gone): Verdict => ({ state: 'insufficient_data', failed: [], values: values(0.2).map((value, n) => (n === gone ? null : value)), team: null })),
    { state: 'near', failed: [], values: isMedian ? levels.map(() => -1) : values(0.3), team: null },
    ...levels.map((level): Verdict => ({ state: 'below', failed: [level], values: values(-0.3), team: null })),
    { state: 'below', failed: levels, values: values(-0.3), team: null },
  ];
};

function sequences(rule: Rule): fc.Arbitrary<Tick[]> {
  const verdicts = verdictsOf(rule);
  const below = verdicts.filter(({ state }) => state === 'below');
  const lacking = verdicts.filter(({ state }) => state === 'insufficient_data');
  const holding = verdicts.filter(({ state }) => state === 'holds');
  const length = (...around: number[]): fc.Arbitrary<number> => fc.oneof(fc.constantFrom(...around.flatMap((hours) => [hours, hours + 1, hours + 2])), fc.integer({ min: 1, max: 3 }));
  const phase = fc.oneof(
    { weight: 5, arbitrary: fc.tuple(length(23, 47), fc.constantFrom(...holding)) },
    { weight: 4, arbitrary: fc.tuple(length(35, 71), fc.constantFrom(...below)) },
    { weight: 2, arbitrary: fc.tuple(length(24, 71, 671), fc.constantFrom(...lacking)) },
    { weight: 3, arbitrary: fc.tuple(length(12), fc.constantFrom(...verdicts, null)) },
  );
  const extras = fc.record({ before: fc.option(fc.constantFrom(...verdicts), { freq: 3 }), absent: fc.constantFrom(...below, ...lacking), raised: fc.integer({ min: 0, max: 20 }) });
  return fc.array(fc.tuple(phase, extras), { minLength: 1, maxLength: 16 }).map((phases) => {
    let version = 1;
    return phases.flatMap(([[hours, verdict], { before, absent, raised }]) => {
      if (raised === 0) version++;
      return Array.from({ length: hours }, (_, n): Tick => ({ verdict, absent, before: n === 0 ? before : null, version }));
    });
  });
}

for (const id of ['error-novices', 'error-everyone', 'slow-novices', 'unused-by-novices']) {
  test(`${id}: opens, updates and resolves as the plain reading does, at the same ticks`, () => {
    const rule = ruleOf(id);
    const kinds = new Set<string>();
    fc.assert(
      fc.property(sequences(rule), (ticks) => {
        const expected = plain(rule, ticks);
        assert.deepEqual(production(rule, ticks, true), expected);
        assert.deepEqual(production(rule, ticks, false), expected, 'looked at only where something is another or due');
        for (const { what, episodes } of expected) kinds.add(what === 'opened' && episodes > 1 ? 'regressed' : what);
      }),
      { numRuns: 400, seed: 7 },
    );
    const spread = rule.conditions.some(({ level }) => !rule.harmed.includes(level)) ? ['resolved spread'] : [];
    for (const kind of ['opened', 'updated', 'regressed', 'resolved recovered', 'resolved no_data', 'resolved reclassification', 'resolved rule_changed', ...spread]) assert.ok(kinds.has(kind), `${kind} never came; there were: ${[...kinds].join(', ')}`);
  });
}

const USERS = 100;
/** What the evaluator says where so many of a hundred beginners, and no expert, keep meeting an error. */
const judged = (beginners: number, eligible = USERS): Verdict => evaluate(subjectOf('error-novices', [{ level: 'beginner', eligible, affected: Math.min(beginners, eligible) }, { level: 'expert', eligible: USERS, affected: 0 }]));
const ticksOf = (verdicts: readonly Verdict[]): Tick[] => verdicts.map((verdict) => ({ verdict, absent: verdict, before: null, version: 1 }));
const statuses = (verdicts: readonly Verdict[]): string[] => production(ruleOf('error-novices'), ticksOf(verdicts), true).map(({ what }) => what);
const heldForADay = Array.from({ length: DAY_HOURS + 1 }, () => judged(60));

test('a share that wanders about its threshold neither opens nor closes: less than a whole day above, or never ten points below', () => {
  const above = fc.tuple(fc.integer({ min: 1, max: DAY_HOURS }), fc.integer({ min: 51, max: 100 }));
  const under = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 50 }));
  const verdicts = (phases: readonly (readonly [number, number])[]): Verdict[] => phases.flatMap(([hours, affected]) => Array.from({ length: hours }, () => judged(affected)));
  fc.assert(fc.property(fc.array(fc.tuple(above, under), { maxLength: 20 }), (pairs) => {
    assert.deepEqual(statuses(verdicts(pairs.flat())), []);
  }), { numRuns: 60, seed: 3 });
  const wandering = fc.array(fc.tuple(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 41, max: 100 })), { maxLength: 12 });
  fc.assert(fc.property(wandering, (phases) => {
    assert.deepEqual(statuses([...heldForADay, ...verdicts(phases)]).filter((what) => what !== 'updated'), ['opened']);
  }), { numRuns: 60, seed: 3 });
  assert.deepEqual(statuses([...heldForADay, ...Array.from({ length: 73 }, () => judged(39))]).at(-1), 'resolved recovered', 'and where it is below, it does');
});

test('too little data neither opens nor closes, however the few users fare', () => {
  const few = fc.array(fc.tuple(fc.integer({ min: 1, max: 71 }), fc.integer({ min: 0, max: 9 })), { maxLength: 8 }).map((phases) => phases.flatMap(([hours, affected]) => Array.from({ length: hours }, () => judged(affected, 9))));
  fc.assert(fc.property(few, (lacking) => {
    assert.ok(lacking.every(({ state }) => state === 'insufficient_data'));
    assert.deepEqual(statuses(lacking), []);
    assert.deepEqual(statuses([...heldForADay, ...lacking]).filter((what) => what !== 'updated'), ['opened']);
    // In the middle of a recovery it begins anew.
    const failing = Array.from({ length: 72 }, () => judged(0));
    assert.deepEqual(statuses([...heldForADay, ...failing, judged(0, 9), ...failing]).filter((what) => what !== 'updated'), ['opened']);
  }), { numRuns: 40, seed: 3 });
});
