/** Rows of `challenges` and `challenges_current` as the records that they were. */
import type { Challenge } from '../../../schemas/records.ts';
import type { Ask } from './ask.ts';

const TIMES = ['opened_at', 'evaluated_at', 'window_from', 'window_to'] as const;
const PLAIN = [
  'challenge_id', 'rule_id', 'rule_version', 'dimension', 'stage', 'feature', 'signal_class', 'fingerprint', 'status', 'model_version', 'evaluated_to', 'group_id', 'evidence', 'teams', 'sample_event_ids', 'summary', 'resolution',
] as const;
// Aliases other than the columns' own names, which WHERE and ORDER BY would take otherwise.
const COLUMNS = [...PLAIN, ...TIMES.map((name) => `toUnixTimestamp64Milli(${name}) AS ${name}_ms`), 'toUnixTimestamp64Milli(resolved_at) AS resolved_at_ms'].join(', ');

type Row = Omit<Challenge, (typeof TIMES)[number] | 'resolved_at'> & Readonly<Record<`${(typeof TIMES)[number] | 'resolved_at'}_ms`, number>>;

/** `rest`: WHERE, ORDER BY and LIMIT. */
export async function readChallenges(ask: Ask, view: 'challenges' | 'challenges_current', rest: string, parameters: Readonly<Record<string, unknown>> = {}): Promise<Challenge[]> {
  const rows = await ask<Row>(`SELECT ${COLUMNS} FROM ${view} ${rest}`, parameters);
  return rows.map(({ opened_at_ms: opened_at, evaluated_at_ms: evaluated_at, window_from_ms: window_from, window_to_ms: window_to, resolved_at_ms: resolved, ...plain }) => ({
    ...plain, opened_at, evaluated_at, window_from, window_to, resolved_at: plain.status === 'resolved' ? resolved : null,
  }));
}
