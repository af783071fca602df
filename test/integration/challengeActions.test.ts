/** What people did about challenges, in the views, on real ClickHouse: whatever came twice and in whatever order. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { migrate } from '../../consumers/clickhouse/migrate.ts';
import type { ChallengeAction } from '../../schemas/records.ts';
import * as make from '../consumers/clickhouse/records.ts';
import { withDatabase } from './database.ts';
import { recordInserter } from './sinkRows.ts';

const { clickhouse } = await withDatabase(migrate);
const insert = await recordInserter(clickhouse);
// What came twice stays twice in the raw table: a view that counts it there must not be saved by a merge.
await clickhouse.command('SYSTEM STOP MERGES challenge_actions_raw');

let made = 0;
const act = (challenge_id: string, kind: ChallengeAction['kind'], changes: Partial<ChallengeAction> = {}): ChallengeAction => {
  made += 1;
  return make.challengeAction({ action_id: `a${String(made).padStart(3, '0')}`, challenge_id, kind, at: make.T0 + made * 1_000, ...changes });
};
/** Twice, in parts, the later ones first: what is asked must not see it. */
const insertTwice = async (records: readonly ChallengeAction[]): Promise<void> => {
  for (const round of [0, 1]) {
    for (const [n, record] of [...records.entries()].toReversed()) await insert('challengeActions', 'ChallengeAction', [[1_000 * round + n, record]]);
  }
};

test('challenge_actions: a retry is the same action, and the first wins', async () => {
  await insert('challengeActions', 'ChallengeAction', [[9_001, make.challengeAction({ action_id: 'same', challenge_id: 'retried', text: 'second' })], [9_000, make.challengeAction({ action_id: 'same', challenge_id: 'retried', text: 'first' })]]);
  assert.deepEqual(await clickhouse.query("SELECT text FROM challenge_actions WHERE challenge_id = 'retried'"), [{ text: 'first' }]);
});

test('challenge_states: the last of each kind, none from before a reopening; votes are the last of each person', async () => {
  await insertTwice([
    act('s1', 'acknowledged', { by: 'ada' }), act('s1', 'acknowledged', { by: 'bob' }), act('s1', 'snoozed', { until: make.T0 + 9_000_000 }), act('s1', 'assigned', { assignee: 'eve' }), act('s1', 'commented', { text: 'one' }),
    act('s1', 'commented', { text: 'two' }), act('s1', 'useful', { by: 'ada' }), act('s1', 'not_useful', { by: 'ada' }), act('s1', 'useful', { by: 'bob' }), act('s1', 'fixed', { by: 'eve' }),
    act('s2', 'acknowledged'), act('s2', 'snoozed', { until: make.T0 + 1 }), act('s2', 'fixed'), act('s2', 'assigned', { assignee: 'eve' }), act('s2', 'assigned', { assignee: null }), act('s2', 'reopened'), act('s2', 'acknowledged', { by: 'zoe' }),
    // In one millisecond: the ids decide, of all kinds.
    ...['ann', 'bea', 'cyd'].flatMap((by) => [act('s3', 'assigned', { assignee: by, at: make.T0 + 5 }), act('s3', 'acknowledged', { by, at: make.T0 + 5 })]), act('s3', 'useful', { by: 'ann', at: make.T0 + 5 }), act('s3', 'not_useful', { by: 'ann', at: make.T0 + 5 }),
  ]);
  const rows = await clickhouse.query(
    `SELECT challenge_id, acknowledged_by, toUnixTimestamp64Milli(acknowledged_at) - ${make.T0} AS acknowledged, toUnixTimestamp64Milli(snoozed_until) AS until, assignee, fixed_by, toUnixTimestamp64Milli(fixed_at) - ${make.T0} AS fixed, useful, not_useful, comments,
       toUnixTimestamp64Milli(last_at) - ${make.T0} AS last
     FROM challenge_states WHERE challenge_id IN ('s1', 's2', 's3') ORDER BY challenge_id`,
  );
  assert.deepEqual(rows, [
    { challenge_id: 's1', acknowledged_by: 'bob', acknowledged: 2_000, until: make.T0 + 9_000_000, assignee: 'eve', fixed_by: 'eve', fixed: 10_000, useful: 1, not_useful: 1, comments: 2, last: 10_000 },
    { challenge_id: 's2', acknowledged_by: 'zoe', acknowledged: 17_000, until: null, assignee: null, fixed_by: null, fixed: null, useful: 0, not_useful: 0, comments: 0, last: 17_000 },
    { challenge_id: 's3', acknowledged_by: 'cyd', acknowledged: 5, until: null, assignee: 'cyd', fixed_by: null, fixed: null, useful: 0, not_useful: 1, comments: 0, last: 5 },
  ]);
});

test('challenge_precision: of the week in which the challenges opened, a vote per person and challenge', async () => {
  // T0 is a Monday; a challenge of the next one counts there.
  const week = 7 * 86_400_000;
  await insert('challenges', 'Challenge', [
    [1, make.challenge({ challenge_id: 'p1', dimension: 'ET' })], [2, make.challenge({ challenge_id: 'p1', dimension: 'ET', status: 'updated', evaluated_at: make.T0 + week })],
    [3, make.challenge({ challenge_id: 'p2', dimension: 'ET' })], [4, make.challenge({ challenge_id: 'p3', dimension: 'SoP', opened_at: make.T0 + week, evaluated_at: make.T0 + week })],
  ]);
  await insertTwice([act('p1', 'useful', { by: 'ada' }), act('p1', 'useful', { by: 'bob' }), act('p2', 'useful', { by: 'ada' }), act('p2', 'not_useful', { by: 'ada' }), act('p3', 'not_useful', { by: 'ada' }), act('p1', 'useful', { by: 'bob' }), act('p1', 'useful', { by: 'eve' }), act('p1', 'commented', { by: 'ada', text: 'no vote' }), act('p3', 'fixed', { by: 'bob' })]);
  assert.deepEqual(await clickhouse.query('SELECT week, dimension, useful, not_useful, precision FROM challenge_precision ORDER BY week, dimension'), [
    { week: '2025-07-14', dimension: 'ET', useful: 3, not_useful: 1, precision: 0.75 }, { week: '2025-07-21', dimension: 'SoP', useful: 0, not_useful: 1, precision: 0 },
  ]);
});
