import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Invalid, MAX_ID_CHARS, MAX_PROPERTIES } from '../../../producers/collector/fields.ts';
import { validateEvent, validateFeature, validateUser } from '../../../producers/collector/validate.ts';
import { uuidV7 } from '../../../producers/collector/ids.ts';

const CONTEXT = { receivedAt: 1_600_000_000_000, source: 'notebooks', newId: () => 'made' };
const BASE = { event_id: 'e1', user_id: 'u1', occurred_at: 1_599_999_999_999, type: 'interaction', feature: 'notebook.create', action: 'click' };
const FINISHED = { ...BASE, type: 'task_finished', task_id: 't1', outcome: 'failed' };

function detail(value: unknown, validate: (value: unknown) => unknown = (one) => validateEvent(one, CONTEXT)): string {
  try {
    validate(value);
  } catch (error) {
    assert.ok(error instanceof Invalid, String(error));
    return error.message;
  }
  return assert.fail('it was accepted');
}

test('an event with what is required gets the defaults of the contract', () => {
  assert.deepEqual(validateEvent({ user_id: 'u1', occurred_at: 5, type: 'error', feature: 'f', error: { code: 'E' }, extra: { ignored: true }, session_id: null }, CONTEXT), {
    event_id: 'made', user_id: 'u1', session_id: null, occurred_at: 5, sent_at: null, received_at: 1_600_000_000_000, source: 'notebooks', type: 'error', feature: 'f', action: null, task_id: null,
    outcome: null, duration_ms: null, waiting_ms: null, release: null, error: { code: 'E', message: '', cause: 'unknown' }, properties: {},
  });
});

test('everything that is given is kept as it is', () => {
  const given = {
    ...FINISHED, session_id: 's', sent_at: 7, source: 'own', action: 'train', duration_ms: 0, waiting_ms: 12, release: '1.2', error: { code: 'OOM', message: 'out of memory\n', cause: 'quota' },
    properties: { size: 'xl', '': '', constructor: 'c' },
  };
  assert.deepEqual(validateEvent(given, CONTEXT), { ...given, received_at: CONTEXT.receivedAt });
});

const MISSING: readonly (readonly [field: string, event: object])[] = [
  ['user_id', BASE], ['occurred_at', BASE], ['type', BASE], ['feature', BASE], ['action', BASE],
  ['error', { ...BASE, type: 'error', error: { code: 'E' } }],
  ['duration_ms', { ...BASE, type: 'timing', duration_ms: 1 }],
  ['task_id', { ...BASE, type: 'task_started', task_id: 't' }],
  ['task_id', FINISHED], ['outcome', FINISHED],
];
for (const [field, event] of MISSING) {
  test(`${field} missing, null or (a name) empty is refused by name: ${JSON.stringify(event).slice(0, 200)}`, () => {
    assert.doesNotThrow(() => validateEvent(event, CONTEXT));
    const without = Object.fromEntries(Object.entries(event).filter(([name]) => name !== field));
    assert.match(detail(without), new RegExp(`^${field}`));
    assert.match(detail({ ...event, [field]: null }), new RegExp(`^${field}`));
    assert.match(detail({ ...event, [field]: '' }), new RegExp(`^${field}`));
  });
}

const WRONG: readonly (readonly [field: string, values: readonly unknown[]])[] = [
  ['event_id', [1, true, {}, [], '']],
  ['user_id', [1, true, {}, [], 'a\u0000b', '\ud800', 'x'.repeat(MAX_ID_CHARS + 1)]],
  ['session_id', [1, {}, [], 'x'.repeat(MAX_ID_CHARS + 1)]],
  ['occurred_at', [true, {}, [], 'yesterday', '1599999999999', 1.5, 1e18, '2020-02-30T00:00:00Z', '2020-01-01T24:00:00Z', '2020-01-01 10:00', '2020-13-01']],
  ['sent_at', [true, {}, 'now', 0.1]],
  ['source', [1, {}]],
  ['type', [1, 'click', 'Interaction', {}, '__proto__']],
  ['feature', [1, {}, []]],
  ['action', [1, {}]],
  ['task_id', [1, {}]],
  ['outcome', [1, 'started', 'done', {}]],
  ['duration_ms', ['1', -1, 1.5, 1e300, true, {}]],
  ['waiting_ms', ['1', -1, 1.5, true, {}]],
  ['release', [1, {}]],
  ['error', ['E', 1, [], {}, { code: 1 }, { code: '' }, { code: 'E', message: 1 }, { code: 'E', cause: 'mine' }, { code: 'E', cause: 1 }]],
  ['properties', ['a', 1, [], { a: 1 }, { a: null }, { a: {} }, JSON.parse('{"__proto__": "x"}'), JSON.parse('{"__proto__": {"admin": "x"}}'), { ['k'.repeat(MAX_ID_CHARS + 1)]: '' }]],
];
for (const [field, values] of WRONG) {
  for (const value of values) {
    test(`${field} = ${JSON.stringify(value).slice(0, 60)} is refused by name`, () => {
      assert.match(detail({ ...FINISHED, [field]: value }), new RegExp(`^${field}`));
    });
  }
}

test('a value that is no object is refused', () => {
  for (const value of [null, 1, 'x', [], true]) assert.match(detail(value), /^the event must be an object/);
});

test('a clock is sent elsewhere', () => {
  assert.match(detail({ ...BASE, type: 'clock', user_id: '', feature: '' }), /\/v1\/clock/);
});

test('too many properties are refused', () => {
  const properties = (count: number): object => Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 'v']));
  assert.doesNotThrow(() => validateEvent({ ...BASE, properties: properties(MAX_PROPERTIES) }, CONTEXT));
  assert.match(detail({ ...BASE, properties: properties(MAX_PROPERTIES + 1) }), /^properties has more than/);
});

test('a prototype in the JSON changes nothing', () => {
  const event = validateEvent(JSON.parse(`{"__proto__": {"user_id": "evil", "type": "error"}, "constructor": 1, ${JSON.stringify(BASE).slice(1)}`), CONTEXT);
  assert.equal(event.user_id, 'u1');
  assert.equal(({} as Record<string, unknown>)['user_id'], undefined);
  assert.match(detail(JSON.parse('{"__proto__": {"user_id": "evil", "occurred_at": 1, "type": "interaction", "feature": "f", "action": "a"}, "type": "interaction", "occurred_at": 1, "feature": "f", "action": "a"}')), /^user_id is missing/);
});

const TIMES: readonly (readonly [string, number])[] = [
  ['2020-07-28T09:30:00.000Z', Date.UTC(2020, 6, 28, 9, 30)],
  ['2020-07-28T09:30:00Z', Date.UTC(2020, 6, 28, 9, 30)],
  ['2020-07-28T09:30Z', Date.UTC(2020, 6, 28, 9, 30)],
  ['2020-07-28', Date.UTC(2020, 6, 28)],
  ['2020-07-28T09:30:00', Date.UTC(2020, 6, 28, 9, 30)],
  ['2020-07-28T09:30:00.5+02:00', Date.UTC(2020, 6, 28, 7, 30, 0, 500)],
  ['2020-07-28T09:30:00.123456-0730', Date.UTC(2020, 6, 28, 17, 0, 0, 123)],
  ['2020-02-29T23:59:59.999+00:00', Date.UTC(2020, 1, 29, 23, 59, 59, 999)],
  ['0001-01-01T00:00:00Z', -62_135_596_800_000],
];
for (const [text, expected] of TIMES) {
  test(`${text} is that time, to the millisecond`, () => {
    assert.equal(validateEvent({ ...BASE, occurred_at: text }, CONTEXT).occurred_at, expected);
  });
}

test('users and features: defaults, missing and wrong fields', () => {
  const user = { user_id: 'u', team: 't', role: 'r', org: 'o', joined_at: '2020-01-01' };
  assert.deepEqual(validateUser({ ...user, extra: 1 }), { ...user, joined_at: Date.UTC(2020, 0, 1) });
  for (const field of Object.keys(user)) {
    assert.match(detail({ ...user, [field]: undefined }, validateUser), new RegExp(`^${field} is missing`));
    assert.match(detail({ ...user, [field]: {} }, validateUser), new RegExp(`^${field} must be`));
  }
  const feature = { feature: 'f', title: 'F', stage: 'data' };
  assert.deepEqual(validateFeature(feature), { ...feature, tool: '', core: false, expected_ms: null, task_timeout_ms: null, owner: null, ignore_repeats: false });
  const wrong = { feature: 1, title: null, stage: 'Data', tool: 1, core: 'yes', expected_ms: 0, task_timeout_ms: '1', owner: [], ignore_repeats: 1 };
  for (const [field, value] of Object.entries(wrong)) assert.match(detail({ ...feature, [field]: value }, validateFeature), new RegExp(`^${field} `));
});

test('made ids are UUIDv7 and sort by time', () => {
  const v4 = '0f1e2d3c-4b5a-4697-8879-6a5b4c3d2e1f';
  assert.equal(uuidV7(0x0190_a1b2_c3d4, v4), '0190a1b2-c3d4-7697-8879-6a5b4c3d2e1f');
  assert.ok(uuidV7(1, v4) < uuidV7(2, v4) && uuidV7(2, v4) < uuidV7(2 ** 40, v4));
});
