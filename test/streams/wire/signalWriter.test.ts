/** The bytes of signals are those that the codec would write of the same records. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createCodec } from '../../../schemas/codec.ts';
import type { Feature, PlatformEvent, SignalUser } from '../../../schemas/records.ts';
import { createHash, hash128 } from '../../../streams/state/hash128.ts';
import type { Place, Signal } from '../../../streams/steps/signal.ts';
import { knownFeature, knownUser } from '../../../streams/wire/metadataBytes.ts';
import { AvroWriter } from '../../../streams/wire/avroWriter.ts';
import { createSignalWriter } from '../../../streams/wire/signalWriter.ts';
import { memorySchemas } from '../../fakes/schemas.ts';
import { T0, event, feature, finished, idOf, viewOf, type SignalRecord } from '../harness.ts';
import { EXACT, anyEvent, long } from './events.ts';

const codec = await createCodec(memorySchemas(), ['ActionSignal', 'ErrorSignal', 'TimeSignal']);
const out = new AvroWriter();
const SCHEMAS = { action: codec.schemaId('ActionSignal'), error: codec.schemaId('ErrorSignal'), time: codec.schemaId('TimeSignal') };
const { write } = createSignalWriter(out, SCHEMAS);
const USER: SignalUser = { team: 'vision', role: 'engineer', org: 'lab', joined_at: null };

interface Given {
  readonly event: PlatformEvent;
  readonly signal: Signal;
  readonly feature: Feature;
  readonly user: SignalUser;
  readonly late: boolean;
  readonly place: Place;
}

function written({ event: given, signal, feature: of, user, late, place }: Given): Buffer {
  const identity = createHash();
  hash128(given.user_id, given.event_id, identity);
  const { bytes, from, to } = write({ event: viewOf(given), identity, feature: knownFeature(given.feature, of), user: knownUser(user), late, origin_offset: place.origin_offset, watermark: place.watermark }, signal, place.ordinal);
  return bytes.subarray(from, to);
}

/** Said once more, field by field. */
function expected({ event: given, signal, feature: { stage, tool }, user, late, place: { origin_offset, ordinal, watermark } }: Given): Buffer {
  const { event_id, user_id, session_id, occurred_at, received_at, source, feature: name, release } = given;
  const honest = Object.fromEntries(Object.entries(given.properties).filter(([property]) => property !== 'timer' && property !== 'late'));
  const head = {
    signal_id: idOf(user_id, event_id, signal), event_id, user_id, session_id, occurred_at, received_at, source, stage, feature: name, tool, user, release, origin_offset, ordinal, watermark,
    properties: late ? { ...honest, late: 'true' } : honest,
  };
  const { action, task_id, error } = given;
  const whole = ((): SignalRecord => {
    switch (signal.class) {
      case 'action': return { class: 'action', record: { ...head, action: action === null || action === '' ? 'task' : action, task_id, outcome: signal.outcome } };
      case 'error': return { class: 'error', record: { ...head, code: error?.code ?? '', message: error?.message ?? '', cause: error?.cause ?? 'unknown', fingerprint: signal.fingerprint } };
      case 'time': return { class: 'time', record: { ...head, measure: signal.measure, duration_ms: signal.duration_ms, expected_ms: signal.expected_ms, censored: signal.censored } };
    }
  })();
  switch (whole.class) {
    case 'action': return codec.encode('ActionSignal', whole.record);
    case 'error': return codec.encode('ErrorSignal', whole.record);
    case 'time': return codec.encode('TimeSignal', whole.record);
  }
}

const name = fc.oneof(fc.string({ maxLength: 12 }), fc.string({ unit: 'grapheme', maxLength: 6 }), fc.constantFrom('', 'x'.repeat(63), 'x'.repeat(64), 'é'.repeat(63), 'x'.repeat(70_000)));
const offset = fc.oneof(fc.nat(), fc.nat(EXACT));
const signals: fc.Arbitrary<Signal> = fc.oneof(
  fc.record({ class: fc.constant('action' as const), outcome: fc.constantFrom(null, 'started' as const, 'completed' as const, 'failed' as const, 'abandoned' as const) }),
  fc.record({ class: fc.constant('error' as const), fingerprint: fc.string({ maxLength: 40 }) }),
  fc.record({ class: fc.constant('time' as const), measure: fc.constantFrom('dwell' as const, 'completion' as const, 'waiting' as const), duration_ms: offset, expected_ms: fc.option(offset), censored: fc.boolean() }),
);
const given: fc.Arbitrary<Given> = fc.record({
  event: anyEvent, signal: signals, late: fc.boolean(),
  feature: fc.record({ stage: fc.constantFrom('data' as const, 'features' as const, 'training' as const, 'deployment' as const), tool: name }).map(({ stage, tool }) => feature('notebook', { stage, tool })),
  user: fc.record({ team: name, role: name, org: name, joined_at: fc.option(long) }),
  place: fc.record({ origin_offset: offset, ordinal: fc.nat(100_000), watermark: offset }),
}).map((one) => (one.signal.class === 'error' && one.event.error === null ? { ...one, event: { ...one.event, error: { code: 'E', message: '', cause: 'user' as const } } } : one));

test('byte for byte as the codec writes them', () => {
  fc.assert(fc.property(given, (one) => {
    assert.equal(written(one).toString('hex'), expected(one).toString('hex'));
  }), { numRuns: 3_000 });
});

test('what has been written stays as it is while more is written', () => {
  const one = { event: event(), signal: { class: 'action', outcome: null }, feature: feature('notebook'), user: USER, late: false, place: { origin_offset: 7, ordinal: 0, watermark: T0 } } as const;
  const all = Array.from({ length: 1_000 }, (_, ordinal) => written({ ...one, place: { ...one.place, ordinal } }));
  for (const [ordinal, bytes] of all.entries()) assert.equal(codec.decode('ActionSignal', bytes).ordinal, ordinal);
});

test('after a reset the same memory is written again, large records included', () => {
  const large = { ...event(), properties: { notes: 'x'.repeat(600_000) } };
  for (let round = 0; round < 3; round++) {
    out.reset();
    const all = Array.from({ length: 3_000 }, (_, ordinal) => written({ event: ordinal % 1_000 === 999 ? large : event(), signal: { class: 'action', outcome: null }, feature: feature('notebook'), user: USER, late: false, place: { origin_offset: round, ordinal, watermark: T0 } }));
    for (const [ordinal, bytes] of all.entries()) assert.deepEqual([codec.decode('ActionSignal', bytes).ordinal, codec.decode('ActionSignal', bytes).origin_offset], [ordinal, round]);
  }
});

test('timer and late are not a client\'s to say; late is said on every signal of a late finish', () => {
  const properties = { timer: 'true', late: 'true', a: 'b' };
  const signal = { class: 'action', outcome: 'completed' } as const;
  const propertiesOf = (late: boolean): Record<string, string> =>
    ({ ...codec.decode('ActionSignal', written({ event: finished('t', T0, { properties }), signal, feature: feature('notebook'), user: USER, late, place: { origin_offset: 1, ordinal: 0, watermark: T0 } })).properties });
  assert.deepEqual(propertiesOf(false), { a: 'b' });
  assert.deepEqual(propertiesOf(true), { a: 'b', late: 'true' });
});

test('ids of one event differ in class, outcome and measure, and stay as they are for ever', () => {
  const time = { class: 'time', duration_ms: 1, expected_ms: null, censored: false } as const;
  const all: readonly Signal[] = [
    { class: 'action', outcome: null }, { class: 'action', outcome: 'started' }, { class: 'action', outcome: 'completed' }, { class: 'action', outcome: 'failed' }, { class: 'action', outcome: 'abandoned' },
    { class: 'error', fingerprint: '' }, { ...time, measure: 'dwell' }, { ...time, measure: 'completion' }, { ...time, measure: 'waiting' },
  ];
  assert.equal(new Set(all.map((signal) => idOf('ada', 'e', signal))).size, all.length);
  assert.equal(idOf('ada', 'e', { class: 'action', outcome: null }), KNOWN_ID);
});

/** What it was when this was written: a change would make rows of old events come twice. */
const KNOWN_ID = 'aaded80766667d650fc735ada82d2998';
