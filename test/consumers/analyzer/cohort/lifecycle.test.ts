import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Level } from '../../../../schemas/records.ts';
import { advance, newLife } from '../../../../consumers/analyzer/cohort/lifecycle.ts';
import type { Life, Transition } from '../../../../consumers/analyzer/cohort/lifecycle.ts';
import type { Verdict } from '../../../../consumers/analyzer/rules/evaluate.ts';
import type { Rule } from '../../../../consumers/analyzer/rules/rules.ts';
import { ruleOf } from '../rules/world.ts';

const HOUR = 3_600_000;
/** A midnight. */
const T0 = 20_000 * 86_400_000;
const NOVICES = ruleOf('error-novices');
const EVERYONE = ruleOf('error-everyone');

const holds = (values: Verdict['values'] = [0.6, 0.05]): Verdict => ({ state: 'holds', failed: [], values, team: null });
const near: Verdict = { state: 'near', failed: [], values: [0.6, 0.05], team: null };
const lacking: Verdict = { state: 'insufficient_data', failed: [], values: [0.6, null], team: null };
const below = (...failed: Level[]): Verdict => ({ state: 'below', failed, values: [0.6, 0.05], team: null });

type Phase = readonly [hours: number, verdict: Verdict | null, before?: Verdict];

/** Every tick of the phases, one after another; transitions as "status@hour" with the resolution. */
function run(rule: Rule, phases: readonly Phase[], start: Life = newLife(rule)): { log: string[]; life: Life } {
  let life = start;
  let hour = 0;
  const log: string[] = [];
  for (const [hours, verdict, before] of phases) {
    for (let i = 0; i < hours; i++, hour++) {
      const step = advance(rule, life, verdict, T0 + hour * HOUR, i === 0 ? (before ?? null) : null);
      life = step.life;
      if (step.transition !== null) log.push(nameOf(step.transition, hour));
    }
  }
  return { log, life };
}
const nameOf = (transition: Transition, hour: number): string => `${transition.status}@${String(hour)}${'resolution' in transition ? ` ${transition.resolution}` : ''}`;

const cases: readonly (readonly [name: string, Rule, readonly Phase[], log: readonly string[]])[] = [
  ['24 ticks of holding are one too few', NOVICES, [[24, holds()]], []],
  ['25 ticks, a whole day, open', NOVICES, [[25, holds()]], ['opened@24']],
  ['a near tick breaks the run', NOVICES, [[23, holds()], [1, near], [24, holds()]], []],
  ['too little data breaks the run', NOVICES, [[23, holds()], [1, lacking], [25, holds()]], ['opened@48']],
  ['a finding that is gone breaks the run', NOVICES, [[23, holds()], [1, null], [25, holds()]], ['opened@48']],
  ['stays open while it is near', NOVICES, [[25, holds()], [500, near]], ['opened@24']],
  ['recovers after three whole days', NOVICES, [[25, holds()], [73, below('beginner')]], ['opened@24', 'resolved@97 recovered']],
  ['72 failing ticks are one too few', NOVICES, [[25, holds()], [72, below('beginner')]], ['opened@24']],
  ['flapping does not resolve', NOVICES, [[25, holds()], [72, below('beginner')], [1, near], [72, below('beginner')]], ['opened@24']],
  ['no traffic is not recovery', NOVICES, [[25, holds()], [72, below('beginner')], [1, lacking], [72, below('beginner')]], ['opened@24']],
  ['spread: the experts meet it too', NOVICES, [[25, holds()], [73, below('expert')]], ['opened@24', 'resolved@97 spread']],
  ['it must be the same condition', NOVICES, [[25, holds()], [40, below('beginner')], [40, below('expert')]], ['opened@24']],
  ['one condition long enough, another now and then', NOVICES, [[25, holds()], [40, below('beginner')], [33, below('beginner', 'expert')]], ['opened@24', 'resolved@97 recovered']],
  ['both at once: recovered', NOVICES, [[25, holds()], [73, below('beginner', 'expert')]], ['opened@24', 'resolved@97 recovered']],
  ['experts are harmed by everyone rules', EVERYONE, [[25, holds()], [73, below('expert')]], ['opened@24', 'resolved@97 recovered']],
  ['reclassification: failed by new levels only', NOVICES, [[25, holds()], [1, below('beginner'), holds()], [72, below('beginner')]], ['opened@24', 'resolved@97 reclassification']],
  ['failed by the old levels too', NOVICES, [[25, holds()], [1, below('beginner'), below('beginner')], [72, below('beginner')]], ['opened@24', 'resolved@97 recovered']],
  ['a new model in the middle of failing', NOVICES, [[25, holds()], [40, below('beginner')], [33, below('beginner'), near]], ['opened@24', 'resolved@97 reclassification']],
  ['a new model before a break', NOVICES, [[25, holds()], [5, below('beginner'), near], [1, near], [73, below('beginner')]], ['opened@24', 'resolved@103 recovered']],
  ['four weeks of too little data', NOVICES, [[25, holds()], [673, lacking]], ['opened@24', 'resolved@697 no_data']],
  ['a tick less', NOVICES, [[25, holds()], [672, lacking]], ['opened@24']],
  ['comes back', NOVICES, [[25, holds()], [73, below('beginner')], [25, holds()]], ['opened@24', 'resolved@97 recovered', 'opened@122']],
  ['no news on the same day', NOVICES, [[25, holds()], [23, holds([0.7, 0.05])]], ['opened@24']],
  ['news on a later day', NOVICES, [[25, holds()], [24, holds([0.65, 0.05])]], ['opened@24', 'updated@48']],
  ['news that is over by then is none', NOVICES, [[25, holds()], [22, holds([0.7, 0.05])], [30, holds()]], ['opened@24']],
  ['less than five points are no news', NOVICES, [[25, holds([0.55, 0.05])], [60, holds([0.599, 0.05])]], ['opened@24']],
  ['five points are, in binary fractions too', NOVICES, [[25, holds([0.55, 0.05])], [60, holds([0.6, 0.05])]], ['opened@24', 'updated@48']],
  ['against the last transition, not the last tick', NOVICES, [[25, holds([0.55, 0.05])], [48, holds([0.58, 0.05])], [48, holds([0.61, 0.05])]], ['opened@24', 'updated@73']],
  ['medians: five per cent', ruleOf('slow-novices'), [[25, holds([2000, 500])], [48, holds([2099, 500])], [24, holds([2100, 500])]], ['opened@24', 'updated@73']],
  ['medians: becoming infinite', ruleOf('slow-novices'), [[25, holds([2000, 500])], [48, holds([-1, 500])]], ['opened@24', 'updated@48']],
];
for (const [name, rule, phases, expected] of cases) {
  test(name, () => {
    assert.deepEqual(run(rule, phases).log, expected);
  });
}

test('a changed rule resolves what is open, and starts anew', () => {
  const open = run(NOVICES, [[25, holds()]]).life;
  const { log, life } = run({ ...NOVICES, version: 2 }, [[25, holds()]], open);
  assert.deepEqual(log, ['resolved@0 rule_changed', 'opened@24']);
  assert.equal(life.episodes, 2);
  const waiting = run(NOVICES, [[20, holds()]]).life;
  assert.deepEqual(run({ ...NOVICES, version: 2 }, [[20, holds()]], waiting).log, [], 'the old version\'s run does not count');
});

test('called only when something changes or is due, it says the same as at every tick', () => {
  const verdicts: readonly Verdict[] = [holds(), holds([0.7, 0.05]), near, lacking, below('beginner'), below('expert'), below('beginner', 'expert')];
  const phase = fc.tuple(fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 60, max: 90 }), fc.constant(680)), fc.constantFrom(...verdicts));
  fc.assert(
    fc.property(fc.array(phase, { minLength: 1, maxLength: 12 }), (phases) => {
      let life = newLife(NOVICES);
      let due: number | null = null;
      let hour = 0;
      const log: string[] = [];
      for (const [hours, verdict] of phases) {
        for (let i = 0; i < hours; i++, hour++) {
          const tick = T0 + hour * HOUR;
          if (i > 0 && due !== tick) continue;
          const step = advance(NOVICES, life, verdict, tick, null);
          ({ life, due } = step);
          if (step.transition !== null) log.push(nameOf(step.transition, hour));
        }
      }
      const always = run(NOVICES, phases);
      assert.deepEqual(log, always.log);
      assert.deepEqual(life, always.life);
    }),
    { numRuns: 300 },
  );
});
