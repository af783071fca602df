/** Events of every shape that the schema allows, as far as the wire is concerned. */
import fc from 'fast-check';
import type { PlatformEvent } from '../../../schemas/records.ts';

const text = fc.oneof(fc.string({ maxLength: 12 }), fc.string({ unit: 'grapheme', maxLength: 6 }), fc.constantFrom('', 'a\u0000b', 'x\u0085', 'x'.repeat(63), 'x'.repeat(64), 'é'.repeat(200), 'x'.repeat(300)));
/** Beyond it the codec (avsc) is no longer exact: it doubles a number before it cuts it into bytes. */
export const EXACT = 2 ** 52 - 1;
export const long = fc.oneof(fc.integer(), fc.integer({ min: -EXACT, max: EXACT }), fc.constantFrom(0, 63, 64, -64, -65, 2 ** 27 - 1, 2 ** 27, -(2 ** 27), 2 ** 31, 1_700_000_000_000, EXACT, -EXACT));
const maybe = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(of, { freq: 2 });

export const anyEvent: fc.Arbitrary<PlatformEvent> = fc.record({
  event_id: text, user_id: text, session_id: maybe(text), occurred_at: long, sent_at: maybe(long), received_at: long, source: text,
  type: fc.constantFrom('interaction', 'error', 'timing', 'task_started', 'task_finished', 'clock'),
  feature: text, action: maybe(text), task_id: maybe(text), outcome: maybe(fc.constantFrom('completed', 'failed', 'abandoned')), duration_ms: maybe(long), waiting_ms: maybe(long), release: maybe(text),
  error: maybe(fc.record({ code: text, message: text, cause: fc.constantFrom('user', 'platform', 'quota', 'dependency', 'unknown') })),
  properties: fc.dictionary(fc.oneof(text.filter((name) => name !== '__proto__'), fc.constantFrom('timer', 'late', 'later')), text, { maxKeys: 5 }),
});

const FIELDS = ['event_id', 'user_id', 'session_id', 'occurred_at', 'sent_at', 'received_at', 'source', 'type', 'feature', 'action', 'task_id', 'outcome', 'duration_ms', 'waiting_ms', 'release', 'error', 'properties'] as const;

/** Every field as a plain value. */
export function fieldsOf(event: PlatformEvent): PlatformEvent {
  const plain = Object.fromEntries(FIELDS.map((field) => [field, event[field]])) as unknown as PlatformEvent;
  return { ...plain, error: plain.error === null ? null : { ...plain.error }, properties: { ...plain.properties } };
}

interface Change {
  readonly at: number;
  readonly to: number;
  readonly how: 'alter' | 'cut' | 'insert' | 'append';
}

const change: fc.Arbitrary<Change> = fc.record({ at: fc.nat(400), to: fc.integer({ min: 0, max: 255 }), how: fc.constantFrom('alter', 'alter', 'cut', 'insert', 'append') });
export const someChanges = fc.array(change, { minLength: 1, maxLength: 3 });

/** A record's bytes, changed behind its header. */
export function changed(given: Buffer, changes: readonly Change[]): Buffer {
  let bytes = Buffer.from(given);
  for (const { at, to, how } of changes) {
    const place = 5 + (at % Math.max(1, bytes.length - 5));
    if (how === 'alter') bytes[place] = to;
    if (how === 'cut') bytes = bytes.subarray(0, place);
    if (how === 'insert') bytes = Buffer.concat([bytes.subarray(0, place), Buffer.from([to]), bytes.subarray(place)]);
    if (how === 'append') bytes = Buffer.concat([bytes, Buffer.from([to])]);
  }
  return bytes;
}
