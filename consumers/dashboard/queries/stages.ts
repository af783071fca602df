/** The stages: time, errors and what is given up, week by week and level, and of the last 28 days by team. A number is there where it rests on five users or more: of those who were there at all fewer may have ended an attempt. */
import type { StageMeasure, StagesShape } from '../shapes.ts';
import type { Ask } from './ask.ts';
import { FEWEST_SHOWN, isFew } from './few.ts';
import { DAY_MS, mondayBefore } from './latest.ts';

const WEEKS = 13;
const TEAM_DAYS = 28;
const INFINITE_MS = '9223372036854775807';

/** Users behind each number: who acted or met an error, who ended an attempt, whose time was taken. */
const RESTS_ON = "uniqExactIf(s.user_id, s.class IN ('action', 'error')) AS acting, uniqExactIf(s.user_id, ifNull(s.outcome IN ('completed', 'failed', 'abandoned'), false)) AS ending, uniqExactIf(s.user_id, ifNull(s.measure = 'completion', false)) AS timed";

interface RestsOn {
  readonly acting: number;
  readonly ending: number;
  readonly timed: number;
}
type Counted<Row> = Omit<Row, 'few'> & RestsOn;

function shown<Row extends RestsOn>({ acting, ending, timed, ...row }: Row) {
  const few: StageMeasure[] = [...(isFew(ending) ? ['given_up' as const] : []), ...(isFew(acting) ? ['errors' as const] : []), ...(isFew(timed) ? ['time' as const] : [])];
  return { ...row, few, ...(isFew(acting) ? { actions: null, errors: null } : {}), ...(isFew(ending) ? { ended: null, given_up: null } : {}) };
}

export async function readStages(ask: Ask, latest: number | null): Promise<StagesShape> {
  if (latest === null) return { weeks: [], teams: [] };
  const [weeks, teams] = await Promise.all([
    ask<Counted<StagesShape['weeks'][number]>>(
      `SELECT toString(toMonday(s.occurred_at)) AS week, s.stage AS stage, if(h.level = '', 'unclassified', toString(h.level)) AS level, ${RESTS_ON},
  countIf(s.class = 'action') AS actions, countIf(s.class = 'error') AS errors, countIf(s.outcome IN ('completed', 'failed', 'abandoned')) AS ended, countIf(s.outcome IN ('failed', 'abandoned')) AS given_up,
  if(countIf(s.measure = 'completion') = 0, NULL, nullIf(quantileExactLowIf(0.5)(if(ifNull(s.censored, false), ${INFINITE_MS}, ifNull(s.duration_ms, 0)), ifNull(s.measure = 'completion', false)), ${INFINITE_MS})) AS median_ms
FROM signals AS s ASOF LEFT JOIN expertise_history AS h ON s.user_id = h.user_id AND s.occurred_at >= h.valid_from
WHERE s.occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND NOT s.late AND level IN ('beginner', 'intermediate', 'expert', 'infrequent')
GROUP BY week, stage, level HAVING uniqExact(s.user_id) >= {fewest:UInt8} ORDER BY week, stage, level LIMIT 2000`,
      { from: mondayBefore(latest) - WEEKS * 7 * DAY_MS, fewest: FEWEST_SHOWN },
    ),
    ask<Counted<StagesShape['teams'][number]>>(
      `SELECT s.stage AS stage, s.user.team AS team, uniqExact(s.user_id) AS users, ${RESTS_ON}, countIf(s.class = 'action') AS actions, countIf(s.class = 'error') AS errors,
  countIf(s.outcome IN ('completed', 'failed', 'abandoned')) AS ended, countIf(s.outcome IN ('failed', 'abandoned')) AS given_up, round(sumIf(s.duration_ms, s.measure = 'completion') / 3.6e6, 1) AS hours
FROM signals AS s WHERE s.occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND NOT s.late AND s.user.role != 'service'
GROUP BY stage, team HAVING users >= {fewest:UInt8} ORDER BY stage, team LIMIT 2000`,
      { from: latest - TEAM_DAYS * DAY_MS, fewest: FEWEST_SHOWN },
    ),
  ]);
  return {
    weeks: weeks.map((row) => shown({ ...row, median_ms: isFew(row.timed) ? null : row.median_ms })),
    teams: teams.map((row) => shown({ ...row, hours: isFew(row.timed) ? null : row.hours })),
  };
}
