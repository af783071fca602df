import assert from 'node:assert/strict';
import { test } from 'node:test';
import { view } from '../../../consumers/clickhouse/ddl.ts';
import { onCluster } from '../../../consumers/clickhouse/cluster.ts';
import { keepingRights, rightsOf } from '../../../consumers/clickhouse/viewRights.ts';

test('whom a view runs as, from what ClickHouse says it was made by', () => {
  const of = (clause: string, comment = " COMMENT 'all AS it is'"): string | null => rightsOf(`CREATE VIEW d.v (\`x\` Nullable(String) COMMENT 'a (b)')${clause}${comment} AS SELECT x FROM y`);
  assert.equal(of(' DEFINER = `an-app_views` SQL SECURITY DEFINER'), ' DEFINER = `an-app_views` SQL SECURITY DEFINER');
  assert.equal(of(' DEFINER = chokepoint_views SQL SECURITY DEFINER', ''), ' DEFINER = chokepoint_views SQL SECURITY DEFINER');
  assert.equal(of(' SQL SECURITY NONE'), ' SQL SECURITY NONE');
  assert.equal(of(' SQL SECURITY INVOKER'), null);
  assert.equal(of(''), null);
});

const rights = new Map([['events', ' DEFINER = `an-app_views` SQL SECURITY DEFINER']]);
const made = (name: string): string => view('an-app', { name, comment: 'Rows AS they are', columns: [{ name: 'x', type: 'String', comment: 'It) AS is' }], select: 'SELECT x FROM y' });

test('a view that is replaced keeps whom it runs as; a new one, and what is no view, is as it was', () => {
  assert.equal(keepingRights(made('events'), rights), made('events').replace('\n) AS SELECT', '\n) DEFINER = `an-app_views` SQL SECURITY DEFINER AS SELECT'));
  for (const statement of [made('signals'), 'ALTER TABLE `an-app`.`events` DROP COLUMN IF EXISTS x', 'DROP VIEW IF EXISTS `an-app`.`events`']) assert.equal(keepingRights(statement, rights), statement);
  assert.match(onCluster(keepingRights(made('events'), rights), 'c'), /^CREATE OR REPLACE VIEW `an-app`\.`events` ON CLUSTER 'c' \(\n[^]*\n\) DEFINER = `an-app_views` SQL SECURITY DEFINER AS SELECT/);
});
