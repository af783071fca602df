/** How users get on: their changes of level, and how far each came. Applied: never change this file, add a migration. */
import { quoted, view, type Column } from '../ddl.ts';

const TIME = "DateTime64(3, 'UTC')";
const WORD = 'LowCardinality(String)';
const STAGES = ['data', 'features', 'training', 'deployment'] as const;
/** From the least to the most at home; levels that are not on this ladder (infrequent, unclassified, machine) have no direction. */
const LADDER = "['beginner', 'intermediate', 'expert']";

const column = (name: string, type: string, comment: string): Column => ({ name, type, comment });

export function journeys(database: string): string[] {
  const from = (name: string): string => `${quoted(database)}.${quoted(name)}`;
  return [
    view(database, {
      name: 'level_transitions',
      comment: 'Every change from one level to another: one row per (user_id, since). A user\'s first level is no change.',
      columns: [
        column('user_id', 'String', 'The user.'),
        column('since', TIME, 'When the new level began.'),
        column('from_level', WORD, 'The level before.'),
        column('to_level', WORD, 'The new level.'),
        column('direction', WORD, 'up or down between beginner, intermediate and expert; other where one of the two is another level.'),
        column('days_before', 'Float64', 'Days that the level before had lasted.'),
        column('model_version', 'Int64', 'Training tick (epoch ms) of the model that gave the new level.'),
      ],
      select: [
        'SELECT user_id, changed_at AS since, before AS from_level, now AS to_level,',
        `  toLowCardinality(multiIf(indexOf(${LADDER}, before) = 0 OR indexOf(${LADDER}, now) = 0, 'other', indexOf(${LADDER}, now) > indexOf(${LADDER}, before), 'up', 'down')) AS direction,`,
        '  (toUnixTimestamp64Milli(changed_at) - toUnixTimestamp64Milli(began_at)) / 86400000 AS days_before, version AS model_version',
        'FROM (',
        // Levels that are told again without a change (a new model, the same level) begin no new one.
        '  SELECT user_id, since AS changed_at, toString(level) AS now, model_version AS version,',
        "    lagInFrame(toString(level), 1, '') OVER w AS before, lagInFrame(since, 1, since) OVER w AS began_at",
        '  FROM (',
        "    SELECT user_id, since, level, model_version, lagInFrame(toString(level), 1, '') OVER (PARTITION BY user_id ORDER BY since ASC ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS told_before",
        `    FROM ${from('expertise_levels')}`,
        '  )',
        '  WHERE toString(level) != told_before',
        '  WINDOW w AS (PARTITION BY user_id ORDER BY since ASC ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)',
        ')',
        "WHERE before != ''",
      ].join('\n'),
    }),
    view(database, {
      name: 'journeys',
      comment: 'How far each user came through the four stages: one row per user_id with a signal. Late signals, which count nowhere, are left out.',
      columns: [
        column('user_id', 'String', 'The user.'),
        column('team', WORD, 'Team, as of the latest signal.'),
        column('level', WORD, 'The present level; unclassified where none is known.'),
        column('first_at', TIME, 'First signal.'),
        column('last_at', TIME, 'Latest signal.'),
        ...STAGES.flatMap((stage) => [
          column(`${stage}_tried_at`, `Nullable(${TIME})`, `First signal of the stage ${stage}; null where there is none.`),
          column(`${stage}_done_at`, `Nullable(${TIME})`, `First completed attempt of the stage ${stage}; null where there is none.`),
        ]),
        column('furthest', WORD, 'The last of the four stages with a signal.'),
        column('expert_at', `Nullable(${TIME})`, 'When the user was an expert for the first time; null where never.'),
      ],
      select: [
        "SELECT s.user_id AS user_id, s.team AS team, toLowCardinality(if(l.level = '', 'unclassified', toString(l.level))) AS level, s.first_at AS first_at, s.last_at AS last_at,",
        ...STAGES.map((stage) => `  s.${stage}_tried_at AS ${stage}_tried_at, s.${stage}_done_at AS ${stage}_done_at,`),
        `  toLowCardinality(multiIf(${STAGES.toReversed().map((stage) => `isNotNull(s.${stage}_tried_at), '${stage}'`).join(', ')}, '')) AS furthest,`,
        '  nullIf(e.expert_at, toDateTime64(0, 3, \'UTC\')) AS expert_at',
        'FROM (',
        '  SELECT user_id, argMax(user.team, (occurred_at, signal_id)) AS team, min(occurred_at) AS first_at, max(occurred_at) AS last_at,',
        `    ${STAGES.map((stage) => `minOrNullIf(occurred_at, stage = '${stage}') AS ${stage}_tried_at, minOrNullIf(occurred_at, stage = '${stage}' AND outcome = 'completed') AS ${stage}_done_at`).join(',\n    ')}`,
        `  FROM ${from('signals')}`,
        "  WHERE properties['late'] != 'true'",
        '  GROUP BY user_id',
        ') AS s',
        `LEFT JOIN ${from('expertise_current')} AS l ON l.user_id = s.user_id`,
        `LEFT JOIN (SELECT user_id, min(since) AS expert_at FROM ${from('expertise_levels')} WHERE level = 'expert' GROUP BY user_id) AS e ON e.user_id = s.user_id`,
      ].join('\n'),
    }),
  ];
}
