/** What everything that stands behind the ClickHouse port must do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClickHouse, NativeBlock } from '../../infra/ports.ts';

export function clickHouseContract(name: string, connect: () => ClickHouse): void {
  let tables = 0;
  const withTable = async (engine: string, work: (clickhouse: ClickHouse, table: string) => Promise<void>): Promise<void> => {
    const clickhouse = connect();
    const table = `contract_${tables++}`;
    try {
      await clickhouse.command(`CREATE TABLE ${table} (id UInt64, at DateTime64(3, 'UTC'), text String, ratio Nullable(Float64), tags Map(String, String)) ENGINE = ${engine} ORDER BY id SETTINGS non_replicated_deduplication_window = 1000`);
      await work(clickhouse, table);
      await clickhouse.command(`DROP TABLE ${table}`);
    } finally {
      await clickhouse.close();
    }
  };
  /** Two of the table's columns, the others by their defaults. */
  const blockOf = (ids: readonly number[]): NativeBlock => {
    const numbers = Buffer.from(BigUint64Array.from(ids, BigInt).buffer);
    const title = (column: string, type: string): Buffer[] => [column, type].map((text) => Buffer.from([text.length, ...Buffer.from(text)]));
    const head = ids.length < 0x80 ? [2, ids.length] : [2, (ids.length & 0x7f) | 0x80, ((ids.length >> 7) & 0x7f) | 0x80, ids.length >> 14];
    return { columns: ['id', 'text'], rows: ids.length, pieces: () => [Buffer.from(head), ...title('id', 'UInt64'), numbers, ...title('text', 'String'), Buffer.concat(ids.map(() => Buffer.from('\u0002é')))] };
  };
  const row = (id: number, text = 'x'): object => ({ id, at: 1_700_000_000_123, text, ratio: null, tags: { k: 'é\n"' } });

  void test(`ClickHouse ${name}: what goes in comes out, numbers as numbers`, async () => {
    await withTable('MergeTree', async (clickhouse, table) => {
      await clickhouse.insert(table, [{ ...row(9_007_199_254_740_991), ratio: 0.25 }], 'a');
      assert.deepEqual(await clickhouse.query(`SELECT id, toUnixTimestamp64Milli(at) AS at, text, ratio, tags FROM ${table}`), [{ id: 9_007_199_254_740_991, at: 1_700_000_000_123, text: 'x', ratio: 0.25, tags: { k: 'é\n"' } }]);
    });
  });

  void test(`ClickHouse ${name}: the same token is the same block, once`, async () => {
    await withTable('MergeTree', async (clickhouse, table) => {
      await clickhouse.insert(table, [row(1), row(2)], 'token-1');
      await clickhouse.insert(table, [row(1), row(2)], 'token-1');
      await clickhouse.insert(table, [row(3)], "token-2's");
      await clickhouse.insert(table, [row(1), row(2)], 'token-1');
      assert.deepEqual(await clickhouse.query(`SELECT id FROM ${table} ORDER BY id`), [{ id: 1 }, { id: 2 }, { id: 3 }]);
      await clickhouse.insert(table, [row(1), row(2)], 'token-3');
      assert.deepEqual(await clickhouse.query(`SELECT count() AS n FROM ${table}`), [{ n: 5 }], 'the token decides, not the content');
    });
  });

  void test(`ClickHouse ${name}: a token of one insert does not stick to the next`, async () => {
    await withTable('MergeTree', async (clickhouse, table) => {
      await clickhouse.insert(table, [row(1)], 'same');
      await clickhouse.command(`INSERT INTO ${table} (id) VALUES (2)`);
      await clickhouse.command(`INSERT INTO ${table} (id) VALUES (3)`);
      assert.deepEqual(await clickhouse.query(`SELECT count() AS n FROM ${table}`), [{ n: 3 }]);
    });
  });

  void test(`ClickHouse ${name}: FINAL gives one row per key, the first version wins`, async () => {
    await withTable('ReplacingMergeTree', async (clickhouse, table) => {
      await clickhouse.insert(table, [row(1, 'old')], 'a');
      await clickhouse.insert(table, [row(1, 'new'), row(2)], 'b');
      assert.deepEqual(await clickhouse.query(`SELECT id, text FROM ${table} FINAL ORDER BY id`), [{ id: 1, text: 'new' }, { id: 2, text: 'x' }]);
    });
  });

  void test(`ClickHouse ${name}: a large block is one block, and quick`, async () => {
    await withTable('MergeTree', async (clickhouse, table) => {
      const rows = Array.from({ length: 50_000 }, (_, id) => row(id, `event number ${id} of a large block`));
      await clickhouse.insert(table, rows, 'large');
      await clickhouse.insert(table, rows, 'large');
      assert.deepEqual(await clickhouse.query(`SELECT count() AS n, uniqExact(id) AS ids FROM ${table}`), [{ n: 50_000, ids: 50_000 }]);
      assert.deepEqual(await clickhouse.query(`SELECT count() AS parts FROM system.parts WHERE table = {table:String} AND database = currentDatabase() AND active`, { table }), [{ parts: 1 }]);
    });
  });

  void test(`ClickHouse ${name}: a bad row fails the whole insert, and says which`, async () => {
    await withTable('MergeTree', async (clickhouse, table) => {
      await assert.rejects(clickhouse.insert(table, [row(1), { id: 'not a number' }], 'bad'), /not a number|row 2|parse/i);
      assert.deepEqual(await clickhouse.query(`SELECT count() AS n FROM ${table}`), [{ n: 0 }]);
      await clickhouse.insert(table, [row(1)], 'bad');
      assert.deepEqual(await clickhouse.query(`SELECT count() AS n FROM ${table}`), [{ n: 1 }], 'a failed insert does not use its token up');
    });
  });

  void test(`ClickHouse ${name}: a block in ClickHouse's own format is one block, under its token once; one that is cut short is none`, async () => {
    await withTable('MergeTree', async (clickhouse, table) => {
      const ids = Array.from({ length: 30_000 }, (_, id) => id);
      await assert.rejects(clickhouse.insertBlock(table, { ...blockOf(ids), pieces: () => [Buffer.concat(blockOf(ids).pieces()).subarray(0, -3)] }, 'block'));
      assert.deepEqual(await clickhouse.query(`SELECT count() AS n FROM ${table}`), [{ n: 0 }]);
      await clickhouse.insertBlock(table, blockOf(ids), 'block');
      await clickhouse.insertBlock(table, blockOf(ids), 'block');
      assert.deepEqual(await clickhouse.query(`SELECT count() AS n, uniqExact(id) AS ids, any(text) AS text, any(length(tags)) AS tags FROM ${table}`), [{ n: 30_000, ids: 30_000, text: 'é', tags: 0 }]);
      assert.deepEqual(await clickhouse.query(`SELECT count() AS parts FROM system.parts WHERE table = {table:String} AND database = currentDatabase() AND active`, { table }), [{ parts: 1 }]);
      await clickhouse.insertBlock(table, blockOf([]), 'empty');
      await clickhouse.insertBlock(table, blockOf(ids), 'another');
      assert.deepEqual(await clickhouse.query(`SELECT count() AS n FROM ${table}`), [{ n: 60_000 }], 'the token decides, not the content');
    });
  });

  void test(`ClickHouse ${name}: nothing to insert is nothing`, async () => {
    await withTable('MergeTree', async (clickhouse, table) => {
      await clickhouse.insert(table, [], 'none');
      assert.deepEqual(await clickhouse.query(`SELECT id FROM ${table}`), []);
    });
  });

  void test(`ClickHouse ${name}: errors are errors, with the server's words`, async () => {
    const clickhouse = connect();
    try {
      await assert.rejects(clickhouse.query('SELECT * FROM no_such_table'), /no_such_table/);
      await assert.rejects(clickhouse.command('CREATE NONSENSE'), /Syntax error/);
      await assert.rejects(clickhouse.query('SELECT {x:UInt8}', { x: 'not a number' }), /x/);
      assert.equal(await clickhouse.ping(), true);
    } finally {
      await clickhouse.close();
    }
  });
}
