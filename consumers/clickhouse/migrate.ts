/**
 * Migrations: numbered, forward only, recorded in the table `migrations`. Safe from several instances at once because each statement may run
 * again without harm, rather than because of a lock: ClickHouse has none to offer.
 */
import { createHash } from 'node:crypto';
import type { ClickHouse } from '../../infra/ports.ts';
import { databaseStatement, onCluster } from './cluster.ts';
import { quoted } from './ddl.ts';
import { tables } from './migrations/0001-tables.ts';
import { views } from './migrations/0002-views.ts';
import { watchList } from './migrations/0003-watch-list.ts';
import { journeys } from './migrations/0004-journeys.ts';
import { challengeActions } from './migrations/0005-challenge-actions.ts';
import { questionsReadLess } from './migrations/0006-questions-read-less.ts';
import { keepingRights, viewRights } from './viewRights.ts';

export interface Migration {
  readonly id: string;
  /** Statements that may run again: IF NOT EXISTS, OR REPLACE, IF EXISTS. */
  readonly statements: (database: string) => readonly string[];
}

export const MIGRATIONS: readonly Migration[] = [
  { id: '0001-tables', statements: tables },
  { id: '0002-views', statements: views },
  { id: '0003-watch-list', statements: watchList },
  { id: '0004-journeys', statements: journeys },
  { id: '0005-challenge-actions', statements: challengeActions },
  { id: '0006-questions-read-less', statements: questionsReadLess },
];

/** Trying again does not help: somebody must look. */
export class MigrationError extends Error {
  readonly code = 'MIGRATION';
}

/** Of the texts, with the database's name taken out: the same for every app. */
export const checksum = (migration: Migration): string => createHash('sha256').update(migration.statements('database').join(';\n')).digest('hex');

/** What is left to apply. Throws a MigrationError where an applied migration is not what it was. */
export function pending(migrations: readonly Migration[], applied: ReadonlyMap<string, string>): readonly Migration[] {
  return migrations.filter((migration) => {
    const recorded = applied.get(migration.id);
    if (recorded !== undefined && recorded !== checksum(migration)) {
      throw new MigrationError(`migration ${migration.id} is not the one that was applied to this database: restore its text and put the change into a new migration`);
    }
    return recorded === undefined;
  });
}

/** Creates the database where it is missing and applies what is left; gives the ids applied. The client need not be connected to that database. `cluster`: see onCluster. */
export async function migrate(clickhouse: ClickHouse, database: string, migrations: readonly Migration[] = MIGRATIONS, cluster: string | null = null): Promise<string[]> {
  const log = `${quoted(database)}.migrations`;
  // Looks first: whoever may not make tables need not, where everything is there.
  if ((await clickhouse.query("SELECT 1 FROM system.tables WHERE database = {database:String} AND name = 'migrations'", { database })).length === 0) await makeLog((statement) => clickhouse.command(onCluster(statement, cluster)), database, log);
  const rows = await clickhouse.query<{ id: string; checksum: string }>(`SELECT id, checksum FROM ${log} FINAL`);
  const todo = pending(migrations, new Map(rows.map((row) => [row.id, row.checksum])));
  const rights = todo.length === 0 ? new Map<string, string>() : await viewRights(clickhouse, database);
  for (const migration of todo) {
    for (const statement of migration.statements(database)) await clickhouse.command(onCluster(keepingRights(statement, rights), cluster));
    await clickhouse.insert(log, [{ id: migration.id, checksum: checksum(migration) }], `migration-${migration.id}`);
  }
  return todo.map(({ id }) => id);
}

async function makeLog(command: (statement: string) => Promise<void>, database: string, log: string): Promise<void> {
  await command(databaseStatement(database));
  await command(
    `CREATE TABLE IF NOT EXISTS ${log} (id String COMMENT 'Name of the migration.', checksum String COMMENT 'SHA-256 of its statements.', applied_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When it was first applied.')
ENGINE = ReplacingMergeTree ORDER BY id COMMENT 'Migrations that were applied to this database.'`,
  );
}
