/** What stands in a block is what the codec says of the record, of whatever bytes; and what was taken back has left nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Block } from '../../../consumers/clickhouse/native/block.ts';
import type { AvroSchema } from '../../../consumers/clickhouse/native/types.ts';
import { targets, type Target } from '../../../consumers/clickhouse/rows.ts';
import avro from '../../../schemas/avro.ts';
import { createCodec, DecodeError, schemaText, UnknownSchemaError } from '../../../schemas/codec.ts';
import type { PlatformEvent, RecordName } from '../../../schemas/records.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import { memorySchemas } from '../../fakes/schemas.ts';
import { anyEvent, changed, EXACT, someChanges } from '../../streams/wire/events.ts';
import { rowsOf } from './nativeReader.ts';
import * as make from './records.ts';

const source = memorySchemas();
const codec = await createCodec(source, [...new Set(Object.values(TOPICS).flatMap(({ record }) => (record === null ? [] : [record])))]);
const all = targets('');
const targetOf = (topic: string): Target => {
  const found = all.get(topic);
  assert.ok(found, topic);
  return found;
};
const events = targetOf(TOPICS.events.name);
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const bytesOf = (block: Block): Buffer => Buffer.concat(block.pieces());
const place = { partition: 2, offset: 4 };
const NO_ERROR = { code: null, message: null, cause: null };

const EXAMPLES: Readonly<Record<RecordName, readonly object[]>> = {
  PlatformEvent: [make.event(), make.event({ session_id: '', outcome: 'failed', duration_ms: -1, error: { code: 'X', message: 'é', cause: 'quota' }, properties: { a: 'b', c: '' } })],
  User: [make.user()], Feature: [make.feature(), make.feature({ owner: 'ada', expected_ms: null })],
  ActionSignal: [make.actionSignal(), make.actionSignal({ outcome: 'started', task_id: 't', properties: { k: 'v' }, user: { team: '', role: 'r', org: 'o', joined_at: null } })],
  ErrorSignal: [make.errorSignal()], TimeSignal: [make.timeSignal(), make.timeSignal({ censored: true, expected_ms: 2 ** 40 })],
  DeadLetter: [make.deadLetter({ original: Buffer.from('as text') }), make.deadLetter({ origin_topic: null, origin_partition: null, origin_offset: null, original: Buffer.alloc(0), event_id: 'e' })],
  ExpertiseModel: [make.model(), make.model({ centroids: [[], [1]], features: [], silhouette: null, churn: 0.5 })], ExpertiseLevel: [make.level(), make.level({ score: null })],
  Bottleneck: [make.bottleneck(), make.bottleneck({ reasons: [] })], Finding: [make.finding(), make.finding({ evidence: [], fingerprint: null })],
  Challenge: [make.challenge(), make.challenge({ resolved_at: 5, resolution: 'spread', teams: [] })], ChallengeAction: [make.challengeAction(), make.challengeAction({ until: 7, text: 'x', assignee: 'y' })],
};

test('records of every topic, one behind the other in a block, are rows with the same content', () => {
  for (const [topic, target] of all) {
    const records = [...EXAMPLES[target.record], ...EXAMPLES[target.record]];
    const block = target.block();
    for (const record of records) assert.ok(target.add(block, make.inRecord(topic, place.offset, codec.encode(target.record, record as never), place), codec));
    const rows = rowsOf(block);
    assert.deepEqual(rows.length, records.length);
    for (const [index, record] of records.entries()) {
      // Bytes are read back as text, and a tuple has no null of its own.
      const expected = plain({ ...record, ...('original' in record ? { original: String(record.original) } : {}), ...('error' in record && record.error === null ? { error: NO_ERROR } : {}) }) as object;
      assert.deepEqual(plain({ ...rows[index], ...expected }), plain(rows[index]), topic);
    }
  }
});

test('a field that does not go into its column stops the sink at its start', () => {
  const pairs: [string, AvroSchema, RegExp][] = [
    ['UInt16', 'long', /an Avro long cannot go into a column UInt16/], ['String', 'long', /an Avro long/], ['Nullable(Int64)', ['null', 'string'], /an Avro string cannot go into a column Int64/], ['IPv4', 'string', /no form for a column IPv4/],
    ['LowCardinality(UInt8)', 'string', /no form for a column/], ['String', ['string', 'null'], /no form for the union/], ['Array(Int64)', 'long', /what has no items/],
    ['Tuple(b Int64, a Int64)', { type: 'record', name: 'R', fields: [{ name: 'a', type: 'long' }, { name: 'b', type: 'long' }] }, /fields a,b cannot go into a column Tuple/],
  ];
  for (const [type, avro, why] of pairs) assert.throws(() => new Block([{ name: 'x', type, avro }]), why, type);
});

/** One for all, as in the sink: nothing of earlier rows may be left. */
const shared = events.block();

test('whatever our encoder writes is a row as the codec reads it', () => {
  fc.assert(fc.property(anyEvent, (given) => {
    if (shared.rows > 50) shared.clear();
    const isRow = events.add(shared, make.inRecord(events.topic, 4, codec.encode('PlatformEvent', given), place), codec);
    assert.equal(isRow, given.type !== 'clock');
    if (isRow) assert.deepEqual(rowsOf(shared).at(-1), rowOf(given));
  }), { numRuns: 1_000 });
});

const rowOf = (event: PlatformEvent): object => {
  const { error, properties, ...rest } = event;
  return { ...rest, error: error === null ? NO_ERROR : { ...error }, properties: { ...properties }, ...place };
};

test('of bytes that were cut, lengthened or altered anywhere the row is what the codec says, and where it refuses them the block is as before', () => {
  fc.assert(fc.property(anyEvent, someChanges, (given, changes) => {
    const bytes = changed(codec.encode('PlatformEvent', given), changes);
    if (shared.rows > 20) shared.clear();
    const before = bytesOf(shared);
    const record = make.inRecord(events.topic, 4, bytes, place);
    const expected = judged(bytes);
    if (expected !== null && Object.values(expected).some((value) => typeof value === 'number' && Math.abs(value) > EXACT)) return;
    if (expected === null) assert.throws(() => events.add(shared, record, codec), DecodeError);
    else if (events.add(shared, record, codec)) {
      assert.deepEqual(rowsOf(shared).at(-1), rowOf(expected));
      return;
    }
    assert.deepEqual(bytesOf(shared), before);
  }), { numRuns: 3_000 });
});

/** What the codec makes of bytes; null where it refuses them. */
function judged(bytes: Buffer): PlatformEvent | null {
  try {
    return codec.decode('PlatformEvent', bytes);
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

test('a row that was taken back leaves nothing: its words, its texts, its items', () => {
  const add = (block: Block, event: Partial<PlatformEvent>): boolean => events.add(block, make.inRecord(events.topic, 4, codec.encode('PlatformEvent', make.event(event)), place), codec);
  const [clean, other] = [events.block(), events.block()];
  for (let n = 0; n < 1_000; n++) {
    add(clean, { event_id: `e${n}`, feature: `f${n}`, properties: { [`p${n % 300}`]: 'x' } });
    add(other, { type: 'clock', event_id: 'gone', feature: `gone${n}`, properties: { [`gone${n}`]: 'y'.repeat(n), [`p${n}`]: '' } });
    add(other, { event_id: `e${n}`, feature: `f${n}`, properties: { [`p${n % 300}`]: 'x' } });
  }
  assert.equal(other.rows, 1_000);
  assert.deepEqual(rowsOf(other), rowsOf(clean));
  assert.deepEqual(bytesOf(other), bytesOf(clean));
});

test('words by the hundred thousand, and such as have one hash, are all there', { timeout: 20_000 }, () => {
  const block = events.block();
  // Of 31 * 31 * a + 31 * b + c these are all the same: 16 letters of two kinds are 65,536 words of one hash.
  const twins = Array.from({ length: 3_000 }, (_, n) => Array.from({ length: 16 }, (_, bit) => ((n >> bit) & 1 ? 'Aa' : 'BB')).join(''));
  const words = [...twins, ...Array.from({ length: 70_000 }, (_, n) => `w${n}`), ...twins];
  for (const feature of words) events.add(block, make.inRecord(events.topic, 4, codec.encode('PlatformEvent', make.event({ feature })), place), codec);
  assert.deepEqual(rowsOf(block).map(({ feature }) => feature), words);
});

test('what another version of the schema has written is read by its own', async () => {
  const users = targetOf(TOPICS.users.name);
  const { fields, ...rest } = JSON.parse(schemaText('User')) as { fields: { name: string }[] };
  // A field of its own in between, so that what is read by our schema is not the same.
  const theirs = { ...rest, fields: [...fields.slice(0, 2), { name: 'nickname', type: 'string' }, ...fields.slice(2)] };
  const header = Buffer.alloc(5);
  header.writeInt32BE(await source.register('User', JSON.stringify(theirs)), 1);
  const record = make.inRecord(users.topic, 4, Buffer.concat([header, avro.Type.forSchema(theirs as never).toBuffer({ ...make.user(), nickname: 'nick' })]), place);
  const block = users.block();
  assert.throws(() => users.add(block, record, codec), UnknownSchemaError);
  await codec.load(record.value ?? Buffer.alloc(0));
  assert.ok(users.add(block, record, codec));
  assert.deepEqual(rowsOf(block), [{ ...make.user(), _partition: 2, _offset: 4, _deleted: 0 }]);
});

test('what has no number is null where there is a null, and zero where there is none', () => {
  const levels = targetOf(TOPICS.levels.name);
  const bottlenecks = targetOf(TOPICS.bottlenecks.name);
  const [some, others] = [levels.block(), bottlenecks.block()];
  for (const score of [NaN, Infinity, -Infinity, -0, 1.5]) {
    levels.add(some, make.inRecord(levels.topic, 4, codec.encode('ExpertiseLevel', make.level({ score }))), codec);
    bottlenecks.add(others, make.inRecord(bottlenecks.topic, 4, codec.encode('Bottleneck', make.bottleneck({ score }))), codec);
  }
  assert.deepEqual(rowsOf(some).map(({ score }) => score), [null, null, null, 0, 1.5]);
  assert.deepEqual(rowsOf(others).map(({ score }) => score), [0, 0, 0, 0, 1.5]);
});

test('a name that comes twice in a map counts once, with its last value', () => {
  const entry = (name: string, value: string): number[] => [name.length * 2, ...Buffer.from(name), value.length * 2, ...Buffer.from(value)];
  const head = codec.encode('PlatformEvent', make.event({ properties: {} })).subarray(0, -1);
  const bytes = Buffer.concat([head, Buffer.from([6, ...entry('a', '1'), ...entry('b', '2'), ...entry('a', '3'), 0])]);
  const block = events.block();
  events.add(block, make.inRecord(events.topic, 4, bytes, place), codec);
  assert.deepEqual(rowsOf(block)[0]?.['properties'], { a: '3', b: '2' });
  assert.equal(bytesOf(block).indexOf(Buffer.from([1, 97])), bytesOf(block).lastIndexOf(Buffer.from([1, 97])));
});
