/** The canary against running services: its event is seen, its rehearsal finds what was planted, and nothing of it stays. */
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readStoredHealth } from '../../consumers/dashboard/queries/pipeline.ts';
import { startAnalyzer } from '../../consumers/analyzer/main.ts';
import { startSink } from '../../consumers/clickhouse/main.ts';
import { connectClickHouse } from '../../infra/clickhouse/client.ts';
import { connectKafka } from '../../infra/kafka/client.ts';
import { connector } from '../../infra/kafka/kafkajs.ts';
import { inspectCluster } from '../../infra/kafka/inspect.ts';
import { removeApps } from '../../infra/kafka/removeApp.ts';
import type { Service } from '../../infra/service/service.ts';
import { startCollector } from '../../producers/collector/main.ts';
import { REHEARSAL } from '../../schemas/topics.ts';
import { startProcessor } from '../../streams/main.ts';
import { runCommand } from './command.ts';
import { freePort, withParts } from './parts.ts';
import { eventually } from './sinkWorld.ts';

// Before the parts have a hook of theirs: hooks run in the order in which they were made, and a service whose broker is gone looks for it before it ends.
const services: Service[] = [];
after(() => Promise.all(services.map((service) => service.stop())));
// Its own: it posts events of now, and looks at what all apps share.
const parts = await withParts({ own: true });
const settings = parts.settings();
const collector = await startCollector(settings, parts.log);
services.push(collector, ...(await Promise.all([startProcessor(settings, parts.log), startAnalyzer(settings, parts.log), startSink(settings, parts.log)])));

interface Result {
  readonly event: { readonly result: string; readonly seconds?: number; readonly why?: string };
  readonly rehearsal: { readonly app: string; readonly found: readonly string[]; readonly missed: readonly string[]; readonly false: readonly string[]; readonly seconds: number };
}

test('an event is seen, planted challenges come out, and nothing is left or touched', { timeout: 600_000 }, async () => {
  const env = parts.env({ CHOKEPOINT_APP: settings.app, COLLECTOR_PORT: String(collector.port) });
  const { code, out, err } = await runCommand(env, 'canary', '--once', '--json');
  assert.equal(code, 0, out + err);
  const { event, rehearsal } = JSON.parse(out.trimEnd().split('\n').at(-1) ?? '') as Result;
  assert.equal(event.result, 'seen', JSON.stringify(event));
  assert.ok((event.seconds ?? 0) > 0);
  assert.deepEqual([rehearsal.found.length, rehearsal.missed, rehearsal.false], [3, [], []]);
  console.log(`event seen after ${event.seconds ?? 0} s, rehearsal took ${rehearsal.seconds} s`);

  assert.deepEqual(await names(REHEARSAL), [], 'the rehearsal has taken its topics with it');
  const clickhouse = connectClickHouse(settings.clickhouse);
  try {
    assert.deepEqual(await clickhouse.query('SELECT name FROM system.databases WHERE startsWith(name, {prefix:String})', { prefix: REHEARSAL }), []);
    assert.deepEqual(await clickhouse.query('SELECT DISTINCT user_id FROM events'), [{ user_id: 'chokepoint-canary' }], 'no event of the rehearsal is where people are');
    const { canary_at } = await readStoredHealth((sql, parameters) => clickhouse.query(sql, parameters));
    assert.ok(Date.now() - (canary_at ?? 0) < 600_000, 'the page tells when it came through');
    assert.deepEqual(await clickhouse.query("SELECT count() AS n FROM expertise_levels WHERE level != 'machine'"), [{ n: 0 }], 'the canary is a machine, and nobody else is there');
  } finally {
    await clickhouse.close();
  }
});

test('the service counts what it sees, and takes a rehearsal that it is stopped in away with it', { timeout: 120_000 }, async (t) => {
  const port = await freePort();
  const env = parts.env({ CHOKEPOINT_APP: settings.app, CANARY_COLLECTOR_URL: `http://127.0.0.1:${collector.port}`, CANARY_PORT: String(port), CANARY_INTERVAL: '1s' });
  const child = fork(fileURLToPath(new URL('../../infra/cli/chokepoint.ts', import.meta.url)), ['canary'], { env, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  t.after(() => child.kill('SIGKILL'));
  const metric = async (name: string): Promise<number> => {
    const text = await fetch(`http://127.0.0.1:${port}/metrics`).then((answer) => answer.text(), () => '');
    return Number(text.split('\n').find((line) => line.startsWith(name))?.split(' ').at(-1) ?? 0);
  };
  const rehearsing = async (): Promise<boolean> => (await names(REHEARSAL)).length > 0;
  await eventually(async () => (await metric('chokepoint_canary_probes_total{result="seen"}')) >= 2 && (await rehearsing()), 'two events were seen and a rehearsal goes on');
  assert.ok((await metric('chokepoint_canary_seconds_count')) >= 2);
  assert.equal(await metric('chokepoint_canary_probes_total{result="late"}'), 0);
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  assert.deepEqual(await ended, [0, null]);
  assert.deepEqual(await names(REHEARSAL), []);
});

/** Topics whose names begin so. */
async function names(prefix: string): Promise<readonly string[]> {
  const admin = connector(settings.kafka, { clientId: 'test', log: parts.log }).admin();
  await admin.connect();
  return admin.listTopics().then((topics) => topics.filter((topic) => topic.startsWith(prefix))).finally(() => admin.disconnect());
}

test('a collector that refuses is an answer, and the exit code says so', { timeout: 60_000 }, async () => {
  const { code, err } = await runCommand(parts.env({ COLLECTOR_PORT: String(collector.port), ADMIN_KEYS: 'wrong' }), 'canary', '--once', '--json');
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
