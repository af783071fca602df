/** The stages: time, errors and what is given up, week by week and level, and of the last 28 days by team. */
import type { StagesShape } from '../shapes.ts';
import type { Ask } from './ask.ts';

const WEEKS = 13;
const TEAM_DAYS = 28;
/** Of fewer users nothing is said. */
const FEWEST_SHOWN = 5;
const INFINITE_MS = '9223372036854775807';
const LATEST = '(SELECT max(occurred_at) FROM events_raw)';

export async function readStages(ask: Ask): Promise<StagesShape> {
  const [weeks, teams] = await Promise.all([
    ask<StagesShape['weeks'][number]>(
      `SELECT toString(toMonday(s.occurred_at)) AS week, s.stage AS stage, if(h.level = '', 'unclassified', toString(h.level)) AS level,
  countIf(s.class = 'action') AS actions, countIf(s.class = 'error') AS errors, countIf(s.outcome IN ('completed', 'failed', 'abandoned')) AS ended, countIf(s.outcome IN ('failed', 'abandoned')) AS given_up,
  if(countIf(s.measure = 'completion') = 0, NULL, nullIf(quantileExactLowIf(0.5)(if(ifNull(s.censored, false), ${INFINITE_MS}, ifNull(s.duration_ms, 0)), ifNull(s.measure = 'completion', false)), ${INFINITE_MS})) AS median_ms
FROM signals AS s ASOF LEFT JOIN expertise_history AS h ON s.user_id = h.user_id AND s.occurred_at >= h.valid_from
WHERE s.occurred_at >= toMonday(${LATEST}) - toIntervalWeek({weeks:UInt16}) AND s.properties['late'] != 'true' AND level IN ('beginner', 'intermediate', 'expert', 'infrequent')
GROUP BY week, stage, level HAVING uniqExact(s.user_id) >= {fewest:UInt8} ORDER BY week, stage, level LIMIT 2000`,
      { weeks: WEEKS, fewest: FEWEST_SHOWN },
    ),
    ask<StagesShape['teams'][number]>(
      `SELECT stage, user.team AS team, uniqExact(user_id) AS users, countIf(class = 'action') AS actions, countIf(class = 'error') AS errors,
  countIf(outcome IN ('completed', 'failed', 'abandoned')) AS ended, countIf(outcome IN ('failed', 'abandoned')) AS given_up, round(sumIf(duration_ms, measure = 'completion') / 3.6e6, 1) AS hours
FROM signals WHERE occurred_at >= ${LATEST} - toIntervalDay({days:UInt16}) AND properties['late'] != 'true' AND user.role != 'service'
GROUP BY stage, team HAVING users >= {fewest:UInt8} ORDER BY stage, team LIMIT 2000`,
      { days: TEAM_DAYS, fewest: FEWEST_SHOWN },
    ),
  ]);
  return { weeks, teams: teams.map((row) => ({ ...row, hours: row.hours })) };
}
