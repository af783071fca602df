/** `chokepoint migrate`: makes the database and its tables and sets how long rows stay, where the sink's user may not. What was applied is left as it is. */
import { onCluster } from '../../consumers/clickhouse/cluster.ts';
import { migrate as applyMigrations, MIGRATIONS } from '../../consumers/clickhouse/migrate.ts';
import { applyRetention } from '../../consumers/clickhouse/retention.ts';
import { connectClickHouse } from '../clickhouse/client.ts';
import { readSettings } from '../settings.ts';
import { readArguments } from './arguments.ts';

export async function migrate(args: readonly string[]): Promise<number> {
  if (readArguments('migrate', {}, args) === null) return 0;
  const { clickhouse: settings } = readSettings(process.env);
  const clickhouse = connectClickHouse({ ...settings, database: 'default' });
  try {
    const { database, cluster, retention } = settings;
    const applied = await applyMigrations(clickhouse, database, MIGRATIONS, cluster);
    const retained = await applyRetention(clickhouse, database, retention, (statement) => clickhouse.command(onCluster(statement, cluster)));
    console.log([...applied, ...retained].length === 0 ? `${database} is up to date` : [...applied, ...retained].join('\n'));
  } finally {
    await clickhouse.close();
  }
  return 0;
}
