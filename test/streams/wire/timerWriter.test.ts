/** The bytes of a timer's signals are those that the codec would write of the start's signal, read and changed field by field. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createCodec, schemaText } from '../../../schemas/codec.ts';
import type { ActionSignal } from '../../../schemas/records.ts';
import { createHash, hash128 } from '../../../streams/state/hash128.ts';
import { abandon } from '../../../streams/steps/abandon.ts';
import { AvroWriter } from '../../../streams/wire/avroWriter.ts';
import { createTimerWriter, type TimerSignal } from '../../../streams/wire/timerWriter.ts';
import { memorySchemas } from '../../fakes/schemas.ts';
import { amid, idOf } from '../harness.ts';
import { EXACT, anyEvent, long } from './events.ts';

const source = memorySchemas();
const codec = await createCodec(source, ['ActionSignal', 'ErrorSignal', 'TimeSignal']);
const out = new AvroWriter();
const { write } = createTimerWriter(out, { action: codec.schemaId('ActionSignal'), error: codec.schemaId('ErrorSignal'), time: codec.schemaId('TimeSignal') });

const offset = fc.nat(EXACT);
const name = fc.string({ maxLength: 12 });
const start: fc.Arbitrary<ActionSignal> = fc
  .record({
    event: anyEvent, stage: fc.constantFrom('data' as const, 'deployment' as const), tool: name, user: fc.record({ team: name, role: name, org: name, joined_at: fc.option(long) }), origin_offset: offset,
    ordinal: fc.nat(100_000), watermark: offset, action: fc.string(), outcome: fc.constantFrom(null, 'started' as const),
  })
  .map(({ event: { event_id, user_id, session_id, occurred_at, received_at, source, feature, release, properties: given, task_id }, ...signal }) => {
    const properties = Object.fromEntries(Object.entries(given).filter(([property]) => property !== 'timer'));
    return { signal_id: 'x', event_id, user_id, session_id, occurred_at, received_at, source, feature, release, properties, task_id, ...signal };
  });
const signals: fc.Arbitrary<TimerSignal> = fc.oneof(
  fc.constant({ class: 'action', outcome: 'abandoned' } as const),
  fc.record({ class: fc.constant('time' as const), measure: fc.constant('completion' as const), duration_ms: offset, expected_ms: fc.option(offset), censored: fc.boolean() }),
);
const given = fc.record({ start, signal: signals, deadline: offset, origin_offset: offset, watermark: offset, ordinal: fc.nat(100_000) });

type Given = typeof given extends fc.Arbitrary<infer T> ? T : never;

function expected({ start: head, signal, deadline, origin_offset, watermark, ordinal }: Given): Buffer {
  const shared = { ...head, signal_id: idOf(head.user_id, head.event_id, signal), occurred_at: deadline, origin_offset, ordinal, watermark, properties: { ...head.properties, timer: 'true' } };
  return signal.class === 'action'
    ? codec.encode('ActionSignal', { ...shared, outcome: signal.outcome })
    : codec.encode('TimeSignal', { ...shared, measure: signal.measure, duration_ms: signal.duration_ms, expected_ms: signal.expected_ms, censored: signal.censored });
}

test('byte for byte as the codec writes them, and the key is the user', () => {
  fc.assert(fc.property(given, (one) => {
    const identity = createHash();
    hash128(one.start.user_id, one.start.event_id, identity);
    const { key, value } = write({ ...one, start: amid(codec.encode('ActionSignal', one.start)), identity }, one.signal, one.ordinal);
    assert.equal(value.bytes.toString('hex', value.from, value.to), expected(one).toString('hex'));
    assert.equal(key.bytes.toString('utf8', key.from, key.to), one.start.user_id);
    out.reset();
  }), { numRuns: 3_000 });
});

test('a start that is cut short is not made up for', () => {
  const whole = codec.encode('ActionSignal', fc.sample(start, { seed: 1, numRuns: 1 })[0] as ActionSignal);
  const identity = createHash();
  for (let to = 6; to < whole.length - 1; to++) {
    assert.throws(() => write({ start: { bytes: whole.subarray(0, to), from: 0, to }, identity, deadline: 1, origin_offset: 1, watermark: 1 }, { class: 'action', outcome: 'abandoned' }, 0), /changelog of the processor is damaged/);
  }
});

test('a start of another version of the schema is made one of ours', async () => {
  const newer = JSON.parse(schemaText('ActionSignal')) as { fields: object[] };
  newer.fields.push({ name: 'more', type: 'string', default: '' });
  const signal = fc.sample(start, { seed: 2, numRuns: 1 })[0] as ActionSignal;
  const bytes = Buffer.concat([codec.encode('ActionSignal', signal), Buffer.from([0])]);
  bytes.writeInt32BE(await source.register('ActionSignal', JSON.stringify(newer)), 1);
  await codec.load(bytes);
  const task = { status: 'open', key: 't', deadline: 5, user: signal.user_id, eventId: signal.event_id, startedAt: 2, start: amid(bytes), expectedMs: null } as const;
  const { start: ours, signals: both } = abandon(codec, task);
  assert.deepEqual(ours.bytes.subarray(ours.from, ours.to), codec.encode('ActionSignal', signal));
  assert.deepEqual(both, [{ class: 'action', outcome: 'abandoned' }, { class: 'time', measure: 'completion', duration_ms: 3, expected_ms: null, censored: true }]);
});
