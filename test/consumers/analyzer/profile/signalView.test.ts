/** Signals read where they lie against the codec: every shape of record, and bytes that are altered, cut or lengthened. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Slice } from '../../../../infra/ports.ts';
import { signalFrom } from '../../../../consumers/analyzer/profile/signal.ts';
import type { Signal, SignalRecord } from '../../../../consumers/analyzer/profile/signal.ts';
import { signalReader, UnloadedError } from '../../../../consumers/analyzer/profile/signals.ts';
import { SignalView } from '../../../../consumers/analyzer/profile/signalView.ts';
import { newUser } from '../../../../consumers/analyzer/profile/state.ts';
import { UserTable } from '../../../../consumers/analyzer/profile/userTable.ts';
import { createCodec } from '../../../../schemas/codec.ts';
import { memorySchemas } from '../../../fakes/schemas.ts';
import { EXACT } from '../../../streams/wire/events.ts';
import { codec } from './world.ts';

const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 12 }), fc.string({ minLength: 60, maxLength: 90 }), fc.constantFrom('', 'timer', 'late'));
const long = fc.oneof(fc.constantFrom(0, -1, 63, 64, 8_191, 8_192, 1_767_000_000_000, Number.MAX_SAFE_INTEGER - 1), fc.maxSafeInteger().filter((n) => Math.abs(n) < Number.MAX_SAFE_INTEGER));
const int = fc.integer({ min: 0, max: 2_147_483_647 });
const optional = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(of);

const head = {
  signal_id: text,
  event_id: text,
  user_id: text,
  session_id: optional(text),
  occurred_at: long,
  received_at: long,
  source: text,
  stage: fc.constantFrom('data' as const, 'features' as const, 'training' as const, 'deployment' as const),
  feature: text,
  tool: text,
  user: fc.record({ team: text, role: text, org: text, joined_at: optional(long) }),
  release: optional(text),
  origin_offset: long,
  ordinal: int,
  watermark: long,
  properties: fc.dictionary(text, fc.oneof(text, fc.constant('true')), { maxKeys: 4 }),
};
const records: fc.Arbitrary<SignalRecord> = fc.oneof(
  fc.record({ ...head, action: text, task_id: optional(text), outcome: fc.constantFrom(null, 'started' as const, 'completed' as const, 'failed' as const, 'abandoned' as const) }).map((record) => ({ class: 'action' as const, record })),
  fc.record({ ...head, code: text, message: text, cause: fc.constantFrom('user' as const, 'platform' as const, 'quota' as const, 'dependency' as const, 'unknown' as const), fingerprint: text }).map((record) => ({ class: 'error' as const, record })),
  fc.record({ ...head, measure: fc.constantFrom('dwell' as const, 'completion' as const, 'waiting' as const), duration_ms: long, expected_ms: optional(long), censored: fc.boolean() }).map((record) => ({ class: 'time' as const, record })),
);

function encode({ class: signalClass, record }: SignalRecord): Buffer {
  return signalClass === 'action' ? codec.encode('ActionSignal', record) : signalClass === 'error' ? codec.encode('ErrorSignal', record) : codec.encode('TimeSignal', record);
}

function decode(signalClass: SignalRecord['class'], bytes: Buffer): SignalRecord {
  if (signalClass === 'action') return { class: signalClass, record: codec.decode('ActionSignal', bytes) };
  if (signalClass === 'error') return { class: signalClass, record: codec.decode('ErrorSignal', bytes) };
  return { class: signalClass, record: codec.decode('TimeSignal', bytes) };
}

/** As it lies in a fetched batch: between other bytes, which must not be read. */
const amid = (bytes: Buffer): Slice => ({ bytes: Buffer.concat([Buffer.alloc(7, 0x55), bytes, Buffer.alloc(40, 0x02)]), from: 7, to: 7 + bytes.length });

const FIELDS = Object.keys(signalFrom(decode('action', codec.encode('ActionSignal', { ...fc.sample(fc.record(head), { numRuns: 1, seed: 1 })[0], action: '', task_id: null, outcome: null } as never)))).filter((name) => name !== 'userIn') as Exclude<keyof Signal, 'userIn'>[];
/** As in production one for all signals of a class: what one left must not show in the next. */
const VIEWS = { action: new SignalView('action'), error: new SignalView('error'), time: new SignalView('time') };
const viewSignal = (signalClass: SignalRecord['class'], value: Slice): SignalView | null => (VIEWS[signalClass].fill(value) ? VIEWS[signalClass] : null);
const fieldsOf = (signal: Signal): Record<string, unknown> => Object.fromEntries(FIELDS.map((name) => [name, signal[name]]));

test('every field is what the codec reads, at once and once its text is known', () => {
  fc.assert(
    fc.property(records, (given) => {
      const bytes = encode(given);
      const whole = decode(given.class, bytes);
      for (let time = 0; time < 2; time++) {
        const view = viewSignal(given.class, amid(bytes));
        assert.ok(view !== null, 'nothing that our encoder wrote is left to the codec');
        assert.deepEqual(fieldsOf(view.signal), fieldsOf(signalFrom(whole)));
        const users = new UserTable();
        assert.equal(view.userIn(users), undefined);
        for (const id of [whole.record.user_id, `${whole.record.user_id}x`]) users.add(newUser(id, '', ''));
        assert.equal(view.userIn(users)?.id, whole.record.user_id);
        assert.deepEqual([view.originOffset, view.ordinal, view.watermark], [whole.record.origin_offset, whole.record.ordinal, whole.record.watermark]);
      }
    }),
    { numRuns: 500 },
  );
});

test('what is altered, cut or lengthened is left to the codec, or read as the codec reads it', () => {
  fc.assert(
    fc.property(records, fc.nat(), fc.nat(255), fc.integer({ min: -30, max: 3 }), (given, place, byte, longer) => {
      const bytes = Buffer.concat([encode(given), Buffer.alloc(3)]).subarray(0, encode(given).length + longer);
      if (bytes.length > 5) bytes[5 + (place % (bytes.length - 5))] = byte;
      const view = viewSignal(given.class, amid(bytes));
      if (view === null) return;
      const read = fieldsOf(view.signal);
      // A negative number altered to below it is read exactly here, and by the codec as a positive one.
      if (Object.values(read).some((value) => typeof value === 'number' && value < -EXACT)) return;
      assert.deepEqual(read, fieldsOf(signalFrom(decode(given.class, bytes))));
    }),
    { numRuns: 2_000 },
  );
});

test("a record of another schema goes to the codec, which resolves it once it is loaded", async () => {
  const [given] = fc.sample(records.filter((one) => one.class === 'action'), { numRuns: 1, seed: 3 });
  assert.ok(given?.class === 'action');
  const schemas = memorySchemas();
  // Takes the ids, so that ours are other ones there.
  await schemas.register('ActionSignal', '"string"');
  const other = await createCodec(schemas, ['ActionSignal', 'ErrorSignal', 'TimeSignal']);
  const written = await createCodec(schemas, ['User', 'ActionSignal']);
  const bytes = Buffer.from(written.encode('ActionSignal', given.record));
  bytes.writeInt32BE(other.schemaId('ActionSignal') + 100, 1);
  const read = signalReader(other, '');
  const record = { topic: 'signals.action', partition: 0, offset: 0, timestamp: 0, key: null, value: bytes, headers: {} };
  assert.throws(() => read(record), UnloadedError);
  bytes.writeInt32BE(written.schemaId('User'), 1);
  await other.load(bytes);
  assert.throws(() => read(record), /cannot be read as ActionSignal/, 'whatever its id says is what it is read as');
  bytes.writeInt32BE(other.schemaId('ActionSignal'), 1);
  assert.deepEqual(fieldsOf(read(record).signal as Signal), fieldsOf(signalFrom(given)));
});
