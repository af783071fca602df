import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TABLES as FIRST_TABLES } from '../../../consumers/clickhouse/migrations/0001-tables.ts';
import { ACTIONS } from '../../../consumers/clickhouse/migrations/0005-challenge-actions.ts';
import { targets, type Target } from '../../../consumers/clickhouse/rows.ts';
import type { InRecord } from '../../../infra/ports.ts';
import { createCodec, DecodeError, UnknownSchemaError, schemaText } from '../../../schemas/codec.ts';
import type { RecordName, Records } from '../../../schemas/records.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import { memorySchemas } from '../../fakes/schemas.ts';
import { rowsOf, type NativeRow } from './nativeReader.ts';
import { actionSignal, deadLetter, errorSignal, event, feature, inRecord, timeSignal, user, T0 } from './records.ts';

const NAMES: RecordName[] = ['PlatformEvent', 'ActionSignal', 'ErrorSignal', 'TimeSignal', 'User', 'Feature', 'DeadLetter'];
const codec = await createCodec(memorySchemas(), NAMES);
const all = targets('');
const TABLES = [...FIRST_TABLES, ACTIONS];

function target(topic: string): Target {
  const found = all.get(topic);
  assert.ok(found, topic);
  return found;
}

function rowOf<Name extends RecordName>(topic: string, name: Name, record: Records[Name], offset = 4): NativeRow | null {
  return added(target(topic), inRecord(topic, offset, codec.encode(name, record), { partition: 2 }));
}

/** The row of a record alone; null where it is none. */
function added(of: Target, record: InRecord): NativeRow | null {
  const block = of.block();
  const isRow = of.add(block, record, codec);
  const rows = rowsOf(block);
  assert.equal(rows.length, isRow ? 1 : 0);
  return rows[0] ?? null;
}

test('every topic that has a table has a target, prefixed with the app where it is not shared', () => {
  const withTable = Object.values(TOPICS).filter(({ table }) => table !== null);
  assert.deepEqual([...all.keys()], withTable.map(({ name }) => name));
  assert.deepEqual([...targets('A').keys()].filter((topic) => !topic.startsWith('A.')), ['platform.events', 'platform.users', 'platform.features']);
});

test('every column written is in its table, and every Avro field is a column of the view', () => {
  for (const { table, columns, record } of all.values()) {
    const definition = TABLES.find(({ name }) => `${name}_raw` === table);
    assert.ok(definition, table);
    const known = definition.columns.map(({ name }) => name);
    assert.deepEqual(columns.filter((column) => !known.includes(column)), [], table);
    const visible = definition.columns.filter(({ raw }) => raw !== true).map(({ name }) => name);
    const fields = (JSON.parse(schemaText(record)) as { fields: { name: string }[] }).fields.map(({ name }) => name);
    assert.deepEqual(fields.filter((field) => !visible.includes(field)), [], table);
  }
});

test('the row id of the table of topics is what the table is ordered by, so that rows of one id meet', () => {
  for (const { table, rowId, name } of Object.values(TOPICS)) {
    const definition = TABLES.find((each) => each.name === table);
    if (definition === undefined || rowId === null) continue;
    for (const column of rowId) assert.match(definition.orderBy, new RegExp(`\\b${column}\\b`), name);
    // Anything more in the key must be a function of the row id: the class and the user are hashed into signal_id.
    const more = definition.orderBy.replace(/ifNull\((\w+), ''\)/g, '$1').split(', ').filter((column) => !rowId.includes(column));
    assert.deepEqual(more, table === 'signals' ? ['class', 'user_id'] : [], name);
  }
});

test('every table and column has a comment', () => {
  for (const { name, comment, columns } of TABLES) {
    assert.ok(comment.length > 10, name);
    for (const column of columns) assert.ok(column.comment.length > 3, `${name}.${column.name}`);
  }
});

test('an event is its fields and its place; a clock is no row', () => {
  const record = event({ error: { code: 'X', message: 'm', cause: 'user' }, properties: { a: 'b' } });
  const row = rowOf('platform.events', 'PlatformEvent', record);
  assert.deepEqual(JSON.parse(JSON.stringify(row)), { ...record, partition: 2, offset: 4 });
  assert.equal(rowOf('platform.events', 'PlatformEvent', event({ type: 'clock', user_id: '', feature: '' })), null);
});

test('a signal says its class and its partition', () => {
  for (const [topic, name, record, signalClass] of [['signals.action', 'ActionSignal', actionSignal(), 'action'], ['signals.error', 'ErrorSignal', errorSignal(), 'error'], ['signals.time', 'TimeSignal', timeSignal(), 'time']] as const) {
    assert.deepEqual(JSON.parse(JSON.stringify(rowOf(topic, name, record))), { ...record, class: signalClass, partition: 2 });
  }
});

test('a progress record is no row; it says how far the topic is complete', () => {
  const actions = target('signals.action');
  const progress = inRecord('signals.action', 9, null, { headers: { origin_offset: '41', watermark: String(T0) } });
  assert.equal(added(actions, progress), null);
  assert.equal(actions.through(progress), 42);
  assert.equal(actions.through(inRecord('signals.action', 9, codec.encode('ActionSignal', actionSignal()))), null);
  assert.equal(actions.through(inRecord('signals.action', 9, null)), null);
  assert.equal(target('platform.events').through(inRecord('platform.events', 9, null)), 10);
  assert.equal(target('challenges').through(inRecord('challenges', 9, null)), null);
});

test('a tombstone of a user or a feature is a row that says so', () => {
  for (const [topic, key] of [['platform.users', 'user_id'], ['platform.features', 'feature']] as const) {
    const row = added(target(topic), inRecord(topic, 7, null, { key: Buffer.from('größe') }));
    assert.deepEqual(Object.entries(row ?? {}).filter(([, value]) => value !== null && value !== '' && value !== 0 && value !== false), [[key, 'größe'], ['_offset', 7], ['_deleted', 1]]);
  }
  assert.equal(rowOf('platform.users', 'User', user())?.['_deleted'], 0);
  assert.equal(rowOf('platform.features', 'Feature', feature())?.['title'], 'Notebook');
});

test('a dead letter has its bytes as they came', () => {
  const block = target('dead-letter').block();
  target('dead-letter').add(block, inRecord('dead-letter', 4, codec.encode('DeadLetter', deadLetter())), codec);
  const { original } = deadLetter();
  assert.ok(Buffer.concat(block.pieces()).includes(Buffer.from([original.length, ...original])));
});

test('bytes that are no record, and a schema that is not loaded, are told apart', () => {
  const events = target('platform.events');
  assert.throws(() => added(events, inRecord('platform.events', 1, Buffer.from('nonsense'))), DecodeError);
  assert.throws(() => added(events, inRecord('platform.events', 1, Buffer.from([0, 0, 0, 3, 232, 1]))), UnknownSchemaError);
});
