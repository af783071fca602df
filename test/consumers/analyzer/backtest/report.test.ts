/** Episodes, flaps and differences from transitions, and how they are told. The backtest itself: test/driver/backtest.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changesOf, isSame } from '../../../../consumers/analyzer/backtest/differences.ts';
import { createRecorder } from '../../../../consumers/analyzer/backtest/episodes.ts';
import type { Course } from '../../../../consumers/analyzer/backtest/episodes.ts';
import { notesOf, reportJson, reportText } from '../../../../consumers/analyzer/backtest/report.ts';
import type { Backtest } from '../../../../consumers/analyzer/backtest/report.ts';
import type { Pair } from '../../../../consumers/analyzer/cohort/pairs.ts';
import { newLife } from '../../../../consumers/analyzer/cohort/lifecycle.ts';
import { RULES } from '../../../../consumers/analyzer/rules/rules.ts';
import type { Challenge, FindingState } from '../../../../schemas/records.ts';
import { challenge } from '../../clickhouse/records.ts';
import { ruleOf } from '../rules/world.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const T0 = Date.UTC(2026, 9, 1);

type Life = readonly [opened: number, resolved: number | null];
/** Transitions of one finding, days after T0. */
const transitions = (lives: readonly Life[], feature = 'f'): Challenge[] =>
  lives.flatMap(([opened, resolved]) => {
    const head = { challenge_id: `${feature}-${String(opened)}`, feature, opened_at: T0 + opened * DAY };
    return [
      challenge({ ...head, status: 'opened', evaluated_at: head.opened_at, summary: `opened on day ${String(opened)}` }),
      challenge({ ...head, status: 'updated', evaluated_at: head.opened_at + DAY, summary: 'news' }),
      ...(resolved === null ? [] : [challenge({ ...head, status: 'resolved', evaluated_at: T0 + resolved * DAY, resolved_at: T0 + resolved * DAY, resolution: 'recovered' })]),
    ];
  });
function coursesOf(lives: Readonly<Record<string, readonly Life[]>>, from = 0, to = 100): Course[] {
  const recorder = createRecorder();
  for (const one of Object.entries(lives).flatMap(([feature, own]) => transitions(own, feature)).sort((a, b) => a.evaluated_at - b.evaluated_at)) recorder.observe(one.evaluated_at, [one], []);
  return recorder.courses(T0 + from * DAY, T0 + to * DAY);
}

test('a flap is an opening in the range at most 14 days after the last end of the same finding', () => {
  const lives: readonly Life[] = [[1, 10], [24, 30], [44.5, 50], [51, 60], [61, null]];
  const cases: readonly (readonly [from: number, to: number, episodes: number, flaps: number])[] = [[0, 100, 5, 3], [0, 60, 4, 2], [25, 100, 4, 2], [31, 44, 0, 0], [31, 45, 1, 0], [55, 60.5, 1, 0], [70, 100, 1, 0]];
  for (const [from, to, episodes, flaps] of cases) {
    const found = coursesOf({ f: lives }, from, to);
    assert.deepEqual(found.map((course) => [course.episodes.length, course.flaps]), episodes === 0 ? [] : [[episodes, flaps]], `${String(from)} to ${String(to)}`);
  }
  assert.equal(coursesOf({ f: [[1, 10]], g: [[11, 20]] }).reduce((sum, { flaps }) => sum + flaps, 0), 0, 'another finding is no flap');
  assert.deepEqual(coursesOf({ f: [[1, 10]] })[0]?.episodes, [{ challenge_id: 'f-1', opened_at: T0 + DAY, resolved_at: T0 + 10 * DAY, resolution: 'recovered', updates: 1, summary: 'opened on day 1' }]);
});

test('how often a rule began to hold counts every run in the range, however short', () => {
  const recorder = createRecorder();
  const pair = (state: FindingState | null): Pair => ({
    key: 'error-novices/training/error/f/f1', featureKey: 'training/f', rule: ruleOf('error-novices'), finding: { stage: 'training', feature: 'f', signal_class: 'error', fingerprint: 'f1' },
    verdict: state === null ? null : { state, failed: [], values: [], team: null }, life: newLife(ruleOf('error-novices')), declared: null, due: null, circularity: null,
  });
  const states: (FindingState | null)[] = ['holds', 'holds', 'near', 'holds', 'below', 'holds', null, 'holds', 'insufficient_data', 'holds'];
  states.forEach((state, hour) => { recorder.observe(T0 + hour * HOUR, [], [pair(state)]); });
  recorder.observe(T0 + 10 * HOUR, transitions([[0.5, null]]), []);
  const crossings = (from: number, to: number): number | undefined => recorder.courses(T0 + from * HOUR, T0 + to * HOUR)[0]?.crossings;
  assert.deepEqual([crossings(0, 20), crossings(1, 20), crossings(4, 12)], [5, 4, 3]);
});

test('episodes that overlap are one, shifted; others are more or fewer', () => {
  const current = coursesOf({ a: [[1, 10], [20, 30]], b: [[5, null]], c: [[1, 2]], d: [[3, 9]] });
  const tried = coursesOf({ a: [[2, 10], [12, 14], [21, null]], b: [[5, null]], c: [[4, 5]], e: [[1, 2]] });
  const day = (at: number | undefined): number | null => (at === undefined ? null : (at - T0) / DAY);
  const told = changesOf(current, tried).map((change) => [change.course.finding.feature, day(change.current?.opened_at), day(change.tried?.opened_at), isSame(change)]);
  assert.deepEqual(told, [['a', 1, 2, false], ['a', null, 12, false], ['a', 20, 21, false], ['b', 5, 5, true], ['c', 1, null, false], ['c', null, 4, false], ['d', 3, null, false], ['e', null, 1, false]]);
});

const backtest = (change: Partial<Backtest> = {}): Backtest => {
  const [current, tried] = [coursesOf({ a: [[1, 10]], b: [[5, null]], d: [[3, 9]] }), coursesOf({ a: [[2, 9]], b: [[5, null]], e: [[1, 2.5]] })];
  return {
    covered: { begins: T0 - 2 * DAY, isFromBeginning: true, from: T0, to: T0 + 20 * DAY },
    current: { name: 'the built-in rules', rules: RULES, courses: current },
    tried: { name: 'rules.yaml', rules: RULES, courses: tried },
    changes: changesOf(current, tried),
    ...change,
  };
};

test('for people: what would have fired, and the difference', () => {
  const text = reportText(backtest());
  assert.deepEqual(text.split('\n').filter((line) => /^(Backtest|Difference| {2}[-+~])/.test(line)), [
    'Backtest of rules.yaml, 2026-10-01T00:00:00Z to 2026-10-21T00:00:00Z; the run-up before it begins at 2026-09-29T00:00:00Z, where the platform does',
    'Difference from the built-in rules: 1 more (+), 1 fewer (-), 1 shifted (~), 1 the same',
    '  ~ error-novices on training/a f1: opened 1 d later (2026-10-03T00:00:00Z), resolved 1 d earlier',
    '  - error-novices on training/d f1: opened 2026-10-04T00:00:00Z, recovered 2026-10-10T00:00:00Z. opened on day 3',
    '  + error-novices on training/e f1: opened 2026-10-02T00:00:00Z, recovered 2026-10-03T12:00:00Z. opened on day 1',
  ]);
  assert.match(text, /\nrules\.yaml: 3 findings, 3 episodes, 0 flaps\n/);
  assert.match(text, /\n {4}opened 2026-10-06T00:00:00Z, still open, 15 d, 1 update\. opened on day 5\n/);
  assert.match(text, /\n {4}opened 2026-10-02T00:00:00Z, recovered 2026-10-03T12:00:00Z, 1 d 12 h, 1 update\. /);
  assert.ok(!reportText(backtest({ tried: null, changes: [] })).includes('Difference'));
});

test('for machines: the same', () => {
  const json = reportJson(backtest()) as { findings: { feature: string; episodes: { hours: number }[] }[]; differences: { feature: string; change: string }[] };
  assert.deepEqual(json.differences.map(({ feature, change }) => [feature, change]), [['a', 'shifted'], ['b', 'same'], ['d', 'fewer'], ['e', 'more']]);
  assert.deepEqual(json.findings.map(({ feature, episodes }) => [feature, episodes.map(({ hours }) => hours)]), [['a', [168]], ['b', [360]], ['e', [36]]]);
});

test('what to know before believing it: a history without its beginning, a version that was not counted up', () => {
  assert.deepEqual(notesOf(backtest()), []);
  assert.match(notesOf(backtest({ covered: { begins: T0 - 36 * HOUR, isFromBeginning: false, from: T0, to: T0 + DAY } })).join('\n'), /^the history begins at 2026-09-29T12:00:00Z, 1 d 12 h before the range: what was open before is not known/);
  const [first, ...others] = RULES;
  assert.ok(first);
  const side = { name: 'rules.yaml', courses: [] };
  assert.match(notesOf(backtest({ tried: { ...side, rules: [{ ...first, opens_after_ms: HOUR }, ...others] } })).join('\n'), /^error-everyone differs from the current rule and has the same version, 1: count it up/);
  assert.deepEqual(notesOf(backtest({ tried: { ...side, rules: [{ ...first, opens_after_ms: HOUR, version: 2 }, ...others] } })), []);
});
