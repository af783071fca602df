/** A challenge from ClickHouse, as the record that it was. */
import type { ClickHouse } from '../../../infra/ports.ts';
import type { Challenge } from '../../../schemas/records.ts';

const TIMES = ['opened_at', 'evaluated_at', 'window_from', 'window_to'] as const;
const PLAIN = [
  'challenge_id', 'rule_id', 'rule_version', 'dimension', 'stage', 'feature', 'signal_class', 'fingerprint', 'status', 'model_version', 'evaluated_to', 'group_id', 'evidence', 'teams', 'sample_event_ids', 'summary', 'resolution',
] as const;

// Aliases other than the columns' own names, which the ORDER BY would take otherwise.
const COLUMNS = [...PLAIN, ...TIMES.map((name) => `toUnixTimestamp64Milli(${name}) AS ${name}_ms`), 'toUnixTimestamp64Milli(resolved_at) AS resolved_at_ms'].join(', ');

type Milliseconds = Readonly<Record<`${(typeof TIMES)[number]}_ms`, number>> & { readonly resolved_at_ms: number | null };

/** Every transition, in order; none where there is no such challenge. */
export async function readTransitions(clickhouse: ClickHouse, challengeId: string): Promise<Challenge[]> {
  const rows = await clickhouse.query<Omit<Challenge, (typeof TIMES)[number] | 'resolved_at'> & Milliseconds>(
    `SELECT ${COLUMNS} FROM challenges WHERE challenge_id = {id:String} ORDER BY evaluated_at, indexOf(['opened', 'updated', 'resolved'], toString(status)) SETTINGS output_format_json_named_tuples_as_objects = 1`,
    { id: challengeId },
  );
  return rows.map(({ opened_at_ms, evaluated_at_ms, window_from_ms, window_to_ms, resolved_at_ms, ...plain }) => ({
    ...plain, opened_at: opened_at_ms, evaluated_at: evaluated_at_ms, window_from: window_from_ms, window_to: window_to_ms, resolved_at: resolved_at_ms,
  }));
}
