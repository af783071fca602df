/** The watch list from ClickHouse, and the team that a team-local finding is about: a Finding has no field for it, the signals have it. */
import type { ClickHouse } from '../../../infra/ports.ts';
import type { Finding } from '../../../schemas/records.ts';
import { localTeamOf } from '../rules/evaluate.ts';
import type { Rule } from '../rules/rules.ts';
import { FEWEST_SHOWN } from '../rules/shownTeams.ts';
import { startOfDay, windowOf } from '../time.ts';
import type { TeamRow } from './compare.ts';
import { allTeamsSql } from './sql.ts';

/** A row of the view `watch_list`; `evaluated_at` in ms. */
export interface Watched extends Omit<Finding, 'state' | 'model_version'> {
  readonly rank: number;
  readonly kind: 'holds' | 'near' | 'team-local';
  readonly missing: number;
  readonly missing_level: string;
  readonly missing_week_ago: number | null;
  readonly trend: 'nearer' | 'farther' | 'steady' | 'new';
  readonly days: number;
}

const PLAIN = ['rank', 'kind', 'rule_id', 'stage', 'feature', 'signal_class', 'fingerprint', 'missing', 'missing_level', 'missing_week_ago', 'trend', 'days', 'evaluated_to', 'evidence'] as const;

/** The first `limit` rows, in order. */
export async function readWatchList(clickhouse: ClickHouse, limit: number): Promise<Watched[]> {
  const rows = await clickhouse.query<Omit<Watched, 'evaluated_at'> & { readonly at_ms: number }>(
    `SELECT ${PLAIN.join(', ')}, toUnixTimestamp64Milli(evaluated_at) AS at_ms FROM watch_list ORDER BY rank LIMIT {limit:UInt32} SETTINGS output_format_json_named_tuples_as_objects = 1`,
    { limit },
  );
  return rows.map(({ at_ms: at, ...row }) => ({ ...row, evaluated_at: at }));
}

/** The team of a team-local finding; null where the signals do not give it (any more), or it has fewer than five users. */
export async function teamOf(clickhouse: ClickHouse, watched: Watched, rule: Rule): Promise<string | null> {
  const rows = await clickhouse.query<TeamRow>(allTeamsSql({ ...watched, window_from: startOfDay(windowOf(watched.evaluated_at).first) }, rule));
  const team = localTeamOf(rows.map(({ team: name, ...counts }) => [name, counts] as const), rule);
  return rows.some((row) => row.team === team && row.eligible >= FEWEST_SHOWN) ? team : null;
}
