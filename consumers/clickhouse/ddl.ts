/**
 * Statements of a migration, from one list of columns per table: the raw table and its exact view cannot drift apart, and both carry the comments.
 * Changing what this file writes changes migrations that were applied: add to it only (test/consumers/clickhouse/migrate.test.ts pins the texts).
 */
export interface Column {
  readonly name: string;
  readonly type: string;
  readonly comment: string;
  readonly codec?: string;
  /** `DEFAULT expr`, `MATERIALIZED expr` or `EPHEMERAL`. */
  readonly value?: string;
  /** Only in the raw table: the view leaves it out. */
  readonly raw?: true;
}

export interface Table {
  /** Name of the exact view; the table behind it is `<name>_raw`. */
  readonly name: string;
  readonly comment: string;
  readonly columns: readonly Column[];
  /** Arguments of ReplacingMergeTree: the row with the highest version wins. */
  readonly version: string;
  /** Functions of the row id only, so that all rows of one id meet: otherwise they would never be one. */
  readonly partitionBy?: string;
  readonly orderBy: string;
}

/** How many inserts ClickHouse remembers per table: a retry comes within a few of them, whatever the number of partitions. Ours. */
const REMEMBERED_INSERTS = 1_000;

export const quoted = (identifier: string): string => `\`${identifier.replace(/[\\`]/g, '\\$&')}\``;
const text = (value: string): string => `'${value.replace(/[\\']/g, '\\$&')}'`;

export function rawTable(database: string, table: Table): string {
  const columns = table.columns.map(({ name, type, value, comment, codec }) => [quoted(name), type, value, `COMMENT ${text(comment)}`, codec === undefined ? undefined : `CODEC(${codec})`].filter((part) => part !== undefined).join(' '));
  return [
    `CREATE TABLE IF NOT EXISTS ${quoted(database)}.${quoted(`${table.name}_raw`)} (\n  ${columns.join(',\n  ')}\n)`,
    `ENGINE = ReplacingMergeTree(${table.version})`,
    ...(table.partitionBy === undefined ? [] : [`PARTITION BY ${table.partitionBy}`]),
    `ORDER BY (${table.orderBy})`,
    `SETTINGS non_replicated_deduplication_window = ${REMEMBERED_INSERTS}`,
    `COMMENT ${text(`Rows as delivered, where a row may come more than once: read ${table.name} instead. ${table.comment}`)}`,
  ].join('\n');
}

/** `settings`: of the view's own reading, whoever asks. */
export function exactView(database: string, table: Table, settings: Readonly<Record<string, number>> = {}): string {
  const columns = table.columns.filter(({ raw }) => raw !== true);
  const set = Object.entries(settings).map(([name, value]) => `${name} = ${value}`).join(', ');
  return view(database, { name: table.name, comment: table.comment, columns, select: `SELECT ${columns.map(({ name }) => quoted(name)).join(', ')}\nFROM ${quoted(database)}.${quoted(`${table.name}_raw`)} FINAL${set === '' ? '' : `\nSETTINGS ${set}`}` });
}

export interface View {
  readonly name: string;
  readonly comment: string;
  readonly columns: readonly Column[];
  readonly select: string;
}

export function view(database: string, { name, comment, columns, select }: View): string {
  return `CREATE OR REPLACE VIEW ${quoted(database)}.${quoted(name)} (\n  ${columns.map((column) => `${quoted(column.name)} ${column.type} COMMENT ${text(column.comment)}`).join(',\n  ')}\n) AS ${select}\nCOMMENT ${text(comment)}`;
}
