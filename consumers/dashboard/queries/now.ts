/** What is open, what was resolved of late, and how the stages have fared. */
import type { NowShape, PulseShape } from '../shapes.ts';
import type { Ask } from './ask.ts';
import { cardOf, type OutlineOf, type TitleOf } from './card.ts';
import { readChallenges } from './challenges.ts';
import { readStates } from './states.ts';

/** Ours: more cards than that are no overview; the newest are shown. */
const MOST_OPEN = 200;
const MOST_RESOLVED = 12;
const PULSE_DAYS = 28;

export async function readNow(ask: Ask, outlineOf: OutlineOf, titleOf: TitleOf): Promise<NowShape> {
  const [open, resolved, [latest], levels, withState] = await Promise.all([
    readChallenges(ask, 'challenges_current', "WHERE status != 'resolved' ORDER BY opened_at DESC, challenge_id LIMIT {most:UInt32}", { most: MOST_OPEN }),
    readChallenges(ask, 'challenges_current', "WHERE status = 'resolved' ORDER BY resolved_at DESC, challenge_id LIMIT {most:UInt32}", { most: MOST_RESOLVED }),
    // Of the raw rows: a row that is there twice has the same time.
    ask<{ rows: number; at: number }>('SELECT count() AS rows, toUnixTimestamp64Milli(max(occurred_at)) AS at FROM events_raw'),
    ask<{ level: string; users: number }>('SELECT toString(level) AS level, count() AS users FROM expertise_current GROUP BY level ORDER BY users DESC'),
    readStates(ask),
  ]);
  return {
    open: open.map((challenge) => withState(cardOf(challenge, outlineOf, titleOf))),
    resolved: resolved.map((challenge) => withState(cardOf(challenge, outlineOf, titleOf))),
    latest_event_at: latest === undefined || latest.rows === 0 ? null : latest.at,
    levels,
  };
}

/** Whole days: that of the latest event has only begun. */
export async function readPulse(ask: Ask): Promise<PulseShape> {
  const days = await ask<PulseShape['days'][number]>(
    `SELECT toString(day) AS day, stage, sum(s.actions) AS actions, sum(s.errors) AS errors, sum(s.completed + s.failed + s.abandoned) AS ended, sum(s.failed + s.abandoned) AS given_up
FROM (SELECT toDate(max(occurred_at)) AS today FROM events_raw) AS e CROSS JOIN stage_health AS s WHERE s.day >= today - {days:UInt16} AND s.day < today AND level NOT IN ('machine') GROUP BY day, stage ORDER BY day, stage`,
    { days: PULSE_DAYS },
  );
  return { days };
}

/** Titles of the catalog's features; a feature without one is called by its id. */
export async function readTitles(ask: Ask): Promise<TitleOf> {
  const rows = await ask<{ feature: string; title: string }>('SELECT feature, title FROM features ORDER BY feature LIMIT 20000');
  const titles = new Map(rows.map(({ feature, title }) => [feature, title]));
  return (feature) => titles.get(feature) ?? feature;
}
