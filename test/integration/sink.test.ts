import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startSink } from '../../consumers/clickhouse/main.ts';
import { connectClickHouse } from '../../infra/clickhouse/client.ts';
import type { ClickHouse } from '../../infra/ports.ts';
import type { Settings } from '../../infra/settings.ts';
import { TOPICS, appName, topicName, type TopicId } from '../../schemas/topics.ts';
import * as make from '../consumers/clickhouse/records.ts';
import { withParts } from './parts.ts';
import { clickHouseProxy, eventually, feedOf, type Feed } from './sinkWorld.ts';

const parts = await withParts();
const binary = fileURLToPath(new URL('../../infra/cli/chokepoint.ts', import.meta.url));
const SIGNALS = 300;

interface World {
  readonly settings: Settings;
  readonly env: Record<string, string | undefined>;
  readonly feed: Feed;
  readonly clickhouse: ClickHouse;
  readonly count: (table: string) => Promise<number>;
}

/** A fresh app with its topics. */
async function world(t: TestContext, changes: Record<string, string> = {}): Promise<World> {
  const env = parts.env();
  const settings = parts.settings({ CHOKEPOINT_APP: env['CHOKEPOINT_APP'] ?? '', ...changes });
  const feed = await feedOf(settings, parts.log);
  const clickhouse = connectClickHouse({ ...parts.settings().clickhouse, database: 'default' });
  t.after(async () => {
    await feed.close();
    await clickhouse.command(`DROP DATABASE IF EXISTS \`${settings.clickhouse.database}\``);
    await clickhouse.close();
  });
  return {
    settings, feed, clickhouse, env: { ...env, ...changes },
    count: async (table) => {
      const known = await clickhouse.query('SELECT 1 FROM system.tables WHERE database = {db:String} AND name = {table:String}', { db: settings.clickhouse.database, table });
      if (known.length === 0) return 0;
      const [row] = await clickhouse.query<{ n: number }>(`SELECT count() AS n FROM \`${settings.clickhouse.database}\`.${table}`);
      return row?.n ?? 0;
    },
  };
}

const signals = (from: number, to: number): ReturnType<typeof make.actionSignal>[] => Array.from({ length: to - from }, (_, n) => make.actionSignal({ signal_id: `s${from + n}`, event_id: `e${from + n}`, origin_offset: from + n }));

/** A sink in a process of its own, so that it can be killed. */
function sinkProcess(env: Record<string, string | undefined>): ChildProcess {
  return fork(binary, ['sink'], { env, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
}

test('every record of every topic is a row with the same values', async (t) => {
  const { settings, feed, clickhouse, count } = await world(t);
  const sink = await startSink(settings, parts.log);
  t.after(() => sink.stop());
  const id = settings.app;
  const event = make.event({ event_id: id, user_id: id, error: { code: 'X', message: 'a "quote"\n\\ é 日本', cause: 'quota' }, properties: { k: "'v'" }, duration_ms: Number.MAX_SAFE_INTEGER - 1, occurred_at: -4e15 });
  await feed.send('events', 1, id, 'PlatformEvent', [event, make.event({ event_id: `${id}c`, type: 'clock', user_id: '' })]);
  await feed.raw('events', 1, id, Buffer.from('no event'));
  await feed.send('users', 0, id, 'User', [make.user({ user_id: id, team: 'old' }), make.user({ user_id: id }), make.user({ user_id: `${id}gone` })]);
  await feed.raw('users', 0, `${id}gone`, null);
  await feed.send('features', 0, id, 'Feature', [make.feature({ feature: id })]);
  await feed.send('actions', 1, 'u1', 'ActionSignal', [make.actionSignal({ signal_id: 'a' })]);
  await feed.send('errors', 1, 'u1', 'ErrorSignal', [make.errorSignal({ signal_id: 'b' })]);
  await feed.send('times', 1, 'u1', 'TimeSignal', [make.timeSignal({ signal_id: 'c', censored: true })]);
  await feed.progress(1, 10);
  await feed.send('deadLetters', 9, 'd1', 'DeadLetter', [make.deadLetter()]);
  await feed.send('models', 0, '1', 'ExpertiseModel', [make.model()]);
  await feed.send('levels', 1, 'u1', 'ExpertiseLevel', [make.level()]);
  await feed.send('bottlenecks', 1, 'u1', 'Bottleneck', [make.bottleneck()]);
  await feed.send('findings', 0, 'f', 'Finding', [make.finding(), make.finding({ fingerprint: null })]);
  await feed.send('challenges', 0, 'c1', 'Challenge', [make.challenge()]);
  await eventually(async () => (await count('challenges')) === 1 && (await count('signals')) === 3 && (await count('findings')) === 2 && (await count('dead_letters')) === 1 && (await count('expertise_models')) === 1
    && (await count('expertise_levels')) === 1 && (await count('bottlenecks')) === 1, 'the app\'s rows are there');

  const db = settings.clickhouse.database;
  const times = new Set(['occurred_at', 'sent_at', 'received_at', 'joined_at', 'watermark', 'trained_at', 'effective_from', 'since', 'evaluated_at', 'opened_at', 'resolved_at', 'window_from', 'window_to', 'failed_at', 'from', 'to']);
  const back = (value: unknown, key = ''): unknown => {
    if (typeof value === 'string' && times.has(key)) return Date.parse(`${value.replace(' ', 'T')}Z`);
    if (Array.isArray(value)) return value.map((each) => back(each));
    return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, back(each, name)])) : value;
  };
  const read = async (table: string, where: string): Promise<unknown> => {
    const rows = await clickhouse.query(`SELECT * FROM \`${db}\`.${table} WHERE ${where}`);
    assert.equal(rows.length, 1, `${table} ${where}`);
    return back(rows[0]);
  };
  const nothing = { code: null, message: null, cause: null, fingerprint: null, measure: null, duration_ms: null, expected_ms: null, censored: null, action: null, task_id: null, outcome: null };
  const place = { partition: 1, late: false };
  assert.deepEqual(await read('signals', "signal_id = 'a'"), { ...nothing, ...make.actionSignal({ signal_id: 'a' }), ...place, class: 'action' });
  assert.deepEqual(await read('signals', "signal_id = 'b'"), { ...nothing, ...make.errorSignal({ signal_id: 'b' }), ...place, class: 'error' });
  assert.deepEqual(await read('signals', "signal_id = 'c'"), { ...nothing, ...make.timeSignal({ signal_id: 'c', censored: true }), ...place, class: 'time' });
  assert.deepEqual(await read('expertise_models', '1'), make.model());
  assert.deepEqual(await read('expertise_levels', '1'), make.level());
  assert.deepEqual(await read('bottlenecks', '1'), make.bottleneck());
  assert.deepEqual(await read('findings', 'fingerprint IS NULL'), make.finding({ fingerprint: null }));
  assert.deepEqual(await read('challenges', '1'), make.challenge());

  // These topics are everybody's: our rows among others'.
  await eventually(async () => (await clickhouse.query(`SELECT 1 FROM \`${db}\`.events WHERE user_id = {id:String}`, { id })).length === 1, 'the event is there');
  const [row] = await clickhouse.query<Record<string, unknown>>(`SELECT * EXCEPT (occurred_at), toInt64(reinterpretAsInt64(occurred_at)) AS occurred_at FROM \`${db}\`.events WHERE user_id = {id:String}`, { id });
  const { partition, offset, ...rest } = back(row) as Record<string, unknown>;
  assert.deepEqual(rest, event, 'a time that no calendar has is kept as well');
  assert.deepEqual([partition, typeof offset], [1, 'number']);
  assert.equal((await clickhouse.query(`SELECT 1 FROM \`${db}\`.events WHERE type = 'clock'`)).length, 0);
  await eventually(async () => (await clickhouse.query(`SELECT 1 FROM \`${db}\`.features WHERE feature = {id:String}`, { id })).length === 1, 'the feature is there');
  await eventually(async () => (await clickhouse.query(`SELECT 1 FROM \`${db}\`.users WHERE user_id = {id:String} AND team = 'search'`, { id })).length === 1, 'the user is there');
  assert.equal((await clickhouse.query(`SELECT 1 FROM \`${db}\`.users WHERE user_id = {id:String}`, { id: `${id}gone` })).length, 0, 'a tombstone takes the user away');

  const [letter] = await clickhouse.query<{ original: string }>(`SELECT * EXCEPT original, base64Encode(original) AS original FROM \`${db}\`.dead_letters`);
  assert.deepEqual({ ...(back(letter) as object), original: Buffer.from(letter?.original ?? '', 'base64') }, make.deadLetter(), 'any bytes come back as they were');

  const committed = await feed.kafka.committed(appName('sink', settings.app), [topicName('actions', settings.app)]);
  await eventually(async () => (await feed.kafka.committed(appName('sink', settings.app), [topicName('actions', settings.app)])).some(({ partition: p, metadata }) => p === 1 && metadata === '{"through":11,"planned":null}'), `the progress record is passed (${JSON.stringify(committed)})`);
  assert.deepEqual(sink.health().ready, true, JSON.stringify(sink.health()));
});

test('killed after ClickHouse took a batch and before it was committed: the next one sends the same batch, and each row is there once, in the raw table too', async (t) => {
  const proxy = await clickHouseProxy(parts.platform.clickhouse.url);
  t.after(() => proxy.close());
  const { settings, env, feed, count, clickhouse } = await world(t, { CLICKHOUSE_URL: proxy.url });
  await feed.send('actions', 0, 'u1', 'ActionSignal', signals(0, SIGNALS));
  let kills = 0;
  let child = sinkProcess(env);
  t.after(() => { child.kill('SIGKILL'); });
  proxy.onTaken = (query) => {
    if (!query.includes('signals_raw') || kills >= 2) return true;
    kills += 1;
    child.kill('SIGKILL');
    return false;
  };
  for (let round = 0; round < 2; round++) {
    await once(child, 'exit');
    // More comes before the next one starts: its batch must end where the planned one did.
    await feed.send('actions', 0, 'u1', 'ActionSignal', signals(SIGNALS + round * 10, SIGNALS + (round + 1) * 10));
    child = sinkProcess(env);
  }
  const all = SIGNALS + 20;
  await eventually(async () => (await count('signals')) === all, 'all rows are there');
  assert.equal(kills, 2);
  assert.equal(await count('signals_raw'), all);
  const [row] = await clickhouse.query<{ n: number }>(`SELECT uniqExact(signal_id) AS n FROM \`${settings.clickhouse.database}\`.signals`);
  assert.equal(row?.n, all);
  child.kill('SIGTERM');
  await once(child, 'exit');
});

test('everything read again from the beginning: the same rows', async (t) => {
  const { settings, feed, count, clickhouse } = await world(t);
  const group = appName('sink', settings.app);
  const topics = (Object.keys(TOPICS) as TopicId[]).filter((id) => TOPICS[id].table !== null).map((id) => topicName(id, settings.app));
  await feed.send('actions', 0, 'u1', 'ActionSignal', signals(0, SIGNALS));
  await feed.send('challenges', 0, 'c1', 'Challenge', [make.challenge(), make.challenge({ status: 'updated', evaluated_at: make.T0 + 1 })]);
  const first = await startSink(settings, parts.log);
  await eventually(async () => (await count('signals')) === SIGNALS && (await count('challenges')) === 2, 'all rows are there');
  await first.stop();
  const rows = async (): Promise<unknown[]> => [
    ...(await clickhouse.query(`SELECT * FROM \`${settings.clickhouse.database}\`.signals ORDER BY signal_id`)), ...(await clickhouse.query(`SELECT * FROM \`${settings.clickhouse.database}\`.challenges ORDER BY status`)),
  ];
  const before = await rows();

  let assigned: () => void = () => undefined;
  const joined = new Promise<void>((resolve) => { assigned = resolve; });
  const hand = await feed.kafka.consumer({ group, topics, assignment: 'each', onAssigned: assigned, onRecords: () => undefined, onCrash: () => undefined });
  await joined;
  const positions = await feed.kafka.committed(group, topics);
  assert.ok(positions.some(({ offset }) => offset >= SIGNALS));
  await hand.commit(positions.map((position) => ({ ...position, offset: 0, metadata: '' })));
  await hand.close();

  // One more, so that batches end elsewhere and nothing is deduplicated by its token.
  await feed.send('actions', 0, 'u1', 'ActionSignal', signals(SIGNALS, SIGNALS + 1));
  const second = await startSink(settings, parts.log);
  await eventually(async () => (await count('signals')) === SIGNALS + 1 && (await feed.kafka.committed(group, topics)).every(({ topic, partition, offset }) => offset >= (positions.find((each) => each.topic === topic && each.partition === partition)?.offset ?? 0)), 'it has caught up');
  await second.stop();
  assert.ok((await count('signals_raw')) >= SIGNALS + 1);
  assert.deepEqual((await rows()).filter((row) => (row as { signal_id?: string }).signal_id !== `s${SIGNALS}`), before);
});

test('ClickHouse away, at the start and later: health says so, nothing is lost', async (t) => {
  const proxy = await clickHouseProxy(parts.platform.clickhouse.url);
  t.after(() => proxy.close());
  proxy.away = true;
  const { settings, feed, count } = await world(t, { CLICKHOUSE_URL: proxy.url });
  const sink = await startSink(settings, () => undefined);
  t.after(() => sink.stop());
  await feed.send('actions', 0, 'u1', 'ActionSignal', signals(0, 10));
  const clickhouseHealth = (): string => String(sink.health().detail['clickhouse']);
  await eventually(() => Promise.resolve(clickhouseHealth().startsWith('unreachable since ')), 'health says that ClickHouse is away');
  assert.equal(sink.health().ready, false);
  proxy.away = false;
  await eventually(async () => (await count('signals')) === 10, 'the rows are there');
  await eventually(() => Promise.resolve(sink.health().ready), 'it is ready');

  proxy.away = true;
  await feed.send('actions', 0, 'u1', 'ActionSignal', signals(10, SIGNALS));
  await eventually(() => Promise.resolve(clickhouseHealth().startsWith('unreachable since ')), 'health says that ClickHouse is away again');
  const positions = async (): Promise<number> => (await feed.kafka.committed(appName('sink', settings.app), [topicName('actions', settings.app)])).find(({ partition }) => partition === 0)?.offset ?? 0;
  assert.equal(await positions(), 10);
  proxy.away = false;
  await eventually(async () => (await count('signals')) === SIGNALS, 'all rows are there');
  assert.equal(await count('signals_raw'), SIGNALS);
  await eventually(() => Promise.resolve(clickhouseHealth() === 'reachable'), 'health says so');
});
