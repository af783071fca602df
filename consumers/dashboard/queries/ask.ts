/** How the page asks ClickHouse: every question has a limit in time and in rows, and many viewers with one question cost one answer. */
import type { ClickHouse } from '../../../infra/ports.ts';

export type Ask = <Row>(sql: string, parameters?: Readonly<Record<string, unknown>>) => Promise<Row[]>;

/** Ours: longer than that nobody waits for a page, and ClickHouse has others to serve. */
const MAX_SECONDS = 15;
const MAX_ROWS = 50_000;

export function boundedAsk(clickhouse: Pick<ClickHouse, 'query'>): Ask {
  return (sql, parameters = {}) => clickhouse.query(`${sql}\nSETTINGS max_execution_time = ${String(MAX_SECONDS)}, max_result_rows = ${String(MAX_ROWS)}, result_overflow_mode = 'throw', output_format_json_named_tuples_as_objects = 1`, parameters);
}

/** The last answer for `ms`, shared by all who ask meanwhile; a failure is not kept. */
export function remembered<T>(ms: number, now: () => number, get: () => Promise<T>): () => Promise<T> {
  let kept: { readonly at: number; readonly answer: Promise<T> } | null = null;
  return () => {
    if (kept !== null && now() - kept.at < ms) return kept.answer;
    const mine = { at: now(), answer: get() };
    kept = mine;
    mine.answer.catch(() => {
      if (kept === mine) kept = null;
    });
    return mine.answer;
  };
}
