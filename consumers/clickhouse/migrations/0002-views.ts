/** Views for questions, over the exact views: nothing here counts a row twice. Applied: never change this file, add a migration. */
import { quoted, view, type Column } from '../ddl.ts';
import { TABLES } from './0001-tables.ts';

const TIME = "DateTime64(3, 'UTC')";
const WORD = 'LowCardinality(String)';
/** Far enough for `t < valid_to` to hold for as long as the level does: null would make every comparison false. */
const STILL = "toDateTime64('2299-12-31 00:00:00', 3, 'UTC')";
const INFINITE_MS = '9223372036854775807';

function columnsOf(table: string): readonly Column[] {
  const found = TABLES.find(({ name }) => name === table);
  if (found === undefined) throw new Error(`no table ${table}`);
  return found.columns.filter(({ raw }) => raw !== true);
}

export function views(database: string): string[] {
  const from = (name: string): string => `${quoted(database)}.${quoted(name)}`;
  const challenges = columnsOf('challenges');
  const levels = columnsOf('expertise_levels');
  return [
    view(database, {
      name: 'challenges_current',
      comment: 'Each challenge as it stands: its last transition. Open ones have a status other than resolved.',
      columns: challenges,
      select: `SELECT ${challenges.map(({ name }) => quoted(name)).join(', ')}\nFROM ${from('challenges')}\nORDER BY challenge_id, evaluated_at DESC, indexOf(['opened', 'updated', 'resolved'], toString(status)) DESC\nLIMIT 1 BY challenge_id`,
    }),
    view(database, {
      name: 'expertise_current',
      comment: 'Each user\'s newest level.',
      columns: levels,
      select: `SELECT ${levels.map(({ name }) => quoted(name)).join(', ')}\nFROM ${from('expertise_levels')}\nORDER BY user_id, since DESC\nLIMIT 1 BY user_id`,
    }),
    view(database, {
      name: 'expertise_history',
      comment: 'Levels as intervals: a user had the level at t where valid_from <= t < valid_to. Intervals of a user do not overlap.',
      columns: [
        { name: 'user_id', type: 'String', comment: 'The user.' },
        { name: 'level', type: WORD, comment: 'The level.' },
        { name: 'valid_from', type: TIME, comment: 'First moment of the level.' },
        { name: 'valid_to', type: TIME, comment: 'First moment of the next level; 2299-12-31 where there is none yet.' },
        { name: 'model_version', type: 'Int64', comment: 'Training tick (epoch ms) of the model that gave it.' },
        { name: 'score', type: 'Nullable(Float64)', comment: 'Mean of the scaled features.' },
      ],
      select: `SELECT user_id, level, since AS valid_from,\n  leadInFrame(since, 1, ${STILL}) OVER (PARTITION BY user_id ORDER BY since ASC ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS valid_to,\n  model_version, score\nFROM ${from('expertise_levels')}`,
    }),
    view(database, {
      name: 'stage_health',
      comment: 'Per day (UTC, of occurred_at), stage and level that the users had at the time. Late signals, which count nowhere, are left out. The raw measures behind the rules, not the rules: those look at users over 14 days.',
      columns: [
        { name: 'day', type: 'Date', comment: 'UTC day of occurred_at.' },
        { name: 'stage', type: WORD, comment: 'Stage of the life cycle.' },
        { name: 'level', type: WORD, comment: 'Level at the time; unclassified where none was known.' },
        { name: 'users', type: 'UInt64', comment: 'Distinct users with a signal.' },
        { name: 'users_with_errors', type: 'UInt64', comment: 'Distinct users with an error.' },
        { name: 'actions', type: 'UInt64', comment: 'Action signals.' },
        { name: 'errors', type: 'UInt64', comment: 'Error signals.' },
        { name: 'completed', type: 'UInt64', comment: 'Attempts that were completed.' },
        { name: 'failed', type: 'UInt64', comment: 'Attempts that failed.' },
        { name: 'abandoned', type: 'UInt64', comment: 'Attempts that were abandoned, said or by timer.' },
        { name: 'abandonment', type: 'Nullable(Float64)', comment: '(abandoned + failed) / ended attempts; null where none ended.' },
        { name: 'median_completion_ms', type: 'Nullable(Int64)', comment: 'Lower median of the durations of attempts, those without an end counted as infinite; null where that is infinite or nothing ended.' },
      ],
      select: [
        'SELECT toDate(s.occurred_at) AS day, s.stage AS stage,',
        "  toLowCardinality(if(h.level = '', 'unclassified', toString(h.level))) AS level,",
        "  uniqExact(s.user_id) AS users, uniqExactIf(s.user_id, s.class = 'error') AS users_with_errors,",
        "  countIf(s.class = 'action') AS actions, countIf(s.class = 'error') AS errors,",
        "  countIf(s.outcome = 'completed') AS completed, countIf(s.outcome = 'failed') AS failed, countIf(s.outcome = 'abandoned') AS abandoned,",
        '  if(completed + failed + abandoned = 0, NULL, (failed + abandoned) / (completed + failed + abandoned)) AS abandonment,',
        `  nullIf(if(countIf(s.measure = 'completion') = 0, NULL, quantileExactLowIf(0.5)(if(ifNull(s.censored, false), ${INFINITE_MS}, ifNull(s.duration_ms, 0)), ifNull(s.measure = 'completion', false))), ${INFINITE_MS}) AS median_completion_ms`,
        `FROM ${from('signals')} AS s`,
        `ASOF LEFT JOIN ${from('expertise_history')} AS h ON s.user_id = h.user_id AND s.occurred_at >= h.valid_from`,
        "WHERE s.properties['late'] != 'true'",
        'GROUP BY day, stage, level',
      ].join('\n'),
    }),
  ];
}
