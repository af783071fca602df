/** What is open, what was resolved of late, and how the stages have fared. */
import type { NowShape, PulseShape } from '../shapes.ts';
import type { Ask } from './ask.ts';
import { cardOf, type OutlineOf, type TitleOf } from './card.ts';
import { readChallenges } from './challenges.ts';
import { FEWEST_SHOWN, shownLevels } from './few.ts';
import { DAY_MS, midnightBefore } from './latest.ts';
import { readStates } from './states.ts';

/** Ours: more cards than that are no overview; the newest are shown. */
const MOST_OPEN = 200;
const MOST_RESOLVED = 12;
const PULSE_DAYS = 28;

export async function readNow(ask: Ask, outlineOf: OutlineOf, titleOf: TitleOf, latest: number | null): Promise<NowShape> {
  const [open, resolved, levels, withState] = await Promise.all([
    readChallenges(ask, 'challenges_current', "WHERE status != 'resolved' ORDER BY opened_at DESC, challenge_id LIMIT {most:UInt32}", { most: MOST_OPEN }),
    readChallenges(ask, 'challenges_current', "WHERE status = 'resolved' ORDER BY resolved_at DESC, challenge_id LIMIT {most:UInt32}", { most: MOST_RESOLVED }),
    ask<{ level: string; users: number }>('SELECT toString(level) AS level, count() AS users FROM expertise_current GROUP BY level ORDER BY level'),
    readStates(ask),
  ]);
  return {
    open: open.map((challenge) => withState(cardOf(challenge, outlineOf, titleOf))),
    resolved: resolved.map((challenge) => withState(cardOf(challenge, outlineOf, titleOf))),
    latest_event_at: latest,
    levels: shownLevels(levels),
  };
}

/** Whole days: that of the latest event has only begun. A day on which fewer than five users ended an attempt is left out. */
export async function readPulse(ask: Ask, latest: number | null): Promise<PulseShape> {
  if (latest === null) return { days: [] };
  const today = midnightBefore(latest);
  // Not of stage_health, which has no users by what they did. Outcomes are of actions only.
  const days = await ask<PulseShape['days'][number]>(
    `SELECT toString(toDate(s.occurred_at)) AS day, s.stage AS stage, countIf(s.outcome IN ('completed', 'failed', 'abandoned')) AS ended, countIf(s.outcome IN ('failed', 'abandoned')) AS given_up
FROM signals AS s ASOF LEFT JOIN expertise_history AS h ON s.user_id = h.user_id AND s.occurred_at >= h.valid_from
WHERE s.class = 'action' AND s.occurred_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND s.occurred_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC') AND NOT s.late AND h.level NOT IN ('machine')
GROUP BY day, stage HAVING ended = 0 OR uniqExactIf(s.user_id, ifNull(s.outcome IN ('completed', 'failed', 'abandoned'), false)) >= {fewest:UInt8} ORDER BY day, stage`,
    { from: today - PULSE_DAYS * DAY_MS, to: today, fewest: FEWEST_SHOWN },
  );
  return { days };
}

/** Titles of the catalog's features; a feature without one is called by its id. */
export async function readTitles(ask: Ask): Promise<TitleOf> {
  const rows = await ask<{ feature: string; title: string }>('SELECT feature, title FROM features ORDER BY feature LIMIT 20000');
  const titles = new Map(rows.map(({ feature, title }) => [feature, title]));
  return (feature) => titles.get(feature) ?? feature;
}
