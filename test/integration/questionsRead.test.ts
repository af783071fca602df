/** What a question over signals reads: the columns that it names, of the classes and users that it names, once a partition is merged; and not a row too many before. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { migrate } from '../../consumers/clickhouse/migrate.ts';
import { ask } from '../bench/questions/ask.ts';
import { generate } from '../bench/questions/generate.ts';
import { withDatabase } from './database.ts';

const SIGNALS = 80_000;
const { parts, database, clickhouse } = await withDatabase(migrate);
const { url } = parts.settings().clickhouse;
const read = async (sql: string): Promise<{ rows: number; perRow: number }> => {
  const { rows_read, bytes_read, error } = await ask(url, database, { question: sql, sql, parameters: {}, answer: '' }, 1);
  assert.equal(error, undefined);
  return { rows: rows_read, perRow: bytes_read / rows_read };
};

await generate((statement) => clickhouse.command(statement), { signals: SIGNALS, users: 80, days: 60 }, () => undefined);

test('rows that are there twice, in several parts, count once', async () => {
  await clickhouse.command('INSERT INTO signals_raw (* EXCEPT _version) SELECT * EXCEPT _version FROM signals_raw WHERE ordinal = 1');
  const [counted] = await clickhouse.query<{ rows: number; ids: number }>("SELECT count() AS rows, uniqExact(signal_id) AS ids FROM signals WHERE class = 'time'");
  assert.deepEqual(counted?.rows, counted?.ids);
  assert.ok((counted?.rows ?? 0) > 0);
});

test('merged: its own columns, and neither those that tell rows apart nor the properties', async () => {
  await clickhouse.command('OPTIMIZE TABLE signals_raw FINAL');
  // A duration is nine bytes, being nullable; late is one.
  const durations = await read('SELECT sum(duration_ms) FROM signals WHERE NOT late');
  assert.equal(durations.rows, SIGNALS);
  assert.ok(durations.perRow < 11, `${durations.perRow} bytes a row`);
  const raw = await read("SELECT sum(duration_ms) FROM signals_raw FINAL WHERE properties['late'] != 'true'");
  assert.ok(raw.perRow > 60, `${raw.perRow} bytes a row: without what the view does`);
});

test('a class and users: what lies around them only', async () => {
  const one = await read("SELECT sum(duration_ms) FROM signals WHERE class = 'time'");
  assert.ok(one.rows < 0.7 * SIGNALS, `${one.rows} rows`);
  const few = await read("SELECT count() FROM signals WHERE class = 'action' AND user_id IN (SELECT user_id FROM users WHERE user_id = 'user-0000040')");
  assert.ok(few.rows < 0.6 * SIGNALS, `${few.rows} rows`);
});
