/** Rows of users who have been erased, topic by topic: those of before are none, those of later are. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { targets } from '../../../consumers/clickhouse/rows.ts';
import { createCodec } from '../../../schemas/codec.ts';
import type { RecordName, Records } from '../../../schemas/records.ts';
import { erasing } from '../../fakes/erasing.ts';
import { memorySchemas } from '../../fakes/schemas.ts';
import { actionSignal, bottleneck, deadLetter, errorSignal, event, inRecord, level, T0, timeSignal, user } from './records.ts';

const codec = await createCodec(memorySchemas(), ['PlatformEvent', 'ActionSignal', 'ErrorSignal', 'TimeSignal', 'User', 'ExpertiseLevel', 'Bottleneck', 'DeadLetter']);
const byTopic = targets('');
const later = T0 + 3_600_000;
const erasures = erasing();
erasures.erase('u1', T0, 1, 10);

function isRow<Name extends RecordName>(topic: string, name: Name, record: Records[Name], offset = 20): boolean {
  const target = byTopic.get(topic);
  if (target === undefined) throw new Error(topic);
  const at = inRecord(topic, offset, codec.encode(name, record));
  assert.ok(target.add(target.block(), at, codec), `${topic}: a row where nobody has been erased`);
  return target.add(target.block(), at, codec, erasures);
}

/** The original of a letter, as the processor and as the collector keep it. */
const originals = (user_id: string): Buffer[] => [codec.encode('PlatformEvent', event({ user_id })), Buffer.from(JSON.stringify({ user_id, occurred_at: 'yesterday' }))];

test('of events, signals, levels and bottlenecks: by their time', () => {
  const of = (user_id: string, at: number): boolean[] => [
    isRow('platform.events', 'PlatformEvent', event({ user_id, occurred_at: at })),
    isRow('signals.action', 'ActionSignal', actionSignal({ user_id, occurred_at: at })),
    isRow('signals.error', 'ErrorSignal', errorSignal({ user_id, occurred_at: at })),
    isRow('signals.time', 'TimeSignal', timeSignal({ user_id, occurred_at: at })),
    isRow('expertise.levels', 'ExpertiseLevel', level({ user_id, since: at })),
    isRow('bottlenecks', 'Bottleneck', bottleneck({ user_id, since: at })),
  ];
  assert.deepEqual(new Set(of('u1', T0)), new Set([false]));
  assert.deepEqual(new Set(of('u1', later)), new Set([true]));
  assert.deepEqual(new Set(of('u2', T0)), new Set([true]));
});

test('of metadata: by its place in the topic, the tombstone too', () => {
  assert.equal(isRow('platform.users', 'User', user(), 9), false);
  assert.equal(isRow('platform.users', 'User', user(), 10), true);
  const users = byTopic.get('platform.users');
  const tombstone = (offset: number): boolean | undefined => users?.add(users.block(), inRecord('platform.users', offset, null, { key: Buffer.from('u1') }), codec, erasures);
  assert.deepEqual([tombstone(9), tombstone(10)], [false, true]);
});

test('of dead letters: by whose the original is', () => {
  const rows = (user_id: string, failed_at: number): boolean[] => originals(user_id).map((original) => isRow('dead-letter', 'DeadLetter', deadLetter({ original, failed_at })));
  assert.deepEqual([rows('u1', T0), rows('u1', later), rows('u2', T0)], [[false, false], [true, true], [true, true]]);
  assert.equal(isRow('dead-letter', 'DeadLetter', deadLetter({ original: Buffer.from([0, 1, 2]) })), true);
});
