/** `chokepoint migrate`: makes the database and its tables, where the sink's user may not. What was applied is left as it is. */
import { migrate as applyMigrations } from '../../consumers/clickhouse/migrate.ts';
import { connectClickHouse } from '../clickhouse/client.ts';
import { readSettings } from '../settings.ts';
import { readArguments } from './arguments.ts';

export async function migrate(args: readonly string[]): Promise<number> {
  if (readArguments('migrate', {}, args) === null) return 0;
  const { clickhouse: settings } = readSettings(process.env);
  const clickhouse = connectClickHouse({ ...settings, database: 'default' });
  try {
    const applied = await applyMigrations(clickhouse, settings.database);
    console.log(applied.length === 0 ? `${settings.database} is up to date` : `${settings.database}: ${applied.join(', ')}`);
  } finally {
    await clickhouse.close();
  }
  return 0;
}
