import assert from 'node:assert/strict';
import { test } from 'node:test';
import { databaseStatement, onCluster } from '../../../consumers/clickhouse/cluster.ts';
import { MIGRATIONS } from '../../../consumers/clickhouse/migrate.ts';

const all = MIGRATIONS.flatMap(({ statements }) => statements('odd`name'));

test('without a cluster a statement is what it was', () => {
  for (const statement of all) assert.equal(onCluster(statement, null), statement);
});

test('every statement of every migration has a form for a cluster: all of it there, tables replicated, the rest as it was', () => {
  for (const statement of all) {
    const there = onCluster(statement, "{cluster}'s");
    assert.equal(there.split(" ON CLUSTER '{cluster}\\'s'").length, 2, statement);
    if (!statement.startsWith('CREATE TABLE')) assert.equal(there.replace(" ON CLUSTER '{cluster}\\'s'", ''), statement);
    else {
      assert.match(there, /\nENGINE = ReplicatedReplacingMergeTree\('\/clickhouse\/tables\/\{shard\}\/\{database\}\/\{table\}', '\{replica\}', [_a-z, ]+\)\n/);
      assert.match(there, /\nSETTINGS replicated_deduplication_window = 1000, replicated_deduplication_window_seconds = 2592000\n/);
      assert.ok(!there.includes('non_replicated'));
      assert.equal(there.split('\nENGINE = ')[0]?.replace(" ON CLUSTER '{cluster}\\'s'", ''), statement.split('\nENGINE = ')[0], 'columns and comments');
      assert.equal(there.split('\n').at(-1), statement.split('\n').at(-1));
    }
  }
});

test('the texts', () => {
  assert.equal(onCluster(databaseStatement('a`b'), 'c'), "CREATE DATABASE IF NOT EXISTS `a\\`b` ON CLUSTER 'c'");
  assert.equal(onCluster('ALTER TABLE `a`.`b_raw` REMOVE TTL', 'c'), "ALTER TABLE `a`.`b_raw` ON CLUSTER 'c' REMOVE TTL");
  assert.equal(onCluster('CREATE OR REPLACE VIEW `a`.`b` (\n  x', 'c'), "CREATE OR REPLACE VIEW `a`.`b` ON CLUSTER 'c' (\n  x");
});

test('what it does not know is an error, and nothing is carried out without the cluster', () => {
  for (const statement of ['TRUNCATE TABLE `a`.`b`', 'CREATE TABLE IF NOT EXISTS `a`.`b` (x Int8)\nENGINE = Log', 'CREATE TABLE `a`.`b` (x Int8)\nENGINE = ReplacingMergeTree']) assert.throws(() => onCluster(statement, 'c'), /no form for a cluster/, statement);
});
