/** What people did about challenges, where each stands by it, and how useful they found them. Applied: never change this file, add a migration. */
import { exactView, quoted, rawTable, view, type Column, type Table } from '../ddl.ts';

const TIME = "DateTime64(3, 'UTC')";
const WORD = 'LowCardinality(String)';
const LONG_TEXT = 'ZSTD(1)';

const column = (name: string, type: string, comment: string, codec?: string): Column => ({ name, type, comment, ...(codec === undefined ? {} : { codec }) });

export const ACTIONS: Table = {
  name: 'challenge_actions',
  comment: 'What people did about challenges: topic challenge.actions, one row per action_id. See challenge_states for where each challenge stands by it.',
  columns: [
    column('action_id', 'String', 'Names the action: a retry has the same.'), column('challenge_id', 'String', 'The challenge.'),
    column('kind', WORD, 'acknowledged, snoozed, assigned, commented, fixed, useful, not_useful, reopened (takes back acknowledged, snoozed and fixed).'),
    column('at', TIME, 'When the service took it.'), column('by', 'String', 'Who.'), column('until', `Nullable(${TIME})`, 'Of snoozed: until when.'),
    column('assignee', 'Nullable(String)', 'Of assigned: to whom; null: to nobody any more.'), column('text', 'Nullable(String)', 'What they wrote.', LONG_TEXT),
    { ...column('_partition', 'UInt16', 'Partition of the record in its topic.'), raw: true },
    { ...column('_offset', 'UInt64', 'Offset of the record in its topic.'), raw: true },
    { name: '_version', type: 'UInt64', value: 'MATERIALIZED bitNot(bitShiftLeft(_offset, 16) + _partition)', comment: 'Highest for the record that came first: the first wins.', raw: true },
  ],
  version: '_version',
  orderBy: 'action_id',
};

/** The one order of a challenge's actions: of those of one millisecond, by id. */
const ORDER = '(at, action_id)';
/** Of those after the last reopening, the last of a kind; null where there is none. Nullable within a tuple, since an aggregate passes over nulls. */
const lastOf = (kind: string, value: string): string => `argMaxIf(tuple(toNullable(${value})), ${ORDER}, kind = '${kind}' AND ${ORDER} > reopened).1`;

export function challengeActions(database: string): string[] {
  const from = (name: string): string => `${quoted(database)}.${quoted(name)}`;
  // One vote per person and challenge: the last.
  const votes = `SELECT challenge_id, by, argMax(toString(kind), ${ORDER}) AS vote FROM ${from('challenge_actions')} WHERE kind IN ('useful', 'not_useful') GROUP BY challenge_id, by`;
  return [
    rawTable(database, ACTIONS),
    exactView(database, ACTIONS),
    view(database, {
      name: 'challenge_states',
      comment: 'Where each challenge stands by what people did about it: one row per challenge_id with an action.',
      columns: [
        column('challenge_id', 'String', 'The challenge.'),
        column('acknowledged_at', `Nullable(${TIME})`, 'When it was last acknowledged; null where never, or reopened since.'), column('acknowledged_by', 'Nullable(String)', 'By whom.'),
        column('snoozed_until', `Nullable(${TIME})`, 'Until when it was last snoozed, which may be over; null where never, or reopened since.'),
        column('assignee', 'Nullable(String)', 'Who has it; null: nobody.'),
        column('fixed_at', `Nullable(${TIME})`, 'When it was last marked fixed; null where never, or reopened since.'), column('fixed_by', 'Nullable(String)', 'By whom.'),
        column('useful', 'UInt64', 'People whose last vote is that it is useful.'), column('not_useful', 'UInt64', 'People whose last vote is that it is not.'),
        column('comments', 'UInt64', 'Number of comments.'), column('last_at', TIME, 'Latest action of any kind.'),
      ],
      select: [
        `SELECT challenge_id, ${lastOf('acknowledged', 'at')} AS acknowledged_at, ${lastOf('acknowledged', 'by')} AS acknowledged_by, ${lastOf('snoozed', 'until')} AS snoozed_until,`,
        `  argMaxIf(tuple(assignee), ${ORDER}, kind = 'assigned').1 AS assignee, ${lastOf('fixed', 'at')} AS fixed_at, ${lastOf('fixed', 'by')} AS fixed_by,`,
        "  uniqExactIf(by, vote = 'useful') AS useful, uniqExactIf(by, vote = 'not_useful') AS not_useful, countIf(kind = 'commented') AS comments, max(at) AS last_at",
        'FROM (',
        `  SELECT *, maxIf(${ORDER}, kind = 'reopened') OVER (PARTITION BY challenge_id) AS reopened,`,
        `    argMaxIf(toString(kind), ${ORDER}, kind IN ('useful', 'not_useful')) OVER (PARTITION BY challenge_id, by) AS vote`,
        `  FROM ${from('challenge_actions')}`,
        ')',
        'GROUP BY challenge_id',
      ].join('\n'),
    }),
    view(database, {
      name: 'challenge_precision',
      comment: 'How useful people found the challenges that opened in a week: one row per week and dimension with a vote. A person has one vote per challenge, the last.',
      columns: [
        column('week', 'Date', 'Monday of the week (UTC) in which the challenges opened.'), column('dimension', WORD, 'ET (teach) or SoP (simplify).'),
        column('useful', 'UInt64', 'Votes that a challenge is useful.'), column('not_useful', 'UInt64', 'Votes that it is not.'), column('precision', 'Float64', 'Share of the votes that are useful (0-1).'),
      ],
      select: [
        "SELECT toStartOfWeek(opened_at, 1, 'UTC') AS week, dimension, countIf(vote = 'useful') AS useful, countIf(vote = 'not_useful') AS not_useful, countIf(vote = 'useful') / count() AS precision",
        `FROM (${votes}) AS votes INNER JOIN ${from('challenges_current')} AS challenges USING (challenge_id)`,
        'GROUP BY week, dimension',
      ].join('\n'),
    }),
  ];
}
