import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { normaliseMessage } from '../../../schemas/fingerprint.ts';
import { hashOf } from '../../../schemas/ids.ts';
import type { EventError, PlatformEvent } from '../../../schemas/records.ts';
import { classify } from '../../../streams/steps/classify.ts';
import { fingerprint } from '../../../streams/steps/fingerprint.ts';
import type { Pairing } from '../../../streams/steps/pair.ts';
import type { Signal } from '../../../streams/steps/signal.ts';
import { validate } from '../../../streams/steps/validate.ts';
import { knownFeature, knownUser } from '../../../streams/wire/metadataBytes.ts';
import { T0, event, feature, finished, started, viewOf } from '../harness.ts';

const ERROR = { code: 'OOM', message: 'out of memory at 17 MB', cause: 'platform' } as const;

function signalsOf(given: PlatformEvent, pairing: Pairing = { kind: 'none' }): readonly Signal[] {
  const valid = validate(viewOf(given));
  if (valid.kind !== 'ok') throw new Error(valid.detail);
  return classify({ event: valid.value, feature: knownFeature('notebook', feature('notebook')), user: knownUser({ team: 'vision', role: 'engineer', org: 'lab', joined_at: null }), pairing });
}

/** class, outcome or measure, duration, censored */
const shape = (signal: Signal): string => {
  switch (signal.class) {
    case 'action': return `action ${String(signal.outcome)}`;
    case 'error': return 'error';
    case 'time': return `time ${signal.measure} ${signal.duration_ms}${signal.censored ? ' censored' : ''}`;
  }
};

const finish = (startedAt: number | null, late = false): Pairing => ({ kind: 'finished', startedAt, late });
const TABLE: readonly (readonly [what: string, event: PlatformEvent, pairing: Pairing, signals: readonly string[]])[] = [
  ['interaction', event(), { kind: 'none' }, ['action null']],
  ['interaction that waited', event({ waiting_ms: 3 }), { kind: 'none' }, ['action null', 'time waiting 3']],
  ['interaction that waited 0 ms', event({ waiting_ms: 0 }), { kind: 'none' }, ['action null', 'time waiting 0']],
  ['error', event({ type: 'error', error: ERROR }), { kind: 'none' }, ['error']],
  ['timing', event({ type: 'timing', duration_ms: 9 }), { kind: 'none' }, ['time dwell 9']],
  ['timing that waited', event({ type: 'timing', duration_ms: 9, waiting_ms: 4 }), { kind: 'none' }, ['time dwell 5', 'time waiting 4']],
  ['start', started('t', T0), { kind: 'started', key: 't', deadline: T0 + 1 }, ['action started']],
  ['start with an action', started('t', T0, { action: 'train' }), { kind: 'startedAgain' }, ['action started']],
  ['finish, nothing known', finished('t', T0), finish(null), ['action completed']],
  ['finish with a duration', finished('t', T0, { duration_ms: 50 }), finish(null), ['action completed', 'time completion 50']],
  ['finish of a known start', finished('t', T0), finish(T0 - 70), ['action completed', 'time completion 70']],
  ['its duration goes before the start', finished('t', T0, { duration_ms: 50 }), finish(T0 - 70), ['action completed', 'time completion 50']],
  ['waiting is not the user\'s', finished('t', T0, { waiting_ms: 30 }), finish(T0 - 70), ['action completed', 'time completion 40', 'time waiting 30']],
  ['never below 0', finished('t', T0, { waiting_ms: 90 }), finish(T0 - 70), ['action completed', 'time completion 0', 'time waiting 90']],
  ['a start after its finish', finished('t', T0), finish(T0 + 70), ['action completed', 'time completion 0']],
  ['failed counts', finished('t', T0, { outcome: 'failed', error: ERROR }), finish(T0 - 70), ['action failed', 'error', 'time completion 70']],
  ['an error comes with any outcome', finished('t', T0, { error: ERROR }), finish(null), ['action completed', 'error']],
  ['abandoned, said', finished('t', T0, { outcome: 'abandoned' }), finish(T0 - 70), ['action abandoned', 'time completion 70 censored']],
  ['abandoned, said, of an unknown start', finished('t', T0, { outcome: 'abandoned' }), finish(null), ['action abandoned']],
];
for (const [what, given, pairing, signals] of TABLE) {
  test(what, () => { assert.deepEqual(signalsOf(given, pairing).map(shape), signals); });
}

test('only a completion is expected to take a time', () => {
  const expected = (signals: readonly Signal[]): (number | null)[] => signals.flatMap((signal) => (signal.class === 'time' ? [signal.expected_ms] : []));
  assert.deepEqual(expected(signalsOf(finished('t', T0, { waiting_ms: 3 }), finish(T0 - 9))), [60_000, null]);
  assert.deepEqual(expected(signalsOf(event({ type: 'timing', duration_ms: 9 }))), [null]);
});

const fingerprintOf = (error: EventError): string => fingerprint(viewOf(event({ type: 'error', error })));

test('an error has the fingerprint of its event', () => {
  assert.deepEqual(signalsOf(event({ type: 'error', error: ERROR })), [{ class: 'error', fingerprint: fingerprintOf(ERROR) }]);
});

test('a fingerprint tells code, cause and words apart, and nothing else', () => {
  assert.equal(fingerprintOf(ERROR), fingerprintOf({ ...ERROR, message: 'out of memory at 4096 MB' }));
  for (const other of [{ ...ERROR, code: 'X' }, { ...ERROR, cause: 'user' as const }, { ...ERROR, message: 'out of disk at 17 MB' }]) assert.notEqual(fingerprintOf(ERROR), fingerprintOf(other));
});

test('a fingerprint is the same whether it is known already or not', () => {
  const word = fc.constantFrom('0x1f', '1x2', '2024-01-02', '10:20', 'int32', "'a1'", '1,024.5', 'a1b2c3d4', '123456789012345678', '/x/1', 'e7', '0', '9', 'of');
  const message = fc.oneof(fc.array(word, { maxLength: 6 }).map((words) => words.join(' ')), fc.string({ maxLength: 30 }), fc.string({ minLength: 600, maxLength: 700 }));
  // A digit of a code is a part of it, and some lengths look like digits.
  const code = fc.constantFrom('OOM', 'E1', 'E2', 'x'.repeat(25), 'x'.repeat(26), 'x'.repeat(27));
  fc.assert(fc.property(code, message, fc.nat(9), (name, text, digit) => {
    // Another digit in its place: the same error, unless a zero is part of it.
    const other = text.replace(/[1-9]/g, (one) => String(((Number(one) + digit) % 9) + 1));
    for (const one of [text, other, text]) assert.equal(fingerprintOf({ ...ERROR, code: name, message: one }), hashOf(name, 'platform', normaliseMessage(one)));
  }), { numRuns: 2_000 });
});
