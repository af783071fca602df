/**
 * Whom views run as is no matter of the migrations: access.sql says so afterwards, to ClickHouse. But CREATE OR REPLACE makes a view that runs as who asks, and whoever
 * may read the view and not the rows behind it could ask nothing until access.sql has run again. So a view that is replaced keeps what its predecessor had.
 */
import type { ClickHouse } from '../../infra/ports.ts';

/** `DEFINER = somebody SQL SECURITY DEFINER`, or `SQL SECURITY NONE`, as ClickHouse shows it between a view's columns and its comment or SELECT. Who asks (INVOKER) is what a new view has anyway. */
const RIGHTS = /\)((?: DEFINER = (?:`(?:[^`\\]|\\.)+`|\w+))? SQL SECURITY (?:DEFINER|NONE)) (?:COMMENT '|AS )/;
const REPLACED = /^CREATE OR REPLACE VIEW `(?:[^`\\]|\\.)+`\.`(\w+)` \([^]*?\n\)(?= AS )/;

/** By view; those that run as who asks are left out. */
export async function viewRights(clickhouse: ClickHouse, database: string): Promise<ReadonlyMap<string, string>> {
  const views = await clickhouse.query<{ name: string; made: string }>("SELECT name, create_table_query AS made FROM system.tables WHERE database = {database:String} AND engine = 'View'", { database });
  return new Map(views.flatMap(({ name, made }) => {
    const rights = rightsOf(made);
    return rights === null ? [] : [[name, rights] as const];
  }));
}

/** `made`: the statement that ClickHouse says a view was made by. */
export const rightsOf = (made: string): string | null => RIGHTS.exec(made)?.[1] ?? null;

/** The statement as it is to run; those of other kinds, and of new views, as they are. */
export function keepingRights(statement: string, rights: ReadonlyMap<string, string>): string {
  const [head, name] = REPLACED.exec(statement) ?? [];
  const kept = name === undefined ? undefined : rights.get(name);
  return head === undefined || kept === undefined ? statement : `${head}${kept}${statement.slice(head.length)}`;
}
