import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overrideRules, RulesError } from '../../../../consumers/analyzer/rules/overrides.ts';
import { RULES } from '../../../../consumers/analyzer/rules/rules.ts';

test('a rules file changes what it names and nothing else', () => {
  const rules = overrideRules(RULES, 'error-novices: { version: 2, thresholds: { beginner: 0.6 }, minimum_cohort: 20, opens_after_hours: 48 }');
  const changed = rules.find(({ id }) => id === 'error-novices');
  assert.equal(changed?.version, 2);
  assert.deepEqual(changed.conditions.map(({ threshold }) => threshold), [0.6, 0.1]);
  assert.equal(changed.minimum_cohort, 20);
  assert.equal(changed.opens_after_ms, 48 * 3_600_000);
  assert.equal(changed.resolves_after_ms, 72 * 3_600_000);
  assert.deepEqual(rules.filter(({ id }) => id !== 'error-novices'), RULES.filter(({ id }) => id !== 'error-novices'));
  assert.deepEqual(overrideRules(RULES, ''), RULES);
  assert.equal(overrideRules(RULES, '{"slow-novices": {"version": 3}}').find(({ id }) => id === 'slow-novices')?.version, 3, 'JSON too');
});

test('every problem is told, with its rule and field', () => {
  const text = `
error-novices: { thresholds: { beginner: 1.5, intermediate: 0.5 } }
slow-novices: { version: 2, thresholds: { expert: -1 }, minimum_cohort: 0, colour: red }
error-all: { version: 2 }
unused-by-novices: 3
`;
  assert.throws(() => overrideRules(RULES, text), (error: unknown) => {
    assert.ok(error instanceof RulesError);
    for (const part of ['error-novices.version', 'error-novices.thresholds.beginner', 'error-novices.thresholds.intermediate', 'slow-novices.thresholds.expert', 'slow-novices.minimum_cohort', 'slow-novices.colour', 'error-all: there is no such rule', 'unused-by-novices: must be']) {
      assert.ok(error.message.includes(part), `${part} is missing in: ${error.message}`);
    }
    assert.match(error.message, /8 problem/);
    return true;
  });
  assert.throws(() => overrideRules(RULES, 'a: [b'), /neither JSON nor YAML/);
  assert.throws(() => overrideRules(RULES, '[1]'), /must map rule ids/);
});
