import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { validateEvent } from '../../../producers/collector/validate.ts';
import { errorOf, lineOf, propertiesOf, withSentAt } from '../../../producers/sdk/core/event.ts';
import type { Cause, EventType, Outcome, TrackedEvent } from '../../../producers/sdk/core/types.ts';
import type { PlatformEvent } from '../../../schemas/records.ts';

const NOW = 1_790_000_000_000;
const click: TrackedEvent = {
  event_id: 'e1', user_id: 'ada', session_id: undefined, occurred_at: NOW, source: undefined, type: 'interaction', feature: 'notebooks', action: 'open',
  task_id: undefined, outcome: undefined, duration_ms: undefined, waiting_ms: undefined, release: undefined, error: undefined, properties: undefined,
};
const event = (over: Partial<TrackedEvent> = {}): TrackedEvent => ({ ...click, ...over });

function taken(over: Partial<TrackedEvent>): PlatformEvent {
  const line = lineOf(event(over));
  assert.ok('text' in line, JSON.stringify(line));
  return validateEvent(JSON.parse(withSentAt(line.text, NOW + 7)), { receivedAt: NOW + 9, source: 'key', newId: () => assert.fail('the id is ours') });
}

test('the collector reads what was said, with the moment of the attempt', () => {
  assert.deepEqual(taken({ session_id: 's', waiting_ms: 3.6, release: '1.2', properties: { a: 'b' } }), {
    event_id: 'e1', user_id: 'ada', session_id: 's', occurred_at: NOW, sent_at: NOW + 7, received_at: NOW + 9, source: 'key', type: 'interaction', feature: 'notebooks', action: 'open',
    task_id: null, outcome: null, duration_ms: null, waiting_ms: 4, release: '1.2', error: null, properties: { a: 'b' },
  });
});

test('what has no user, no feature or no duration is refused here, not sent', () => {
  for (const over of [{ user_id: '' }, { feature: '' }, { event_id: '' }, { action: '' }, { occurred_at: NaN }, { type: 'timing', duration_ms: NaN }, { type: 'error' }, { type: 'task_started' }, { type: 'task_finished', task_id: 't' }] as const) assert.deepEqual(lineOf(event(over)), { refused: 'invalid' });
  assert.deepEqual(lineOf(event({ properties: { text: 'x'.repeat(250_000) } })), { refused: 'too_large' });
});

test('an error is anything that can be thrown', () => {
  class QuotaError extends Error {
    override readonly name = 'QuotaError';
    override readonly cause = 'quota';
  }
  const node: unknown = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
  assert.deepEqual([new QuotaError('no GPUs'), node, 'plain', null, { code: 42, message: 7, cause: new Error('deeper') }].map((one) => errorOf(one)), [
    { code: 'QuotaError', message: 'no GPUs', cause: 'quota' },
    { code: 'ECONNREFUSED', message: 'connect', cause: 'unknown' },
    { code: 'Error', message: 'plain', cause: 'unknown' },
    { code: 'Error', message: 'null', cause: 'unknown' },
    { code: '42', message: '', cause: 'unknown' },
  ]);
  assert.equal(errorOf(new Error('x'.repeat(10_000))).message.length, 4_000);
});

test('properties: strings, numbers and booleans; nothing else, and not too many', () => {
  assert.deepEqual(propertiesOf(JSON.parse('{"a": 1, "b": true, "c": "x", "d": null, "e": {}, "__proto__": "y"}')), { a: '1', b: 'true', c: 'x' });
  assert.equal(Object.keys(propertiesOf(Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`p${index}`, index]))) ?? {}).length, 256);
});

test('property: whatever a caller or a hook puts in, the line is refused here or taken by the collector', () => {
  const wild = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ maxLength: 600 }), fc.double(), fc.integer(), fc.constantFrom(null, undefined, true, {}, [], 'ada', '\u0000', '\ud800', 'x'.repeat(400)));
  const types: readonly EventType[] = ['interaction', 'error', 'timing', 'task_started', 'task_finished'];
  const outcomes: readonly Outcome[] = ['completed', 'failed', 'abandoned'];
  const causes: readonly Cause[] = ['user', 'platform', 'quota', 'dependency', 'unknown'];
  let reached = 0;
  fc.assert(fc.property(fc.record({
    event_id: wild, user_id: fc.oneof(fc.constant('ada'), wild), session_id: wild, feature: fc.oneof(fc.constant('f'), wild), action: wild, task_id: wild, source: wild, release: wild,
    occurred_at: fc.oneof(fc.constant(NOW), wild), duration_ms: fc.oneof(fc.double(), wild), waiting_ms: fc.double(), type: fc.constantFrom(...types), outcome: fc.oneof(fc.constantFrom(...outcomes), wild),
    error: fc.oneof(fc.constant(undefined), fc.record({ code: wild, message: wild, cause: fc.constantFrom(...causes) })),
    properties: fc.oneof(fc.constant(undefined), fc.dictionary(fc.string({ unit: 'binary', maxLength: 300 }), wild, { maxKeys: 8 })),
  }), (over) => {
    const line = lineOf(event(over as Partial<TrackedEvent>));
    if ('refused' in line) return;
    reached++;
    validateEvent(JSON.parse(withSentAt(line.text, NOW)), { receivedAt: NOW, source: 'key', newId: () => 'x' });
  }), { numRuns: 2_000 });
  assert.ok(reached > 200, `${reached} lines were checked`);
});

test('types, outcomes and causes are those of the schema', () => {
  const fields = (JSON.parse(readFileSync(new URL('../../../schemas/PlatformEvent.avsc', import.meta.url), 'utf8')) as { fields: unknown }).fields;
  const found = [...JSON.stringify(fields).matchAll(/"symbols":(\[[^\]]*\])/g)].map(([, symbols = '']) => JSON.parse(symbols) as string[]);
  const types = { interaction: 1, error: 1, timing: 1, task_started: 1, task_finished: 1 } satisfies Record<EventType, 1>;
  const outcomes = { completed: 1, failed: 1, abandoned: 1 } satisfies Record<Outcome, 1>;
  const causes = { user: 1, platform: 1, quota: 1, dependency: 1, unknown: 1 } satisfies Record<Cause, 1>;
  assert.deepEqual(found, [[...Object.keys(types), 'clock'], Object.keys(outcomes), Object.keys(causes)]);
});
