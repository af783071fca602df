/**
 * A database of every earlier version, with rows in it as the sink of the first version wrote them, becomes one of this version: from two instances at once,
 * and where an earlier attempt stopped in the midst of a migration. The rows are literal, so that later changes of the sink do not change them.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MIGRATIONS, migrate } from '../../consumers/clickhouse/migrate.ts';
import type { ClickHouse } from '../../infra/ports.ts';
import { withDatabase } from './database.ts';

const { admin, database: prefix } = await withDatabase((server, name) => server.command(`CREATE DATABASE \`${name}\``));

type Row = Readonly<Record<string, unknown>>;
const AT = '2026-10-05 09:00:00.000';
const [FROM, TO] = ['2026-09-21 00:00:00.000', '2026-10-05 00:00:00.000'];
const EVIDENCE = [{ level: 'beginner', measure: 'share', affected: 6, eligible: 10, value: 0.6, op: '>', threshold: 0.5, low: 0.31, high: 0.83 }, { level: 'expert', measure: 'share', affected: 0, eligible: 12, value: 0, op: '<', threshold: 0.1, low: 0, high: 0.24 }];

/** Per table of 0001, a row of each as its view gives it. */
const ROWS: Readonly<Record<string, Row>> = {
  events: {
    event_id: 'e1', user_id: 'ada', session_id: null, occurred_at: AT, sent_at: null, received_at: AT, source: 'sdk', type: 'error', feature: 'notebooks.create', action: null, task_id: null, outcome: null, duration_ms: null, waiting_ms: null,
    release: '1.2', error: { code: 'OOM', message: 'é "quote"', cause: 'platform' }, properties: { k: 'v' }, partition: 2, offset: 17,
  },
  signals: {
    class: 'action', signal_id: 's1', event_id: 'e1', user_id: 'ada', session_id: null, occurred_at: AT, received_at: AT, source: 'sdk', stage: 'features', feature: 'notebooks.create', tool: 'lab',
    user: { team: 'search', role: 'scientist', org: 'x', joined_at: null }, release: null, origin_offset: 17, ordinal: 1, watermark: AT, properties: {}, action: 'open', task_id: 't', outcome: 'completed', code: null, message: null, cause: null,
    fingerprint: null, measure: null, duration_ms: null, expected_ms: null, censored: null, partition: 2,
  },
  users: { user_id: 'ada', team: 'search', role: 'scientist', org: 'x', joined_at: AT },
  features: { feature: 'notebooks.create', title: 'Create a notebook', stage: 'features', tool: 'lab', core: true, expected_ms: 60000, task_timeout_ms: null, owner: null, ignore_repeats: false },
  expertise_models: {
    version: 1, trained_at: AT, effective_from: AT, decision: 'new', why: 'first', trained_on: { from: FROM, to: TO, users: 40 }, features: ['a', 'b'], scaling: [{ low: 0, high: 1, center: 0.5, scale: 2 }], centroids: [[0.5, 1], [1, 2]], labels: ['beginner', 'expert'],
    sizes: [20, 20], silhouette: 0.5, churn: null, gate_failures: [], moved_users: 1, moved_model: 2, seed: 7,
  },
  expertise_levels: { user_id: 'ada', level: 'beginner', since: AT, model_version: 1, score: -0.5 },
  bottlenecks: { user_id: 'ada', stage: 'features', dimension: 'ET', status: 'opened', since: AT, evaluated_at: AT, reasons: ['errors'], score: 2.5, level: 'beginner' },
  findings: { rule_id: 'error-novices', stage: 'features', feature: 'notebooks.create', signal_class: 'error', fingerprint: 'f1', state: 'near', evidence: EVIDENCE, evaluated_at: TO, evaluated_to: [10, -1], model_version: 1 },
  challenges: {
    challenge_id: 'c1', rule_id: 'error-novices', rule_version: 1, dimension: 'ET', stage: 'training', feature: 'train', signal_class: 'error', fingerprint: 'f2', status: 'opened', opened_at: AT, evaluated_at: AT, resolved_at: null, window_from: FROM, window_to: TO,
    model_version: 1, evaluated_to: [10, -1], group_id: 'g1', evidence: EVIDENCE, teams: [{ team: 'search', affected: 6, eligible: 10 }], sample_event_ids: ['e1'], summary: 'words', resolution: null,
  },
  dead_letters: { dead_letter_id: 'd1', reason: 'invalid', detail: 'no action', step: 'validate', origin_topic: 'platform.events', origin_partition: 0, origin_offset: 3, original: 'bytes', event_id: null, failed_at: AT },
};
/** What the sink wrote besides: where the record stood. */
const EXTRAS: Readonly<Record<string, Row>> = { events: {}, signals: {}, users: { _partition: 0, _offset: 5, _deleted: 0 }, features: { _partition: 0, _offset: 5, _deleted: 0 } };
const PLACE = { _partition: 0, _offset: 5 };
/** Counts nowhere, also where it was written before there was a column that says so. */
const LATE: Row = { ...ROWS['signals'], signal_id: 's2', user_id: 'grace', properties: { late: 'true' } };

async function fill(clickhouse: ClickHouse, database: string): Promise<void> {
  await clickhouse.insert(`\`${database}\`.signals_raw`, [LATE], 'late');
  for (const [table, row] of Object.entries(ROWS)) {
    // Twice, under two tokens: the view has it once, before and after.
    for (const token of ['a', 'b']) await clickhouse.insert(`\`${database}\`.${table}_raw`, [{ ...row, ...(EXTRAS[table] ?? PLACE) }], `${table}-${token}`);
  }
}

async function check(clickhouse: ClickHouse, database: string): Promise<void> {
  for (const [table, row] of Object.entries(ROWS)) assert.deepEqual(await clickhouse.query(`SELECT ${Object.keys(row).map((name) => `\`${name}\``).join(', ')} FROM \`${database}\`.${table}${table === 'signals' ? " WHERE signal_id = 's1'" : ''} SETTINGS output_format_json_named_tuples_as_objects = 1`), [row], table);
  const first = async (sql: string): Promise<unknown> => (await clickhouse.query(sql.replaceAll('FROM ', `FROM \`${database}\`.`)))[0];
  assert.deepEqual(await clickhouse.query(`SELECT signal_id, late FROM \`${database}\`.signals ORDER BY signal_id`), [{ signal_id: 's1', late: false }, { signal_id: 's2', late: true }]);
  assert.deepEqual(await first('SELECT count() AS users FROM journeys'), { users: 1 });
  assert.deepEqual(await first('SELECT challenge_id, status FROM challenges_current'), { challenge_id: 'c1', status: 'opened' });
  assert.deepEqual(await first('SELECT user_id, level FROM expertise_current'), { user_id: 'ada', level: 'beginner' });
  assert.deepEqual(await first('SELECT user_id, level, valid_from FROM expertise_history'), { user_id: 'ada', level: 'beginner', valid_from: AT });
  assert.deepEqual(await first('SELECT stage, level, users, completed FROM stage_health'), { stage: 'features', level: 'beginner', users: 1, completed: 1 });
  assert.deepEqual(await first('SELECT feature, kind, days FROM watch_list'), { feature: 'notebooks.create', kind: 'team-local', days: 1 });
  assert.deepEqual(await first('SELECT user_id, level, features_done_at, furthest FROM journeys'), { user_id: 'ada', level: 'beginner', features_done_at: AT, furthest: 'features' });
  for (const empty of ['level_transitions', 'challenge_actions', 'challenge_states', 'challenge_precision']) assert.equal(await first(`SELECT * FROM ${empty}`), undefined, empty);
}

async function inDatabase(name: string, work: (database: string) => Promise<void>): Promise<void> {
  const database = `${prefix}-${name}`;
  try {
    await work(database);
  } finally {
    await admin.command(`DROP DATABASE IF EXISTS \`${database}\``);
  }
}

for (const [index, { id }] of MIGRATIONS.entries()) {
  test(`from ${id}, with rows, by two at once while a sink inserts`, async () => {
    await inDatabase(id, async (database) => {
      const [before, left] = [MIGRATIONS.slice(0, index + 1), MIGRATIONS.slice(index + 1)];
      assert.deepEqual(await migrate(admin, database, before), before.map((migration) => migration.id));
      await fill(admin, database);
      const [one, two] = await Promise.all([migrate(admin, database), migrate(admin, database), fill(admin, database)]);
      assert.deepEqual([...new Set([...one, ...two])].toSorted(), left.map((migration) => migration.id));
      await check(admin, database);
      assert.deepEqual(await migrate(admin, database), []);
    });
  });
}

test('an attempt that stopped in the midst of any migration is taken up, and rows that came meanwhile stay', async () => {
  for (const [index, { id, statements }] of MIGRATIONS.entries()) {
    await inDatabase(`${id}-half`, async (database) => {
      await migrate(admin, database, MIGRATIONS.slice(0, index));
      const texts = statements(database);
      for (const statement of texts.slice(0, Math.ceil(texts.length / 2))) await admin.command(statement);
      if (index > 0) await fill(admin, database);
      await migrate(admin, database);
      if (index === 0) await fill(admin, database);
      await check(admin, database);
    });
  }
});
