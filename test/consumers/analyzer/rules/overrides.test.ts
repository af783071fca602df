import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overrideRules, RulesError } from '../../../../consumers/analyzer/rules/overrides.ts';
import { RULES } from '../../../../consumers/analyzer/rules/rules.ts';

const HOUR_MS = 3_600_000;

/** Every part is in the message, and there are no more problems than said. */
function refused(text: string, problems: number, parts: readonly string[]): void {
  assert.throws(() => overrideRules(RULES, text), (error: unknown) => {
    assert.ok(error instanceof RulesError);
    for (const part of parts) assert.ok(error.message.includes(part), `${part} is missing in: ${error.message}`);
    assert.match(error.message, new RegExp(`has ${String(problems)} problem`), error.message);
    return true;
  });
}

test('a rules file changes what it names and nothing else', () => {
  const rules = overrideRules(RULES, "error-novices: { version: 2, thresholds: { beginner: 0.6 }, minimum_cohort: 20, opens_after_hours: 48, no_data_after_hours: 100, summary: '{beginner} fail at {title}.' }");
  const changed = rules.find(({ id }) => id === 'error-novices');
  assert.equal(changed?.version, 2);
  assert.deepEqual(changed.conditions.map(({ threshold }) => threshold), [0.6, 0.1]);
  assert.equal(changed.minimum_cohort, 20);
  assert.equal(changed.opens_after_ms, 48 * HOUR_MS);
  assert.equal(changed.resolves_after_ms, 72 * HOUR_MS);
  assert.equal(changed.no_data_after_ms, 100 * HOUR_MS);
  assert.equal(changed.summary, '{beginner} fail at {title}.');
  assert.deepEqual(rules.filter(({ id }) => id !== 'error-novices'), RULES.filter(({ id }) => id !== 'error-novices'));
  assert.deepEqual(overrideRules(RULES, ''), RULES);
  assert.equal(overrideRules(RULES, '{"slow-novices": {"version": 3}}').find(({ id }) => id === 'slow-novices')?.version, 3, 'JSON too');
});

test('a built-in rule can be taken out', () => {
  assert.deepEqual(overrideRules(RULES, 'slow-novices: { disabled: true }').map(({ id }) => id), RULES.map(({ id }) => id).filter((id) => id !== 'slow-novices'));
  refused('slow-novices: { disabled: maybe, version: 2 }', 2, ['slow-novices.disabled can only be true', 'slow-novices.version says nothing of a rule that is disabled']);
});

const OWN = `
error-experts:
  version: 3
  dimension: SoP
  signal_class: error
  counted: keeps
  conditions: [{ level: expert, op: '>', threshold: 0.4, of: share }, { level: infrequent, op: '<=', threshold: 0.2, of: share }]
  harmed: [expert]
  minimum_cohort: 15
  opens_after_hours: 48
  resolves_after_hours: 96
  no_data_after_hours: 500
  summary: '{expert} of experts keep meeting {error} on {title}.'
slow-intermediates: { version: 1, dimension: ET, signal_class: time, counted: median, conditions: [{ level: intermediate, op: '>', threshold: 1.5, of: experts }], harmed: [intermediate], summary: 'slow ({g})' }
`;

test('a file can declare rules of its own', () => {
  const rules = overrideRules(RULES, OWN);
  assert.deepEqual(rules.slice(0, RULES.length), RULES);
  assert.deepEqual(rules.slice(RULES.length), [
    {
      id: 'error-experts', version: 3, dimension: 'SoP', signal_class: 'error', counted: 'keeps', harmed: ['expert'],
      conditions: [{ level: 'expert', op: '>', threshold: 0.4, of: 'share' }, { level: 'infrequent', op: '<=', threshold: 0.2, of: 'share' }],
      minimum_cohort: 15, opens_after_ms: 48 * HOUR_MS, resolves_after_ms: 96 * HOUR_MS, no_data_after_ms: 500 * HOUR_MS, summary: '{expert} of experts keep meeting {error} on {title}.',
    },
    {
      id: 'slow-intermediates', version: 1, dimension: 'ET', signal_class: 'time', counted: 'median', harmed: ['intermediate'],
      conditions: [{ level: 'intermediate', op: '>', threshold: 1.5, of: 'experts' }],
      minimum_cohort: 10, opens_after_ms: 24 * HOUR_MS, resolves_after_ms: 72 * HOUR_MS, no_data_after_ms: 672 * HOUR_MS, summary: 'slow ({g})',
    },
  ]);
});

test('every problem of a change is told, with its rule, its field and what is allowed', () => {
  const text = `
error-novices: { thresholds: { beginner: 1.5, intermediate: 0.5 }, summary: '{colour} {g}' }
slow-novices: { version: 2, thresholds: { expert: -1 }, minimum_cohort: 4, colour: red }
unused-by-novices: 3
`;
  refused(text, 9, [
    'error-novices.version is missing: a whole number above 1', 'error-novices.thresholds.beginner must be a share between 0 and 1', 'error-novices.thresholds.intermediate is not a level that the rule names; there are: beginner, expert',
    'error-novices.summary has {colour}, and may have {beginner}', 'error-novices.summary has {g}', 'slow-novices.thresholds.expert must be a factor above 0',
    'slow-novices.minimum_cohort must be a whole number of users (fewer would point at persons), at least 5, and is 4', 'slow-novices.colour is not known; there are: version,', 'unused-by-novices must be a map of fields',
  ]);
  refused('error-novices: { version: 1 }', 1, ['error-novices.version must be a whole number above 1']);
  assert.throws(() => overrideRules(RULES, 'a: [b'), /neither JSON nor YAML/);
  assert.throws(() => overrideRules(RULES, '[1]'), /must map rule ids/);
});

test('every problem of a new rule is told, with its rule, its field and what is allowed', () => {
  refused('error-all: { version: 2, dimension: SoP }', 6, [
    'error-all.signal_class is missing: one of action, error, time', 'error-all.counted is missing: one of saw, keeps, median, stuck, used', 'error-all.conditions is missing: a list of {level, op, threshold, of}', 'error-all.harmed is missing', 'error-all.summary is missing',
    'error-all is not a built-in rule (error-everyone, ',
  ]);
  const wrong = `
Bad/Name:
  version: 0
  dimension: EX
  signal_class: action
  counted: keeps
  conditions:
    - { level: machine, op: '=', threshold: 0.5, of: share }
    - { level: expert, op: '>', threshold: 40, of: share }
    - { level: beginner, op: '>', threshold: 0.5, of: expected, extra: 1 }
    - { level: beginner, op: '>', threshold: 0.5, of: share }
    - 7
  harmed: [expert, everyone, beginner, beginner]
  opens_after_hours: 0.5
  summary: '{beginner} {factor}'
  owner: me
`;
  refused(wrong, 17, [
    'Bad/Name is no name for a rule', 'Bad/Name.version must be a whole number that counts up with every change, at least 1, and is 0', 'Bad/Name.dimension must be one of ET, SoP, and is "EX"', 'Bad/Name.signal_class must be error where counted is keeps',
    'Bad/Name.conditions[0].level must be one of beginner, intermediate, expert, infrequent, and is "machine"', 'Bad/Name.conditions[0].op must be one of >, <, <=', 'Bad/Name.conditions[1].threshold must be a share between 0 and 1',
    'Bad/Name.conditions[2].of must be share where counted is keeps', 'Bad/Name.conditions[2].extra is not known', 'Bad/Name.conditions[3].level is beginner a second time', 'Bad/Name.conditions[4] must be a map',
    'Bad/Name.harmed[0] is expert, for which the rule has no (valid) condition', 'Bad/Name.harmed[1] must be one of', 'Bad/Name.harmed[3] is beginner a second time', 'Bad/Name.opens_after_hours must be whole hours, at least 1, and is 0.5', 'Bad/Name.owner is not known',
  ]);
  refused("slow: { version: 1, dimension: ET, signal_class: time, counted: median, conditions: [{ level: expert, op: '>', threshold: 2, of: experts }], harmed: [expert], summary: '{error}' }", 3, [
    'slow.conditions[0].of must not be experts for the experts themselves', 'slow.summary has {error}, and may have {beginner}, {intermediate}, {expert}, {infrequent}, {title}, {g}',
  ]);
});
