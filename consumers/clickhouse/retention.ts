/**
 * How long rows stay, as TTL of the raw tables. What a setting does not name is left as it is, also where somebody has set it by hand; a statement is
 * made only where the table has another one, so that several instances, and those who may alter nothing, pass.
 */
import type { ClickHouse } from '../../infra/ports.ts';
import type { Settings } from '../../infra/settings.ts';
import { quoted } from './ddl.ts';

type Retention = Settings['clickhouse']['retention'];
type Kind = keyof Retention;

const DAY_MS = 86_400_000;
/** By the time of ours that the row has, not by `occurred_at`, which is the client's: it may be any time at all. */
const TIMES: Readonly<Record<Kind, string>> = { events: 'received_at', signals: 'received_at', findings: 'evaluated_at', dead_letters: 'failed_at' };
/** Within what a DateTime holds, with years to add: beyond it times begin again at 1970, and the row would go at once. */
const BOUNDED = (column: string): string => `toDateTime(least(greatest(${column}, toDateTime64('1970-01-01 00:00:00', 3, 'UTC')), toDateTime64('2090-01-01 00:00:00', 3, 'UTC')), 'UTC')`;

const tableOf = (database: string, kind: Kind): string => `${quoted(database)}.${quoted(`${kind}_raw`)}`;

/** The days that a table's engine clause, as ClickHouse writes it, says; null: no TTL, NaN: one that is not ours. */
export function daysOf(engine: string): number | null {
  const ttl = / TTL ([\s\S]+?)(?: SETTINGS |$)/.exec(engine)?.[1];
  return ttl === undefined ? null : Number(/ \+ toIntervalDay\((\d+)\)$/.exec(ttl)?.[1] ?? NaN);
}

/** Pure. `engines`: per raw table its engine clause. */
export function retentionStatements(database: string, wanted: Retention, engines: ReadonlyMap<string, string>): string[] {
  return (Object.keys(TIMES) as Kind[]).flatMap((kind) => {
    const setting = wanted[kind];
    const days = daysOf(engines.get(`${kind}_raw`) ?? '');
    if (setting === null) return [];
    if (setting === 'off') return days === null ? [] : [`ALTER TABLE ${tableOf(database, kind)} REMOVE TTL`];
    const most = Math.ceil(setting / DAY_MS);
    return days === most ? [] : [`ALTER TABLE ${tableOf(database, kind)} MODIFY TTL ${BOUNDED(TIMES[kind])} + toIntervalDay(${most})`];
  });
}

/** After the migrations; gives the statements that it has carried out. `command`: carries one out, on a cluster too. */
export async function applyRetention(clickhouse: ClickHouse, database: string, wanted: Retention, command: (statement: string) => Promise<void>): Promise<string[]> {
  if (Object.values(wanted).every((setting) => setting === null)) return [];
  const rows = await clickhouse.query<{ name: string; engine_full: string }>('SELECT name, engine_full FROM system.tables WHERE database = {database:String}', { database });
  const statements = retentionStatements(database, wanted, new Map(rows.map(({ name, engine_full }) => [name, engine_full])));
  for (const statement of statements) await command(statement);
  return statements;
}
