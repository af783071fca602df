/** The canary against running services: its event is seen, its rehearsal finds what was planted, and nothing of it stays. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { readStoredHealth } from '../../consumers/dashboard/queries/pipeline.ts';
import { startAnalyzer } from '../../consumers/analyzer/main.ts';
import { startSink } from '../../consumers/clickhouse/main.ts';
import { connectClickHouse } from '../../infra/clickhouse/client.ts';
import { connectKafka } from '../../infra/kafka/client.ts';
import { inspectCluster } from '../../infra/kafka/inspect.ts';
import { removeApps } from '../../infra/kafka/removeApp.ts';
import { startCollector } from '../../producers/collector/main.ts';
import { REHEARSAL, TOPICS, topicName, type TopicId } from '../../schemas/topics.ts';
import { startProcessor } from '../../streams/main.ts';
import { runCommand } from './command.ts';
import { withParts } from './parts.ts';

// Its own: it posts events of now, and looks at what all apps share.
const parts = await withParts({ own: true });
const settings = parts.settings();
const services = [await startCollector(settings, parts.log), await startProcessor(settings, parts.log), await startAnalyzer(settings, parts.log), await startSink(settings, parts.log)];
const [collector] = services;
after(async () => { for (const service of services) await service.stop(); });

interface Result {
  readonly event: { readonly result: string; readonly seconds?: number; readonly why?: string };
  readonly rehearsal: { readonly app: string; readonly found: readonly string[]; readonly missed: readonly string[]; readonly false: readonly string[]; readonly seconds: number };
}

test('an event is seen, planted challenges come out, and nothing is left or touched', { timeout: 280_000 }, async () => {
  const port = (collector as { readonly port: number } | undefined)?.port ?? 0;
  const env = parts.env({ CHOKEPOINT_APP: settings.app, COLLECTOR_PORT: String(port) });
  const { code, out, err } = await runCommand(env, 'canary', '--once', '--json');
  assert.equal(code, 0, out + err);
  const { event, rehearsal } = JSON.parse(out.trimEnd().split('\n').at(-1) ?? '') as Result;
  assert.equal(event.result, 'seen', JSON.stringify(event));
  assert.ok((event.seconds ?? 0) > 0);
  assert.deepEqual([rehearsal.found.length, rehearsal.missed, rehearsal.false], [3, [], []]);
  console.log(`event seen after ${event.seconds ?? 0} s, rehearsal took ${rehearsal.seconds} s`);

  const names = (Object.keys(TOPICS) as TopicId[]).map((id) => topicName(id, rehearsal.app));
  const { topics } = await inspectCluster(settings.kafka, { clientId: 'test', log: parts.log, topics: [...names, 'platform.events'], groups: [] });
  assert.deepEqual([...topics.keys()], ['platform.events'], 'the rehearsal has taken its topics with it');
  const clickhouse = connectClickHouse(settings.clickhouse);
  try {
    assert.deepEqual(await clickhouse.query('SELECT name FROM system.databases WHERE startsWith(name, {prefix:String})', { prefix: REHEARSAL }), []);
    assert.deepEqual(await clickhouse.query('SELECT DISTINCT user_id FROM events'), [{ user_id: 'chokepoint-canary' }], 'no event of the rehearsal is where people are');
    const { canary_at } = await readStoredHealth((sql, parameters) => clickhouse.query(sql, parameters));
    assert.ok(Date.now() - (canary_at ?? 0) < 280_000, 'the page tells when it came through');
    assert.deepEqual(await clickhouse.query("SELECT count() AS n FROM expertise_levels WHERE level != 'machine'"), [{ n: 0 }], 'the canary is a machine, and nobody else is there');
  } finally {
    await clickhouse.close();
  }
});

test('a collector that refuses is an answer, and the exit code says so', { timeout: 60_000 }, async () => {
  const port = (collector as { readonly port: number } | undefined)?.port ?? 0;
  const { code, err } = await runCommand(parts.env({ COLLECTOR_PORT: String(port), ADMIN_KEYS: 'wrong' }), 'canary', '--once', '--json');
  assert.equal(code, 1);
  assert.match(err, /answered 401/);
});

test('what a rehearsal that was killed has left is removed by name, and nothing else', { timeout: 60_000 }, async () => {
  const [old, young] = [`${REHEARSAL}${(1_000).toString(36)}`, `${REHEARSAL}${Date.now().toString(36)}`];
  
  const kafka = await connectKafka(settings.kafka, { clientId: 'test', log: parts.log });
  const left = [`${old}.findings`, `${young}.findings`, 'canary-like'];
  await kafka.createTopics(left.map((topic) => ({ topic, partitions: 1, config: {} }))).finally(() => kafka.close());
  await removeApps(settings.kafka, { clientId: 'test', log: parts.log, isLeft: (app) => app === old });
  const { topics } = await inspectCluster(settings.kafka, { clientId: 'test', log: parts.log, topics: left, groups: [] });
  assert.deepEqual([...topics.keys()].sort(), left.slice(1).sort());
});
