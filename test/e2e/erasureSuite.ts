/**
 * A user is erased while everything runs; nothing is left, not after a restart either, and a replay does not bring them back. Run with user ids as clients send
 * them, and with pseudonyms in their place.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startAnalyzer } from '../../consumers/analyzer/main.ts';
import { startSink } from '../../consumers/clickhouse/main.ts';
import { connectClickHouse } from '../../infra/clickhouse/client.ts';
import type { ClickHouse } from '../../infra/ports.ts';
import type { Service } from '../../infra/service/service.ts';
import type { Settings } from '../../infra/settings.ts';
import { startCollector } from '../../producers/collector/main.ts';
import { createPrivacy } from '../../producers/collector/privacy.ts';
import { partitionOf } from '../../schemas/partition.ts';
import { startProcessor } from '../../streams/main.ts';
import { withParts } from '../integration/parts.ts';
import { eventually } from '../integration/sinkWorld.ts';

const binary = fileURLToPath(new URL('../../infra/cli/chokepoint.ts', import.meta.url));
const TABLES = ['events', 'signals', 'users', 'expertise_levels'] as const;

interface Place { readonly place: string; readonly count: number; readonly retentionDays: number | null }
interface Answer { readonly code: number; readonly left: number; readonly places: readonly Place[] }
const countOf = (answer: Answer, place: string): number => answer.places.find((one) => one.place === place)?.count ?? -1;

export async function erasureSuite(changes: Readonly<Record<string, string>>): Promise<void> {
  const parts = await withParts();
  const env = parts.env(changes);
  const app = env['CHOKEPOINT_APP'] ?? '';
  const settings = parts.settings({ ...changes, CHOKEPOINT_APP: app });
  const replay = parts.settings({ ...changes, CHOKEPOINT_APP: `${app}r` });
  /** The user id as Kafka and ClickHouse have it; clients and the command line say it as it is. */
  const { userId: kept } = createPrivacy(settings.collector.privacy);
  const gone = `gone-${app}`;
  /** Of the same partition, and always later: what has come of theirs tells that all of the other's has been met. */
  const stays = Array.from({ length: 1_000 }, (_, at) => `stays-${at}-${app}`).find((id) => partitionOf(kept(id), settings.partitions) === partitionOf(kept(gone), settings.partitions)) ?? '';
  const feature = `notebooks-${app}`;

  let url = '';
  let services: Service[] = [];
  const open: ClickHouse[] = [];

  const chokepoint = (...args: string[]): ReturnType<typeof chokepointWith> => chokepointWith({}, ...args);

  function chokepointWith(over: Readonly<Record<string, string>>, ...args: string[]): Promise<{ readonly code: number; readonly out: string }> {
    return new Promise((resolve) => {
      execFile(process.execPath, [binary, ...args], { env: { ...env, ...over }, maxBuffer: 64 * 1024 * 1024 }, (error, out, errors) => { resolve({ code: error === null ? 0 : Number(error.code), out: out === '' ? errors : out }); });
    });
  }

  async function places(user: string, how: '--verify' | '--dry-run' = '--verify', of: Settings = settings): Promise<Answer> {
    env['CHOKEPOINT_APP'] = of.app;
    const { code, out } = await chokepoint('erase-user', user, how, '--json');
    return { code, ...(JSON.parse(out.trim().split('\n').at(-1) ?? '') as Omit<Answer, 'code'>) };
  }

  async function start(): Promise<void> {
    const collector = await startCollector(settings, parts.log);
    services = [collector, ...(await Promise.all([startProcessor(settings, parts.log), startAnalyzer(settings, parts.log), startSink(settings, parts.log)]))];
    url = `http://127.0.0.1:${collector.port}`;
    await eventually(() => Promise.resolve(services.every((service) => service.health().ready)), 'all services are ready');
  }

  async function stop(): Promise<void> {
    await Promise.all(services.splice(0).map((service) => service.stop()));
  }

  async function send(method: string, path: string, body: object | null, key: string): Promise<void> {
    const answer = await fetch(`${url}${path}`, { method, headers: { authorization: `Bearer ${key}`, ...(body === null ? {} : { 'content-type': 'application/json' }) }, ...(body === null ? {} : { body: JSON.stringify(body) }) });
    assert.equal(answer.status, 202, await answer.text());
  }

  /** Something in every place: rows, a dead letter of each kind, a level, an open task. */
  const doings = (user: string): object[] => [
    { type: 'interaction', action: 'open' }, { type: 'error', error: { code: 'E1', message: 'no disk', cause: 'platform' } }, { type: 'task_started', task_id: 'run' }, { type: 'interaction', action: 'open', feature: `known-later-${app}` }, { type: 'interaction', action: 'open', feature: 'never-known' },
  ].map((over) => ({ user_id: user, occurred_at: Date.now(), feature, ...over })).concat([{ user_id: user, occurred_at: 'yesterday' as unknown as number, feature, type: 'interaction' } as never]);

  async function act(user: string): Promise<void> {
    await send('POST', '/v1/users', { users: [{ user_id: user, team: 'search', role: 'data-scientist', org: 'retail', joined_at: '2026-01-05T09:00:00Z' }] }, 'admin');
    await send('POST', '/v1/events', { events: doings(user) }, 'write');
  }

  async function isIn(user: string, of: Settings): Promise<boolean> {
    const clickhouse = connectClickHouse(of.clickhouse);
    try {
      const counts = await Promise.all(TABLES.map(async (table) => (await clickhouse.query<{ rows: number }>(`SELECT count() AS rows FROM ${table} WHERE user_id = {user:String}`, { user: kept(user) }))[0]?.rows ?? 0));
      const [letters] = await clickhouse.query<{ rows: number }>('SELECT count() AS rows FROM dead_letters WHERE position(original, {user:String}) > 0', { user: kept(user) });
      return counts.every((rows) => rows > 0) && (letters?.rows ?? 0) > 0;
    } catch {
      return false;
    } finally {
      await clickhouse.close();
    }
  }

  before(start);
  after(async () => {
    await stop();
    for (const clickhouse of open) await clickhouse.close();
  });

  test('before: the user is everywhere, and verify says so', { timeout: 150_000 }, async () => {
    await send('POST', '/v1/features', { features: [{ feature, title: feature, stage: 'data' }] }, 'admin');
    await act(gone);
    await act(stays);
    await eventually(async () => (await isIn(gone, settings)) && isIn(stays, settings), 'both users are in all tables');
    const answer = await places(gone);
    assert.equal(answer.code, 1);
    if (kept(gone) !== gone) {
      env['CHOKEPOINT_APP'] = app;
      const { out } = await chokepointWith({ COLLECTOR_PSEUDONYM_SECRET: '' }, 'erase-user', gone, '--dry-run', '--json');
      const named = (JSON.parse(out.trim().split('\n').at(-1) ?? '') as Answer).places.filter(({ count }) => count > 0);
      assert.deepEqual(named, [], 'the id itself is nowhere');
    }
    for (const place of ['clickhouse dead_letters', 'kafka platform.users', `kafka ${app}.expertise.levels`, `kafka ${app}.processor.changelog`, `kafka ${app}.profile.changelog`]) assert.ok(countOf(answer, place) > 0, place);
  });

  test('erased: verify finds nothing, and the other user is as before', { timeout: 150_000 }, async () => {
    const before = await places(stays, '--dry-run');
    await send('DELETE', `/v1/users/${gone}`, null, 'admin');
    await eventually(async () => (await places(gone)).code === 0, 'nothing is left');
    const answer = await places(gone);
    assert.ok(countOf(answer, 'kafka platform.events') > 0, 'bytes of append topics stay until their retention ends');
    const left = (given: Answer): object => given.places.filter(({ retentionDays }) => retentionDays === null);
    assert.deepEqual(left(await places(stays, '--dry-run')), left(before));
  });

  test('what is sent late of that time, and dead letters replayed, change nothing', { timeout: 150_000 }, async () => {
    await send('POST', '/v1/events', { events: [{ user_id: gone, occurred_at: Date.now() - 60_000, feature, type: 'interaction', action: 'open' }] }, 'write');
    await send('POST', '/v1/features', { features: [{ feature: `known-later-${app}`, title: 'known now', stage: 'data' }] }, 'admin');
    env['CHOKEPOINT_APP'] = app;
    const { code, out } = await chokepoint('dead-letters', 'replay', '--user', kept(gone), '--unchecked', '--json');
    assert.equal(code, 0, out);
    assert.ok((JSON.parse(out.trim().split('\n').at(-1) ?? '') as { sent: number }).sent > 0);
    const marker = `marker-${app}`;
    await send('POST', '/v1/events', { events: [{ user_id: stays, event_id: marker, occurred_at: Date.now(), feature, type: 'interaction', action: 'open' }] }, 'write');
    const clickhouse = connectClickHouse(settings.clickhouse);
    open.push(clickhouse);
    await eventually(async () => ((await clickhouse.query<{ rows: number }>('SELECT count() AS rows FROM signals WHERE event_id = {marker:String}', { marker }))[0]?.rows ?? 0) > 0, 'what was sent after it has come');
    await eventually(async () => (await places(gone)).code === 0, 'nothing is left');
  });

  test('after a restart of everything: nothing', { timeout: 150_000 }, async () => {
    await stop();
    await start();
    const answer = await places(gone);
    assert.deepEqual([answer.code, answer.left], [0, 0]);
  });

  test('a replay of the logs into a new app does not bring the user back', { timeout: 200_000 }, async () => {
    const again = await Promise.all([startProcessor(replay, parts.log), startAnalyzer(replay, parts.log), startSink(replay, parts.log)]);
    try {
      await eventually(() => isIn(stays, replay), 'the other user is in all tables of the replay');
      const answer = await places(gone, '--verify', replay);
      assert.deepEqual([answer.code, answer.places.filter(({ place, count }) => count > 0 && place !== 'kafka platform.events')], [0, []]);
    } finally {
      await Promise.all(again.map((service) => service.stop()));
    }
  });
}
