import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashOf } from '../../../schemas/ids.ts';
import type { PlatformEvent } from '../../../schemas/records.ts';
import { classify, type Signal } from '../../../streams/steps/classify.ts';
import { fingerprint } from '../../../streams/steps/fingerprint.ts';
import type { Pairing } from '../../../streams/steps/pair.ts';
import { validate } from '../../../streams/steps/validate.ts';
import { T0, event, feature, finished, started } from '../harness.ts';

const USER = { team: 'vision', role: 'engineer', org: 'lab', joined_at: null };
const ERROR = { code: 'OOM', message: 'out of memory at 17 MB', cause: 'platform' } as const;

function signalsOf(given: PlatformEvent, pairing: Pairing = { kind: 'none' }): Signal[] {
  const valid = validate(given);
  if (valid.kind !== 'ok') throw new Error(valid.detail);
  return classify({ event: valid.value, feature: feature('notebook'), user: USER, pairing }, { origin_offset: 7, ordinal: 2, watermark: T0 + 1 });
}

/** class, outcome or measure, duration, censored */
const shape = (signal: Signal): string => {
  switch (signal.class) {
    case 'action': return `action ${signal.record.action} ${String(signal.record.outcome)}`;
    case 'error': return `error ${signal.record.code}`;
    case 'time': return `time ${signal.record.measure} ${signal.record.duration_ms}${signal.record.censored ? ' censored' : ''}`;
  }
};

const finish = (startedAt: number | null, late = false): Pairing => ({ kind: 'finished', startedAt, late });
const TABLE: readonly (readonly [what: string, event: PlatformEvent, pairing: Pairing, signals: readonly string[]])[] = [
  ['interaction', event(), { kind: 'none' }, ['action open null']],
  ['interaction that waited', event({ waiting_ms: 3 }), { kind: 'none' }, ['action open null', 'time waiting 3']],
  ['interaction that waited 0 ms', event({ waiting_ms: 0 }), { kind: 'none' }, ['action open null', 'time waiting 0']],
  ['error', event({ type: 'error', error: ERROR }), { kind: 'none' }, ['error OOM']],
  ['timing', event({ type: 'timing', duration_ms: 9 }), { kind: 'none' }, ['time dwell 9']],
  ['timing that waited', event({ type: 'timing', duration_ms: 9, waiting_ms: 4 }), { kind: 'none' }, ['time dwell 5', 'time waiting 4']],
  ['start', started('t', T0), { kind: 'started', deadline: T0 + 1 }, ['action task started']],
  ['start with an action', started('t', T0, { action: 'train' }), { kind: 'startedAgain' }, ['action train started']],
  ['finish, nothing known', finished('t', T0), finish(null), ['action task completed']],
  ['finish with a duration', finished('t', T0, { duration_ms: 50 }), finish(null), ['action task completed', 'time completion 50']],
  ['finish of a known start', finished('t', T0), finish(T0 - 70), ['action task completed', 'time completion 70']],
  ['its duration goes before the start', finished('t', T0, { duration_ms: 50 }), finish(T0 - 70), ['action task completed', 'time completion 50']],
  ['waiting is not the user\'s', finished('t', T0, { waiting_ms: 30 }), finish(T0 - 70), ['action task completed', 'time completion 40', 'time waiting 30']],
  ['never below 0', finished('t', T0, { waiting_ms: 90 }), finish(T0 - 70), ['action task completed', 'time completion 0', 'time waiting 90']],
  ['a start after its finish', finished('t', T0), finish(T0 + 70), ['action task completed', 'time completion 0']],
  ['failed counts', finished('t', T0, { outcome: 'failed', error: ERROR }), finish(T0 - 70), ['action task failed', 'error OOM', 'time completion 70']],
  ['an error comes with any outcome', finished('t', T0, { error: ERROR }), finish(null), ['action task completed', 'error OOM']],
  ['abandoned, said', finished('t', T0, { outcome: 'abandoned' }), finish(T0 - 70), ['action task abandoned', 'time completion 70 censored']],
  ['abandoned, said, of an unknown start', finished('t', T0, { outcome: 'abandoned' }), finish(null), ['action task abandoned']],
];
for (const [what, given, pairing, signals] of TABLE) {
  test(what, () => { assert.deepEqual(signalsOf(given, pairing).map(shape), signals); });
}

test('every signal has its place, its class in its id, and what the event and the catalog say', () => {
  const given = finished('t', T0, { error: ERROR, waiting_ms: 1, session_id: 's', release: 'r', properties: { a: 'b' } });
  const signals = signalsOf(given, finish(T0 - 70));
  assert.deepEqual(signals.map(({ record }) => record.ordinal), [2, 3, 4, 5]);
  assert.deepEqual(signals.map(({ record }) => record.signal_id), [
    hashOf('ada', given.event_id, 'action', 'completed'), hashOf('ada', given.event_id, 'error', null), hashOf('ada', given.event_id, 'time', 'completion'), hashOf('ada', given.event_id, 'time', 'waiting'),
  ]);
  for (const { record } of signals) {
    const { event_id, user_id, session_id, occurred_at, received_at, source, stage, tool, user, release, origin_offset, watermark, properties } = record;
    assert.deepEqual(
      { event_id, user_id, session_id, occurred_at, received_at, source, stage, tool, user, release, origin_offset, watermark, properties, feature: record.feature },
      { event_id: given.event_id, user_id: 'ada', session_id: 's', occurred_at: T0, received_at: T0 + 5, source: 'test', stage: 'training', tool: 'jupyter', user: USER, release: 'r', origin_offset: 7, watermark: T0 + 1, properties: { a: 'b' }, feature: 'notebook' },
    );
  }
});

test('a plain action\'s id has no outcome in it', () => {
  const given = event();
  assert.equal(signalsOf(given)[0]?.record.signal_id, hashOf('ada', given.event_id, 'action', null));
});

test('only a completion is expected to take a time', () => {
  const expected = (signals: Signal[]): (number | null)[] => signals.flatMap((signal) => (signal.class === 'time' ? [signal.record.expected_ms] : []));
  assert.deepEqual(expected(signalsOf(finished('t', T0, { waiting_ms: 3 }), finish(T0 - 9))), [60_000, null]);
  assert.deepEqual(expected(signalsOf(event({ type: 'timing', duration_ms: 9 }))), [null]);
});

test('late is said on all signals of a late finish', () => {
  const signals = signalsOf(finished('t', T0, { error: ERROR, waiting_ms: 1, properties: { a: 'b' } }), finish(T0 - 70, true));
  assert.equal(signals.length, 4);
  for (const { record } of signals) assert.deepEqual(record.properties, { a: 'b', late: 'true' });
});

test('timer and late are not a client\'s to say', () => {
  assert.deepEqual(signalsOf(event({ properties: { timer: 'true', late: 'true', a: 'b' } }))[0]?.record.properties, { a: 'b' });
});

test('a fingerprint tells code, cause and words apart, and nothing else', () => {
  assert.equal(fingerprint(ERROR), fingerprint({ ...ERROR, message: 'out of memory at 4096 MB' }));
  for (const other of [{ ...ERROR, code: 'X' }, { ...ERROR, cause: 'user' as const }, { ...ERROR, message: 'out of disk at 17 MB' }]) assert.notEqual(fingerprint(ERROR), fingerprint(other));
});
