/** A database of its own in a real ClickHouse for one test file: `const { clickhouse } = await withDatabase(migrate);` once at its top. */
import { after } from 'node:test';
import { connectClickHouse } from '../../infra/clickhouse/client.ts';
import type { ClickHouse } from '../../infra/ports.ts';
import { withParts } from './parts.ts';

/** `prepare`: fills the server before anybody connects to the database; what it gives is `prepared`. */
export async function withDatabase<T>(prepare: (admin: ClickHouse, database: string) => Promise<T>) {
  // Before withParts: its own hook, which stops the parts, must come last.
  after(async () => {
    await admin.command(`DROP DATABASE \`${database}\``);
    await Promise.all([admin.close(), clickhouse.close()]);
  });
  const parts = await withParts();
  const settings = parts.settings().clickhouse;
  const { database } = settings;
  const admin = connectClickHouse({ ...settings, database: 'default' });
  const prepared = await prepare(admin, database);
  const clickhouse = connectClickHouse(settings);
  return { parts, database, admin, clickhouse, prepared };
}
