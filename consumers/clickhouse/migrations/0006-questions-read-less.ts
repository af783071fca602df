/**
 * What questions over signals need not read, measured over 100 M of them (docs/clickhouse-tables.md). Applied: never change this file, add a migration.
 *
 * `late` as a column: it is a property of few signals, and asking for it read every property of every signal. Rows of before have it too: where it is not stored yet, reading makes it.
 * FINAL within a partition: the partition is the topic's, a function of the user, who is in the row id, so that no row id is in two. A partition that is merged into one part is
 * then read without looking for rows that are there twice, and without the columns that this needs.
 */
import { exactView, quoted, type Column, type Table } from '../ddl.ts';
import { TABLES } from './0001-tables.ts';
import { views } from './0002-views.ts';
import { journeys } from './0004-journeys.ts';

const LATE: Column = { name: 'late', type: 'Bool', value: "MATERIALIZED properties['late'] = 'true'", comment: 'A finish after the task had counted as abandoned: it counts nowhere.' };
const WITHIN_A_PARTITION = { do_not_merge_across_partitions_select_final: 1 } as const;

function tableOf(name: string): Table {
  const found = TABLES.find((table) => table.name === name);
  if (found === undefined) throw new Error(`no table ${name}`);
  return found;
}

/** The view of an earlier migration, but for this. */
function changed(statements: readonly string[], name: string, changes: readonly (readonly [before: string, after: string])[]): string {
  const statement = statements.find((one) => one.includes(`.${quoted(name)} (`));
  if (statement === undefined) throw new Error(`no view ${name}`);
  return changes.reduce((text, [before, after]) => {
    if (!text.includes(before)) throw new Error(`${name} has no ${before}`);
    return text.replace(before, after);
  }, statement);
}

export function questionsReadLess(database: string): string[] {
  const signals = tableOf('signals');
  return [
    `ALTER TABLE ${quoted(database)}.${quoted('signals_raw')} ADD COLUMN IF NOT EXISTS late Bool ${LATE.value ?? ''} COMMENT '${LATE.comment}' AFTER properties`,
    exactView(database, { ...signals, columns: [...signals.columns, LATE] }, WITHIN_A_PARTITION),
    changed(views(database), 'stage_health', [["s.properties['late'] != 'true'", 'NOT s.late']]),
    // Of several signals of one millisecond the last in the log is the latest, as it was by a hash of 32 letters.
    changed(journeys(database), 'journeys', [["properties['late'] != 'true'", 'NOT late'], ['(occurred_at, signal_id)', '(occurred_at, origin_offset, ordinal)']]),
  ];
}
