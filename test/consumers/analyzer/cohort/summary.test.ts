/** The sentence of a challenge: what stands in braces in the rule's declaration is filled in, whatever the rule. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Evidence } from '../../../../schemas/records.ts';
import { summaryOf } from '../../../../consumers/analyzer/cohort/summary.ts';
import type { SummaryInput } from '../../../../consumers/analyzer/cohort/summary.ts';
import { RULES } from '../../../../consumers/analyzer/rules/rules.ts';
import { ruleOf } from '../rules/world.ts';

const row = (level: Evidence['level'], measure: Evidence['measure'], eligible: number, value: number | null): Evidence => ({ level, measure, affected: 0, eligible, value, op: null, threshold: null, low: null, high: null });
const SHARES = [row('beginner', 'share', 40, 0.667), row('intermediate', 'share', 20, 0.5), row('expert', 'share', 20, 0), row('infrequent', 'share', 0, null)];
const TIMES = [row('beginner', 'median_ms', 40, null), row('intermediate', 'median_ms', 20, 150_000), row('expert', 'median_ms', 20, 850), row('infrequent', 'median_ms', 0, null)];

const say = (rule: string, change: Partial<SummaryInput> = {}): string =>
  summaryOf({ template: ruleOf(rule).summary, conditions: ruleOf(rule).conditions, title: 'Runs', evidence: ruleOf(rule).counted === 'median' ? TIMES : SHARES, label: 'OOM: no room', g: 1.44, circularity: '', regressed: false, resolution: null, ...change });

test('the built-in rules', () => {
  assert.equal(say('error-everyone'), "0 % of experts, 50 % of intermediates and 67 % of beginners meet 'OOM: no room' on Runs; make it impossible, or say beforehand what it takes.");
  assert.equal(say('error-novices', { label: null }), '67 % of beginners but 0 % of experts keep meeting the same error on Runs; teach how experts avoid it.');
  assert.equal(say('slow-everyone'), 'Runs takes experts 850 ms, intermediates 3 min and beginners no end in sight, more than twice what is expected; make it simpler or faster.');
  assert.match(say('slow-everyone', { conditions: ruleOf('slow-everyone').conditions.map((condition) => ({ ...condition, threshold: 2.5 })) }), /more than 2\.5 times what is expected/);
  assert.equal(say('slow-novices'), "Runs takes beginners no end in sight and experts 850 ms, a larger gap than the 1.4 times elsewhere; teach the experts' way.");
  for (const { id } of RULES) assert.doesNotMatch(say(id), /[{}]/, id);
});

test('braces in what is filled in stay as they are', () => {
  assert.match(say('error-novices', { title: '{error}', label: '{title} $& {g}' }), /keep meeting '\{title\} \$& \{g\}' on \{error\};/);
});

test('of fewer than five users no share and no time is said', () => {
  const few = (rows: readonly Evidence[]): Evidence[] => rows.map((one) => ({ ...one, eligible: Math.min(one.eligible, 4) }));
  assert.doesNotMatch(say('error-everyone', { evidence: few(SHARES) }), /\d %/);
  assert.match(say('slow-novices', { evidence: few(TIMES) }), /takes beginners unknown and experts unknown/);
});

test('resolved, and come back', () => {
  assert.match(say('error-novices', { resolution: 'recovered', regressed: true }), /^Resolved, it has recovered: 67 % .*\. It was resolved before and has come back \(regressed\)\.$/);
});
