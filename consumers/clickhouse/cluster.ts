/**
 * The same tables on a cluster of one shard with several replicas: every statement ON CLUSTER, every table replicated through Keeper. Statements are
 * changed on their way and not in the migrations, whose texts (and checksums) are the same everywhere.
 */
import { quoted } from './ddl.ts';

/** Ours: a batch may be sent again after ClickHouse or the sink has been away for so long; without replication no time limits it. */
const REMEMBERED_SECONDS = 30 * 24 * 3_600;

const NAME = '`(?:[^`\\\\]|\\\\.)+`';
const TABLE = new RegExp(`^CREATE TABLE IF NOT EXISTS ${NAME}\\.${NAME}`);
/** What stands before ON CLUSTER. */
const SUBJECTS = [new RegExp(`^CREATE DATABASE IF NOT EXISTS ${NAME}`), TABLE, new RegExp(`^CREATE OR REPLACE VIEW ${NAME}\\.${NAME}`), new RegExp(`^ALTER TABLE ${NAME}\\.${NAME}`), new RegExp(`^DROP (?:VIEW|TABLE) IF EXISTS ${NAME}\\.${NAME}`)];

const text = (value: string): string => `'${value.replace(/[\\']/g, '\\$&')}'`;

/** `cluster`: its name, or a macro of the servers like `{cluster}`; null: one server. Throws where it does not know the statement. */
export function onCluster(statement: string, cluster: string | null): string {
  if (cluster === null) return statement;
  const subject = SUBJECTS.map((pattern) => pattern.exec(statement)?.[0]).find((found) => found !== undefined);
  if (subject === undefined) throw new Error(`no form for a cluster of: ${statement.slice(0, 60)}`);
  const there = `${subject} ON CLUSTER ${text(cluster)}${statement.slice(subject.length)}`;
  return TABLE.test(statement) ? replicated(there) : there;
}

/** The path is a function of the names, not of a UUID: a replica that is added later, and is given the same statements, joins the others. */
function replicated(statement: string): string {
  const place = "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'";
  let engines = 0;
  const table = statement
    .replace(/\nENGINE = ReplacingMergeTree(?:\(([^)]*)\))?/, (_engine, version: string | undefined) => {
      engines += 1;
      return `\nENGINE = ReplicatedReplacingMergeTree(${place}${version === undefined ? '' : `, ${version}`})`;
    })
    .replace(/\nSETTINGS non_replicated_deduplication_window = (\d+)/, `\nSETTINGS replicated_deduplication_window = $1, replicated_deduplication_window_seconds = ${REMEMBERED_SECONDS}`);
  if (engines !== 1) throw new Error(`no form for a cluster of: ${statement.slice(0, 60)}`);
  return table;
}

/** The statement that makes the database of an app. */
export const databaseStatement = (database: string): string => `CREATE DATABASE IF NOT EXISTS ${quoted(database)}`;
