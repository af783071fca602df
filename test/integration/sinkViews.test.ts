/** The exact views and those over them, on real ClickHouse, against what plain TypeScript says; and every query of the document for the data team. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { MIGRATIONS, migrate, MigrationError } from '../../consumers/clickhouse/migrate.ts';
import type { ActionSignal, ErrorSignal, ExpertiseLevel, TimeSignal } from '../../schemas/records.ts';
import * as make from '../consumers/clickhouse/records.ts';
import { withDatabase } from './database.ts';
import { recordInserter } from './sinkRows.ts';

// Several instances start at once on an empty server.
const { database, admin, clickhouse, prepared: applied } = await withDatabase((server, name) => Promise.all([1, 2, 3].map(() => migrate(server, name))));
const insert = await recordInserter(clickhouse);
const column = async (sql: string): Promise<unknown[]> => (await clickhouse.query<Record<string, unknown>>(sql)).map((row) => Object.values(row)[0]);

test('migrations: from empty by several at once, again without effect, and a changed one is refused', async () => {
  for (const ids of applied) assert.deepEqual(ids.filter((id) => !MIGRATIONS.some((migration) => migration.id === id)), []);
  assert.deepEqual((await column('SELECT id FROM migrations FINAL ORDER BY id')), MIGRATIONS.map(({ id }) => id));
  assert.deepEqual(await migrate(admin, database), []);
  const [first] = MIGRATIONS;
  assert.ok(first);
  await assert.rejects(migrate(admin, database, [{ ...first, statements: () => ['SELECT 1'] }]), MigrationError);
  const more = { id: '9999-more', statements: () => [`ALTER TABLE \`${database}\`.users_raw ADD COLUMN IF NOT EXISTS extra String COMMENT 'More.'`] };
  assert.deepEqual(await migrate(admin, database, [...MIGRATIONS, more]), ['9999-more']);
  // An older instance goes on beside a newer database.
  assert.deepEqual(await migrate(admin, database), []);
});

test('every table, view and column has a comment', async () => {
  assert.deepEqual(await column(`SELECT name FROM system.tables WHERE database = '${database}' AND comment = ''`), []);
  assert.deepEqual(await column(`SELECT table || '.' || name FROM system.columns WHERE database = '${database}' AND comment = ''`), []);
});

test('an insert with a known token is dropped, whatever the block', async () => {
  for (let n = 0; n < 3; n++) await clickhouse.insert('expertise_levels_raw', [{ user_id: 'token', level: 'beginner', since: make.T0, model_version: n }], 'same');
  assert.deepEqual(await column("SELECT count() FROM expertise_levels_raw WHERE user_id = 'token'"), [1]);
});

test('rows that are there several times, in any order and in several parts, are one: the first wins; of users and features, the last', async () => {
  for (const offsets of [[7, 3], [9], [5, 8]]) {
    await insert('actions', 'ActionSignal', offsets.map((offset) => [offset, make.actionSignal({ signal_id: 'dup', origin_offset: offset, feature: `at${offset}`, occurred_at: make.T0 + offset * 40 * 86_400_000 })]));
    await insert('events', 'PlatformEvent', offsets.map((offset) => [offset, make.event({ user_id: 'dup', feature: `at${offset}` })]));
    await insert('levels', 'ExpertiseLevel', offsets.map((offset) => [offset, make.level({ user_id: 'dup', score: offset })]));
    await insert('challenges', 'Challenge', offsets.map((offset) => [offset, make.challenge({ challenge_id: 'dup', summary: `at${offset}` })]));
    await insert('findings', 'Finding', offsets.map((offset) => [offset, make.finding({ feature: 'dup', fingerprint: null, model_version: offset })]));
    await insert('bottlenecks', 'Bottleneck', offsets.map((offset) => [offset, make.bottleneck({ user_id: 'dup', score: offset })]));
    await insert('models', 'ExpertiseModel', offsets.map((offset) => [offset, make.model({ seed: offset })]));
    await insert('deadLetters', 'DeadLetter', offsets.map((offset) => [offset, make.deadLetter({ dead_letter_id: 'dup', detail: `at${offset}` })]));
    await insert('users', 'User', offsets.map((offset) => [offset, make.user({ user_id: 'dup', team: `at${offset}` })]));
    await insert('features', 'Feature', offsets.map((offset) => [offset, make.feature({ feature: 'dup', title: `at${offset}` })]));
  }
  const expected: Record<string, unknown> = {
    "SELECT feature FROM signals WHERE signal_id = 'dup'": 'at3', "SELECT feature FROM events WHERE user_id = 'dup'": 'at3', "SELECT score FROM expertise_levels WHERE user_id = 'dup'": 3,
    "SELECT summary FROM challenges WHERE challenge_id = 'dup'": 'at3', "SELECT model_version FROM findings WHERE feature = 'dup'": 3, "SELECT score FROM bottlenecks WHERE user_id = 'dup'": 3,
    'SELECT seed FROM expertise_models WHERE trained_at < \'2100-01-01\'': 3, "SELECT detail FROM dead_letters WHERE dead_letter_id = 'dup'": 'at3', "SELECT team FROM users WHERE user_id = 'dup'": 'at9', "SELECT title FROM features WHERE feature = 'dup'": 'at9',
  };
  const check = async (): Promise<void> => {
    for (const [sql, value] of Object.entries(expected)) assert.deepEqual(await column(sql), [value], sql);
  };
  await check();
  // Merges must not choose otherwise.
  for (const table of await column(`SELECT name FROM system.tables WHERE database = '${database}' AND name LIKE '%_raw'`)) await clickhouse.command(`OPTIMIZE TABLE \`${String(table)}\` FINAL`);
  await check();
  assert.deepEqual(await column("SELECT count() FROM signals_raw WHERE signal_id = 'dup'"), [1]);
});

test('an event that came to two partitions is one row, and the lowest offset wins', async () => {
  await insert('events', 'PlatformEvent', [[4, make.event({ user_id: 'two', feature: 'later' })]], 1);
  await insert('events', 'PlatformEvent', [[2, make.event({ user_id: 'two', feature: 'first' })]], 3);
  assert.deepEqual(await column("SELECT feature FROM events WHERE user_id = 'two'"), ['first']);
});

test('a tombstone takes a user away, also where older records come again; a later record brings it back', async () => {
  await insert('users', 'User', [[20, make.user({ user_id: 'gone' })], [21, null, 'gone']]);
  assert.deepEqual(await column("SELECT user_id FROM users WHERE user_id = 'gone'"), []);
  await clickhouse.command('OPTIMIZE TABLE users_raw FINAL');
  await insert('users', 'User', [[20, make.user({ user_id: 'gone' })]]);
  assert.deepEqual(await column("SELECT user_id FROM users WHERE user_id = 'gone'"), []);
  await insert('users', 'User', [[22, make.user({ user_id: 'gone' })]]);
  assert.deepEqual(await column("SELECT user_id FROM users WHERE user_id = 'gone'"), ['gone']);
});

test('challenges_current: the last transition; evidence and teams can be asked for', async () => {
  const [opened, updated, resolved] = (['opened', 'updated', 'resolved'] as const).map((status, n) => make.challenge({ challenge_id: 'life', status, evaluated_at: make.T0 + n * 1_000, resolution: status === 'resolved' ? 'recovered' : null }));
  assert.ok(opened && updated && resolved);
  await insert('challenges', 'Challenge', [[30, opened], [31, updated], [32, make.challenge({ challenge_id: 'open', evaluated_at: make.T0 })]]);
  assert.deepEqual(await column("SELECT status FROM challenges_current WHERE challenge_id = 'life'"), ['updated']);
  await insert('challenges', 'Challenge', [[33, resolved]]);
  assert.deepEqual(await clickhouse.query("SELECT challenge_id, status, resolution FROM challenges_current WHERE challenge_id IN ('life', 'open') ORDER BY challenge_id"), [{ challenge_id: 'life', status: 'resolved', resolution: 'recovered' }, { challenge_id: 'open', status: 'opened', resolution: null }]);
  assert.deepEqual(await clickhouse.query("SELECT e.level AS level, e.value AS value, evidence.level AS levels, teams.team AS teams FROM challenges ARRAY JOIN evidence AS e WHERE challenge_id = 'open'"), [{ level: 'beginner', value: 0.6, levels: ['beginner'], teams: ['search'] }]);
});

const DAY_MS = 86_400_000;
const STAGES = ['data', 'features', 'training', 'deployment'] as const;
const LEVELS = ['beginner', 'intermediate', 'expert', 'infrequent', 'machine'] as const;

test('expertise_history, expertise_current and stage_health say what a plain recount says', async () => {
  // A small world: every choice a function of its number.
  const from = Date.UTC(2025, 0, 6);
  const pick = <T>(of: readonly T[], n: number): T => of[n % of.length] as T;
  const levels: ExpertiseLevel[] = [];
  for (let user = 0; user < 12; user++) for (let week = user % 3; week < 4; week += 1 + (user % 2)) levels.push(make.level({ user_id: `w${user}`, level: pick(LEVELS, user + week * 7), since: from + week * 7 * DAY_MS }));
  await insert('levels', 'ExpertiseLevel', levels.map((record, offset) => [100 + offset, record] as const).toReversed());
  const signals: ((ActionSignal & { kind: 'action' }) | (ErrorSignal & { kind: 'error' }) | (TimeSignal & { kind: 'time' }))[] = [];
  for (let n = 0; n < 900; n++) {
    const head = { signal_id: `w${n}`, user_id: `w${(n * 7) % 13}`, stage: pick(STAGES, n * 3 + (n >> 3)), occurred_at: from + ((n * 7_919_317) % (30 * DAY_MS)), origin_offset: n, properties: (n % 11 === 0 ? { late: 'true' } : {}) as Record<string, string> };
    if (n % 3 === 0) signals.push({ kind: 'action', ...make.actionSignal({ ...head, outcome: pick(['started', 'completed', 'failed', 'abandoned', null] as const, n >> 2) }) });
    else if (n % 3 === 1) signals.push({ kind: 'error', ...make.errorSignal(head) });
    else signals.push({ kind: 'time', ...make.timeSignal({ ...head, measure: pick(['completion', 'dwell', 'completion', 'completion'] as const, n >> 1), duration_ms: (n * 37) % 5_000, censored: n % 4 === 0 }) });
  }
  await insert('actions', 'ActionSignal', signals.flatMap((signal, offset) => (signal.kind === 'action' ? [[offset, signal] as const] : [])));
  await insert('errors', 'ErrorSignal', signals.flatMap((signal, offset) => (signal.kind === 'error' ? [[offset, signal] as const] : [])));
  await insert('times', 'TimeSignal', signals.flatMap((signal, offset) => (signal.kind === 'time' ? [[offset, signal] as const] : [])));
  // Half of them come again.
  await insert('errors', 'ErrorSignal', signals.flatMap((signal, offset) => (signal.kind === 'error' && offset % 2 === 0 ? [[offset, signal] as const] : [])));

  const byUser = Map.groupBy(levels.toSorted((a, b) => a.since - b.since), ({ user_id }) => user_id);
  const history = [...byUser.values()].flatMap((own) => own.map((level, n) => ({ user_id: level.user_id, level: level.level, from: level.since, to: own[n + 1]?.since ?? Date.UTC(2299, 11, 31) })));
  const order = (a: { user_id: string; from: number }, b: { user_id: string; from: number }): number => (a.user_id < b.user_id ? -1 : a.user_id > b.user_id ? 1 : a.from - b.from);
  assert.deepEqual(
    (await clickhouse.query<{ user_id: string; level: string; from: number; to: number }>("SELECT user_id, level, toUnixTimestamp64Milli(valid_from) AS from, toUnixTimestamp64Milli(valid_to) AS to FROM expertise_history WHERE user_id LIKE 'w%'")).toSorted(order),
    history.toSorted(order),
  );
  assert.deepEqual(await clickhouse.query("SELECT user_id, level FROM expertise_current WHERE user_id LIKE 'w%' ORDER BY user_id"), [...byUser.values()].map((own) => ({ user_id: own.at(-1)?.user_id, level: own.at(-1)?.level })).toSorted((a, b) => (String(a.user_id) < String(b.user_id) ? -1 : 1)));

  const levelAt = (user: string, at: number): string => history.find(({ user_id, from: start, to }) => user_id === user && start <= at && at < to)?.level ?? 'unclassified';
  const cells = Map.groupBy(signals.filter(({ properties }) => properties['late'] !== 'true'), ({ occurred_at, stage, user_id }) => [new Date(occurred_at).toISOString().slice(0, 10), stage, levelAt(user_id, occurred_at)].join('/'));
  const expected = [...cells].map(([cell, all]) => {
    const [day, stage, level] = cell.split('/');
    const ended = (outcome: string): number => all.filter((signal) => signal.kind === 'action' && signal.outcome === outcome).length;
    const [completed, failed, abandoned] = [ended('completed'), ended('failed'), ended('abandoned')];
    const durations = all.flatMap((signal) => (signal.kind === 'time' && signal.measure === 'completion' ? [signal.censored ? Infinity : signal.duration_ms] : [])).toSorted((a, b) => a - b);
    const median = durations[Math.floor((durations.length - 1) / 2)] ?? null;
    return {
      day, stage, level, users: new Set(all.map(({ user_id }) => user_id)).size, users_with_errors: new Set(all.filter(({ kind }) => kind === 'error').map(({ user_id }) => user_id)).size,
      actions: all.filter(({ kind }) => kind === 'action').length, errors: all.filter(({ kind }) => kind === 'error').length, completed, failed, abandoned,
      abandonment: completed + failed + abandoned === 0 ? null : (failed + abandoned) / (completed + failed + abandoned), median_completion_ms: median === Infinity ? null : median,
    };
  });
  const key = (row: Record<string, unknown>): string => `${String(row['day'])}/${String(row['stage'])}/${String(row['level'])}`;
  const sorted = <T extends Record<string, unknown>>(rows: T[]): T[] => rows.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
  // Of a day that no other test of this file writes to.
  assert.deepEqual(sorted(await clickhouse.query<Record<string, unknown>>("SELECT * FROM stage_health WHERE day < '2025-03-01'")), sorted(expected));
  assert.ok(expected.some(({ median_completion_ms }) => median_completion_ms === null) && expected.some(({ level }) => level === 'unclassified'));
});

/** Later than anything of the other tests, so that "lately" means this. */
const LATELY = Date.UTC(2100, 0, 1);
const somethingToAskAbout = (async (): Promise<void> => {
  const now = { occurred_at: LATELY, user_id: 'stuck' };
  await insert('deadLetters', 'DeadLetter', [[50, make.deadLetter()]]);
  await insert('events', 'PlatformEvent', [[50, make.event({ ...now, event_id: 'e1' })]]);
  await insert('errors', 'ErrorSignal', [[2_000, make.errorSignal({ ...now, signal_id: 'stuck-e' })]]);
  await insert('times', 'TimeSignal', [[2_001, make.timeSignal({ ...now, signal_id: 'stuck-t', expected_ms: 500 })]]);
  await insert('bottlenecks', 'Bottleneck', [[50, make.bottleneck({ user_id: 'stuck', evaluated_at: LATELY })]]);
  await insert('levels', 'ExpertiseLevel', [[50, make.level({ user_id: 'stuck', since: LATELY - DAY_MS })], [51, make.level({ user_id: 'stuck', level: 'expert', since: LATELY })]]);
  await insert('findings', 'Finding', [[50, make.finding({ evaluated_at: LATELY, feature: 'nearly' })]]);
  await insert('challenges', 'Challenge', [[50, make.challenge({ challenge_id: 'lately', evaluated_at: LATELY })]]);
  await insert('models', 'ExpertiseModel', [[50, make.model({ trained_at: LATELY })]]);
})();

/** Without the cookbook: cookbook.test.ts runs that over a world of its own. */
const document = readFileSync(new URL('../../docs/for-the-data-team.md', import.meta.url), 'utf8').replace(/\n## Cookbook\n[\s\S]*?(?=\n## )/, '');
const expertise = readFileSync(new URL('../../docs/expertise.md', import.meta.url), 'utf8');
for (const [, question, sql] of `${document}${expertise}`.matchAll(/\n\n([^\n]+)\n\n```sql\n([\s\S]*?)```/g)) {
  test(`the document's answer to: ${String(question)}`, async () => {
    await somethingToAskAbout;
    const rows = await clickhouse.query(String(sql));
    assert.ok(Array.isArray(rows) && rows.length > 0, 'it has an answer');
  });
}

test('the document has a table row for every table and view', async () => {
  const names = await column(`SELECT name FROM system.tables WHERE database = '${database}' AND name NOT LIKE '%_raw' AND name != 'migrations'`);
  assert.deepEqual(names.filter((name) => !document.includes(`\`${String(name)}\``)), []);
  assert.equal([...document.matchAll(/```sql/g)].length, [...document.matchAll(/\n\n([^\n]+)\n\n```sql\n/g)].length);
});
