/** The tables over time: how long rows stay, and the form for a cluster, as far as one server can tell. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { databaseStatement, onCluster } from '../../consumers/clickhouse/cluster.ts';
import { migrate, MIGRATIONS } from '../../consumers/clickhouse/migrate.ts';
import { applyRetention, daysOf, retentionStatements } from '../../consumers/clickhouse/retention.ts';
import type { Settings } from '../../infra/settings.ts';
import * as make from '../consumers/clickhouse/records.ts';
import { withDatabase } from './database.ts';
import { recordInserter } from './sinkRows.ts';

const { database, admin, clickhouse } = await withDatabase(migrate);
const insert = await recordInserter(clickhouse);
const column = async (sql: string): Promise<unknown[]> => (await clickhouse.query<Record<string, unknown>>(sql)).map((row) => Object.values(row)[0]);

const DAY_MS = 86_400_000;
const NOTHING: Settings['clickhouse']['retention'] = { events: null, signals: null, findings: null, dead_letters: null };
const apply = (wanted: Partial<typeof NOTHING>): Promise<string[]> => applyRetention(admin, database, { ...NOTHING, ...wanted }, (statement) => admin.command(statement));
const daysIn = async (table: string): Promise<number | null> => daysOf(String((await column(`SELECT engine_full FROM system.tables WHERE database = '${database}' AND name = '${table}'`))[0]));

test('retention: set by two at once, then by nobody again; longer, shorter, off', async () => {
  assert.deepEqual(await apply({}), []);
  const both = await Promise.all([1, 2].map(() => apply({ events: 40 * DAY_MS, dead_letters: 60 * DAY_MS })));
  assert.ok(both.flat().length >= 2);
  assert.deepEqual([await daysIn('events_raw'), await daysIn('dead_letters_raw'), await daysIn('signals_raw'), await daysIn('challenges_raw')], [40, 60, null, null]);
  assert.deepEqual(await apply({ events: 40 * DAY_MS, dead_letters: 60 * DAY_MS }), []);
  assert.deepEqual(await apply({}), [], 'a setting that is taken out changes nothing');
  assert.equal((await apply({ events: 50 * DAY_MS })).length, 1);
  assert.equal((await apply({ dead_letters: 'off' })).length, 1);
  assert.deepEqual(await apply({ dead_letters: 'off' }), []);
  assert.deepEqual([await daysIn('events_raw'), await daysIn('dead_letters_raw')], [50, null]);
  assert.deepEqual(await migrate(admin, database), [], 'no business of the migrations');
});

test('retention: old rows go with a merge, whatever time the client said; the others stay; a second delivery shows until the next merge', async () => {
  const now = Date.now();
  await apply({ events: 40 * DAY_MS, signals: 40 * DAY_MS, findings: 40 * DAY_MS, dead_letters: 40 * DAY_MS });
  const [old, young] = [now - 41 * DAY_MS, now - 39 * DAY_MS];
  const rows = async (): Promise<void> => {
    await insert('events', 'PlatformEvent', [
      [1, make.event({ event_id: 'old', received_at: old, occurred_at: now })], [2, make.event({ event_id: 'young', received_at: young, occurred_at: old })],
      [3, make.event({ event_id: 'absurd', received_at: young, occurred_at: -4e15 })], [4, make.event({ event_id: 'far', received_at: Date.UTC(2250, 0, 1) })],
    ]);
    await insert('actions', 'ActionSignal', [[1, make.actionSignal({ signal_id: 'old', received_at: old })], [2, make.actionSignal({ signal_id: 'young', received_at: young })]]);
    await insert('findings', 'Finding', [[1, make.finding({ feature: 'old', evaluated_at: old })], [2, make.finding({ feature: 'young', evaluated_at: young })]]);
    await insert('deadLetters', 'DeadLetter', [[1, make.deadLetter({ dead_letter_id: 'old', failed_at: old })], [2, make.deadLetter({ dead_letter_id: 'young', failed_at: young })]]);
  };
  const merge = async (): Promise<void> => { for (const table of ['events_raw', 'signals_raw', 'findings_raw', 'dead_letters_raw']) await clickhouse.command(`OPTIMIZE TABLE ${table} FINAL`); };
  const read = async (): Promise<unknown[]> => [await column('SELECT event_id FROM events ORDER BY event_id'), await column('SELECT signal_id FROM signals ORDER BY signal_id'), await column('SELECT feature FROM findings ORDER BY feature'), await column('SELECT dead_letter_id FROM dead_letters ORDER BY dead_letter_id')];
  const kept = [['absurd', 'far', 'young'], ['young'], ['young'], ['young']];
  await rows();
  await merge();
  assert.deepEqual(await read(), kept);
  await rows();
  await merge();
  assert.deepEqual(await read(), kept, 'again, from a topic that is read anew');
  // Challenges have no time to go.
  await insert('challenges', 'Challenge', [[1, make.challenge({ evaluated_at: Date.UTC(2000, 0, 1) })]]);
  await clickhouse.command('OPTIMIZE TABLE challenges_raw FINAL');
  assert.deepEqual(await column('SELECT count() FROM challenges'), [1]);
});

test('a cluster: the server parses every statement, and refuses a table for want of Keeper, not for its form', async () => {
  const cluster = '{cluster}';
  const tables = MIGRATIONS.flatMap(({ statements }) => statements(database));
  const retention = retentionStatements(database, { events: DAY_MS, signals: DAY_MS, findings: DAY_MS, dead_letters: 'off' }, new Map([['dead_letters_raw', 'MergeTree TTL x']]));
  assert.equal(retention.length, 4);
  for (const statement of [databaseStatement(database), ...tables, ...retention]) await admin.command(`EXPLAIN AST ${onCluster(statement, cluster)}`);
  const replicated = tables.map((statement) => onCluster(statement, cluster).replace(" ON CLUSTER '{cluster}'", '')).filter((statement) => statement.startsWith('CREATE TABLE')).map((statement) => statement.replace(/_raw`/, '_elsewhere`'));
  for (const statement of replicated) await assert.rejects(admin.command(statement.replaceAll('{shard}', '1').replaceAll("'{replica}'", "'1'")), /ZooKeeper|Keeper|NO_ZOOKEEPER|NO_ELEMENTS_IN_CONFIG/, statement.slice(0, 80));
});
