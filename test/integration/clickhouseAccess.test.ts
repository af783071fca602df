/** The rights of access.sql, enforced by the engine: each user and role can do all that it is for, and nothing else that is tried here. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startSweeper } from '../../consumers/clickhouse/erase.ts';
import { migrate, MIGRATIONS, type Migration } from '../../consumers/clickhouse/migrate.ts';
import { boundedAsk } from '../../consumers/dashboard/queries/ask.ts';
import { readCatalog } from '../../consumers/dashboard/queries/catalog.ts';
import { readSamples } from '../../consumers/dashboard/queries/challenge.ts';
import { readChallenges } from '../../consumers/dashboard/queries/challenges.ts';
import { readExpertise } from '../../consumers/dashboard/queries/expertise.ts';
import { readLatest } from '../../consumers/dashboard/queries/latest.ts';
import { readNow, readPulse, readTitles } from '../../consumers/dashboard/queries/now.ts';
import { readStoredHealth } from '../../consumers/dashboard/queries/pipeline.ts';
import { readStages } from '../../consumers/dashboard/queries/stages.ts';
import { readStates } from '../../consumers/dashboard/queries/states.ts';
import { accessSql } from '../../infra/clickhouse/access.ts';
import type { ClickHouse } from '../../infra/ports.ts';
import { createCodec } from '../../schemas/codec.ts';
import * as make from '../consumers/clickhouse/records.ts';
import { erasing } from '../fakes/erasing.ts';
import { memorySchemas } from '../fakes/schemas.ts';
import { recipes, recipesOf } from './cookbookRecipes.ts';
import { grantsOf, statementsOf, withRights } from './restrictedClickHouse.ts';
import { recordInserter } from './sinkRows.ts';
import { eventually } from './sinkWorld.ts';

const DATABASE = 'an-app';
const dataDir = mkdtempSync(join(tmpdir(), 'chokepoint-access-'));
after(() => { rmSync(dataDir, { recursive: true, force: true }); });
const as = <T>(name: string | null, work: (clickhouse: ClickHouse) => Promise<T>, change?: (xml: string) => string): Promise<T> => withRights(dataDir, DATABASE, name === null ? null : `${DATABASE}_${name}`, work, change);

const statements = statementsOf(accessSql(DATABASE));
/** The engine keeps no users and roles (ACCESS_STORAGE_…); but it says so only of a statement that is otherwise in order. */
const notKept = ({ code }: { readonly code?: string }): boolean => code === '514' || code === '495';
const names = (clickhouse: ClickHouse, where: string): Promise<string[]> => clickhouse.query<{ name: string }>(`SELECT name FROM system.tables WHERE database = '${DATABASE}' AND ${where} ORDER BY name`).then((rows) => rows.map(({ name }) => name));
const denied = (work: Promise<unknown>, what: RegExp = /Not enough privileges/): Promise<void> => assert.rejects(work, what);

let tables: string[] = [];
let views: string[] = [];

test('the SQL: parsed by the engine, the views\' part run by it; every view and table of the migrations is in it, and no other', async () => {
  await as(null, async (clickhouse) => {
    assert.deepEqual(await migrate(clickhouse, DATABASE), MIGRATIONS.map(({ id }) => id));
    tables = await names(clickhouse, "name LIKE '%\\_raw'");
    views = await names(clickhouse, "engine = 'View'");
    const granted = (name: string, pattern: RegExp): string[] => grantsOf(statements, `${DATABASE}_${name}`).flatMap((grant) => pattern.exec(grant)?.[1] ?? []).toSorted();
    assert.deepEqual(granted('analyst', /^GRANT SELECT ON `an-app`\.`(\w+)`$/), views);
    assert.deepEqual(granted('dashboard', /^GRANT SELECT ON `an-app`\.`(\w+)`$/), views);
    assert.deepEqual(granted('sink', /INSERT.* ON `an-app`\.`(\w+)`$/), tables);
    assert.deepEqual(statements.flatMap((statement) => /^ALTER TABLE `an-app`\.`(\w+)` MODIFY SQL SECURITY DEFINER DEFINER = `an-app_views`$/.exec(statement)?.[1] ?? []).toSorted(), views);
    for (const statement of statements) {
      await clickhouse.command(`EXPLAIN AST ${statement}`);
      if (statement.startsWith('ALTER TABLE')) await clickhouse.command(statement);
      else if (statement.startsWith('CREATE')) await assert.rejects(clickhouse.command(statement.replace(/BY 'SHA[^']*'/, `BY '${'0'.repeat(64)}'`).replace(/ SETTINGS PROFILE `an-app_people`$/, '')), notKept, statement);
    }
    await assert.rejects(clickhouse.command("CREATE USER u IDENTIFIED WITH sha256_hash BY 'SHA-256 OF THE PASSWORD OF u'"), (error: { code?: string }) => !notKept(error), 'a placeholder is no password');
    const settings = statements.find((statement) => statement.startsWith('ALTER SETTINGS PROFILE'))?.replace(/^.* SETTINGS /, '') ?? '';
    await assert.rejects(clickhouse.command(`CREATE SETTINGS PROFILE p SETTINGS ${settings}`), notKept);
    await assert.rejects(clickhouse.command(`CREATE SETTINGS PROFILE p SETTINGS ${settings}, no_such_setting = 1`), /no_such_setting/);
  });
});

test('views that an upgrade replaces run as whom access.sql has said, before it has run again', async () => {
  await as(null, async (clickhouse) => {
    const again: Migration = { id: '9999-every-view-again', statements: (database) => MIGRATIONS.flatMap((migration) => migration.statements(database)).filter((statement) => statement.startsWith('CREATE OR REPLACE VIEW')) };
    await clickhouse.command('ALTER TABLE users MODIFY SQL SECURITY INVOKER');
    await clickhouse.command('ALTER TABLE features MODIFY SQL SECURITY NONE');
    assert.deepEqual(await migrate(clickhouse, DATABASE, [...MIGRATIONS, again]), [again.id]);
    const securities = await clickhouse.query<{ name: string; made: string }>(`SELECT name, create_table_query AS made FROM system.tables WHERE database = '${DATABASE}' AND engine = 'View' ORDER BY name`);
    const of = (name: string): string => (name === 'users' ? '' : name === 'features' ? 'SQL SECURITY NONE' : 'DEFINER = `an-app_views` SQL SECURITY DEFINER');
    assert.deepEqual(securities.map(({ made }) => /(?:DEFINER = \S+ )?SQL SECURITY (?!INVOKER)\w+/.exec(made)?.[0] ?? ''), views.map(of));
    for (const statement of statements) if (statement.startsWith('ALTER TABLE')) await clickhouse.command(statement);
    // The next tests ask views that have been replaced.
    await migrate(clickhouse, DATABASE, [...MIGRATIONS, { ...again, id: '9999-once-more' }]);
  });
});

test('the sink: looks, inserts into every table, deletes the erased; makes no tables, reads no views', async () => {
  await as('sink', async (clickhouse) => {
    assert.deepEqual(await migrate(clickhouse, DATABASE), [], 'nothing is left to do, and nothing needs a right');
    const insert = await recordInserter(clickhouse);
    await insert('events', 'PlatformEvent', [[1, make.event({ user_id: 'gone' })], [2, make.event({ user_id: 'stays' })]]);
    await insert('actions', 'ActionSignal', [[1, make.actionSignal({ signal_id: 'a', user_id: 'gone' })], [2, make.actionSignal({ signal_id: 'c', user_id: 'stays' })], [3, make.actionSignal({ signal_id: 'b', user_id: 'stays', outcome: 'completed' })]]);
    await insert('users', 'User', [[1, make.user({ user_id: 'gone' })], [2, make.user({ user_id: 'stays' })]]);
    await insert('features', 'Feature', [[1, make.feature()]]);
    await insert('models', 'ExpertiseModel', [[1, make.model()]]);
    await insert('levels', 'ExpertiseLevel', [[1, make.level({ user_id: 'gone' })], [2, make.level({ user_id: 'stays' })]]);
    await insert('bottlenecks', 'Bottleneck', [[1, make.bottleneck({ user_id: 'gone' })]]);
    await insert('findings', 'Finding', [[1, make.finding()]]);
    await insert('challenges', 'Challenge', [[1, make.challenge()]]);
    await insert('challengeActions', 'ChallengeAction', [[1, make.challengeAction()]]);
    await insert('deadLetters', 'DeadLetter', [[1, make.deadLetter({ original: Buffer.from(JSON.stringify({ user_id: 'gone' })) })]]);
    const erasures = erasing();
    erasures.erase('gone', make.T0, 1, 10);
    const warnings: unknown[] = [];
    const sweeper = startSweeper({ clickhouse, database: DATABASE, codec: await createCodec(memorySchemas(), ['PlatformEvent']), erasures }, (message, fields) => { warnings.push(message, fields); });
    // It would try again for ever, and hold up the end of the tests.
    await eventually(async () => warnings.length > 0 || (await clickhouse.query("SELECT 1 FROM dead_letters_raw")).length === 0, 'the erased are gone, their dead letters last').finally(() => sweeper.stop());
    assert.deepEqual(warnings, []);
    await denied(clickhouse.command(`CREATE TABLE \`${DATABASE}\`.more (x Int8) ENGINE = Memory`));
    await denied(clickhouse.command('ALTER TABLE events_raw ADD COLUMN more Int8'));
    await denied(clickhouse.command('ALTER TABLE findings_raw DELETE WHERE 1'));
    await denied(clickhouse.command('DROP TABLE events_raw'));
    await denied(clickhouse.insert('migrations', [{ id: 'x', checksum: 'x' }], 'x'));
    await denied(clickhouse.query('SELECT * FROM events'));
  });
  await as(null, async (clickhouse) => {
    for (const table of ['events_raw', 'signals_raw', 'users_raw', 'expertise_levels_raw', 'bottlenecks_raw']) assert.deepEqual(await clickhouse.query(`SELECT count() AS n FROM ${table} WHERE user_id = 'gone'`), [{ n: 0 }], table);
    assert.deepEqual(await clickhouse.query('SELECT count() AS n FROM dead_letters_raw'), [{ n: 0 }]);
    assert.deepEqual(await clickhouse.query('SELECT count() AS n FROM events_raw'), [{ n: 1 }]);
  });
});

test('analysts: every view and every recipe of the document; no raw table, no change, no other source, no limit lifted', async () => {
  await as('analyst', async (clickhouse) => {
    for (const view of views) await clickhouse.query(`SELECT * FROM ${view} LIMIT 1`);
    assert.deepEqual(await clickhouse.query('SELECT user_id FROM events'), [{ user_id: 'stays' }], 'a view gives the rows that its reader may not read');
    for (const { sql, parameters } of recipesOf(recipes)) await clickhouse.query(sql, parameters);
    assert.deepEqual(await names(clickhouse, '1'), views, 'others are not even seen');
    for (const table of [...tables, 'migrations']) await denied(clickhouse.query(`SELECT count() FROM ${table}`));
    await denied(clickhouse.insert('users_raw', [{ user_id: 'x' }], 'x'), /privileges|readonly/);
    await denied(clickhouse.command('CREATE TABLE more (x Int8) ENGINE = Memory'), /privileges|readonly/);
    await denied(clickhouse.command('ALTER TABLE events MODIFY SQL SECURITY INVOKER'), /privileges|readonly/);
    for (const source of ["url('http://127.0.0.1:1/', CSV, 'x Int8')", "file('/etc/passwd', LineAsString)", "remote('127.0.0.1:1', system.one)"]) await denied(clickhouse.query(`SELECT * FROM ${source}`));
    for (const setting of ['max_execution_time = 0', 'max_memory_usage = 0', 'max_rows_to_read = 2000000000', 'max_concurrent_queries_for_user = 100', 'readonly = 0']) await assert.rejects(clickhouse.query(`SELECT 1 SETTINGS ${setting}`), /shouldn't be|Cannot modify|should not be changed/, setting);
    await clickhouse.query('SELECT 1 SETTINGS max_execution_time = 300');
    await assert.rejects(clickhouse.query('SELECT number FROM (SELECT number FROM numbers(10)) AS n SETTINGS max_rows_to_read = 5'), /Limit for rows/, 'a limit holds beside a view');
    await assert.rejects(clickhouse.query('SELECT * FROM signals SETTINGS max_rows_to_read = 1'), /Limit for rows/, 'and within one, which runs as somebody else');
  });
});

test('readers: no view with a user id', async () => {
  await as('reader', async (clickhouse) => {
    const own = await names(clickhouse, '1');
    for (const view of own) await clickhouse.query(`SELECT * FROM ${view} LIMIT 1`);
    const columns = await clickhouse.query<{ view: string }>(`SELECT DISTINCT table AS view FROM system.columns WHERE database = '${DATABASE}' AND name IN ('user_id', 'by', 'assignee', 'original', 'properties') AND table != 'challenge_states'`);
    assert.deepEqual(columns, [], 'of what it can see');
    assert.ok(own.includes('stage_health') && own.includes('challenges_current'));
    for (const view of views.filter((each) => !own.includes(each))) await denied(clickhouse.query(`SELECT count() FROM ${view}`));
  });
});

test('an hour\'s share, once used up, is used up', async () => {
  await as('reader', async (clickhouse) => {
    await assert.rejects(async () => { for (let n = 0; n < 6; n++) await clickhouse.query('SELECT 1'); }, /Quota for user .* has been exceeded: queries = /);
  }, (xml) => xml.replace('<queries>2000</queries>', '<queries>5</queries>'));
});

test('the page: all that it asks, and no more of the raw tables than their times and features', async () => {
  await as('dashboard', async (clickhouse) => {
    const ask = boundedAsk(clickhouse);
    await Promise.all([readCatalog(ask, await readLatest(ask)), readExpertise(ask), readPulse(ask, make.T0), readTitles(ask), readStoredHealth(ask), readStages(ask, make.T0), readStates(ask), readChallenges(ask, 'challenges', 'ORDER BY opened_at'), readSamples(ask, make.challenge().challenge_id, true), readNow(ask, () => null, String, make.T0)]);
    assert.deepEqual(await clickhouse.query('SELECT count() AS rows, max(occurred_at) = 0 AS none FROM events_raw'), [{ rows: 1, none: 0 }]);
    await denied(clickhouse.query('SELECT user_id FROM events_raw'));
    await denied(clickhouse.query('SELECT user_id FROM signals_raw'));
    await denied(clickhouse.insert('challenges_raw', [{}], 'x'));
  });
});

test('operators look at everything, and change nothing', async () => {
  await as('operator', async (clickhouse) => {
    for (const table of [...tables, ...views]) await clickhouse.query(`SELECT * FROM ${table} LIMIT 1`);
    await denied(clickhouse.command('ALTER TABLE events_raw DELETE WHERE 1'));
  });
});
