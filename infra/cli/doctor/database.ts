/** Whether the database in ClickHouse is what this code expects. */
import { checksum, type Migration } from '../../../consumers/clickhouse/migrate.ts';
import { fail, listed, ok, warn, type Finding } from './finding.ts';

/** `applied`: id and checksum of each migration; null where there is no database yet. */
export function judgeMigrations(database: string, migrations: readonly Migration[], applied: ReadonlyMap<string, string> | null): Finding {
  const check = `database ${database}`;
  if (applied === null) return warn(check, 'is not there yet', 'the sink makes it at its start: npm run chokepoint -- sink');
  const known = new Set(migrations.map(({ id }) => id));
  const newer = [...applied.keys()].filter((id) => !known.has(id)).sort();
  if (newer.length > 0) return fail(check, `is newer than this code: it has ${listed(newer)}`, 'run the version that made it. Migrations go forward only: docs/runbook.md#upgrade-and-rollback');
  const altered = migrations.filter((migration) => applied.has(migration.id) && applied.get(migration.id) !== checksum(migration)).map(({ id }) => id);
  if (altered.length > 0) return fail(check, `${listed(altered)} is not the migration that was applied`, "restore the migration's text and put the change into a new one; the sink does not start before");
  const missing = migrations.filter(({ id }) => !applied.has(id)).map(({ id }) => id);
  if (missing.length > 0) return fail(check, `is older than this code: it lacks ${listed(missing)}`, 'start the sink of this version: it migrates before it takes anything');
  return ok(check, `${migrations.at(-1)?.id ?? 'no migration'}, as this code has it`);
}
