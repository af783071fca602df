/** How the page asks ClickHouse: every question has a limit in time and in rows, and many viewers with one question cost one answer. */
import type { ClickHouse } from '../../../infra/ports.ts';

export type Ask = <Row>(sql: string, parameters?: Readonly<Record<string, unknown>>) => Promise<Row[]>;

/** Ours: longer than that nobody waits for a page, and ClickHouse has others to serve. */
const MAX_SECONDS = 15;
const MAX_ROWS = 50_000;

export function boundedAsk(clickhouse: Pick<ClickHouse, 'query'>): Ask {
  return (sql, parameters = {}) => clickhouse.query(`${sql}\nSETTINGS max_execution_time = ${String(MAX_SECONDS)}, max_result_rows = ${String(MAX_ROWS)}, result_overflow_mode = 'throw', output_format_json_named_tuples_as_objects = 1`, parameters);
}

/** The last answer for `ms` after it came, shared by all who ask meanwhile. While one is awaited no other is asked for, however long it takes: who is slow is not asked on top. A failure is not kept. */
export function remembered<T>(ms: number, now: () => number, get: () => Promise<T>): () => Promise<T> {
  let kept: { readonly answer: Promise<T>; came: number | null } | null = null;
  return () => {
    if (kept !== null && (kept.came === null || now() - kept.came < ms)) return kept.answer;
    const mine: NonNullable<typeof kept> = { answer: get(), came: null };
    kept = mine;
    mine.answer.then(() => { mine.came = now(); }, () => { kept = null; });
    return mine.answer;
  };
}
