/** The doctor on real parts, with each cause provoked: it names it, says what to do, and the other checks go on. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { startSink } from '../../consumers/clickhouse/main.ts';
import { migrate, MIGRATIONS } from '../../consumers/clickhouse/migrate.ts';
import { examine } from '../../infra/cli/doctor/examine.ts';
import type { Finding } from '../../infra/cli/doctor/finding.ts';
import { connectClickHouse } from '../../infra/clickhouse/client.ts';
import { connectKafka } from '../../infra/kafka/client.ts';
import { topicConfigs } from '../../infra/kafka/topics.ts';
import { bringUp } from '../../infra/local/up.ts';
import type { Settings } from '../../infra/settings.ts';
import { schemaText } from '../../schemas/codec.ts';
import * as make from '../consumers/clickhouse/records.ts';
import { runCommand } from './command.ts';
import { freePort, withParts } from './parts.ts';
import { clickHouseProxy, eventually, feedOf } from './sinkWorld.ts';

// Its own: wrong clocks and many records are nothing for those who share platform.events.
const parts = await withParts({ own: true });
const ALL = { kafka: true, registry: true, clickhouse: true };
const NONE = { kafka: false, registry: false, clickhouse: false };

const look = async (settings: Settings, only: Partial<typeof ALL> = ALL, now: () => number = Date.now): Promise<readonly Finding[]> => {
  const begun = performance.now();
  const findings = await examine(settings, { ...NONE, ...only }, now);
  assert.ok(performance.now() - begun < 40_000, 'each dependency has its limit of time');
  for (const { check, status, remedy } of findings) assert.equal(remedy === null, status === 'ok', `${check}: whoever is told of a problem is told what to do`);
  return findings;
};
const one = (findings: readonly Finding[], check: string): Finding => {
  const found = findings.filter((finding) => finding.check === check);
  assert.equal(found.length, 1, `${check} in ${JSON.stringify(findings)}`);
  return found[0] as Finding;
};
const says = (findings: readonly Finding[], check: string, status: Finding['status'], detail: RegExp): void => {
  const told = findings.filter((finding) => finding.check === check && finding.status === status);
  assert.ok(told.some((finding) => detail.test(finding.detail)), `${check} ${status} ${String(detail)} in ${JSON.stringify(findings)}`);
};

test('with everything as it should be, only that nobody runs is said; a sink that cannot insert is stuck', { timeout: 120_000 }, async (t) => {
  const proxy = await clickHouseProxy(parts.platform.clickhouse.url);
  const settings = parts.settings({ CLICKHOUSE_URL: proxy.url });
  const feed = await feedOf(settings, parts.log);
  const sink = await startSink(settings, parts.log);
  t.after(async () => {
    await sink.stop();
    await Promise.all([feed.close(), proxy.close()]);
  });
  await eventually(async () => one(await look(settings), 'lag of sink').status === 'ok', 'the sink has taken what there is');
  const findings = await look(settings);
  assert.deepEqual(findings.filter(({ status, check }) => status !== 'ok' && !check.startsWith('lag of ')), []);
  for (const check of ['topics', 'schema registry', 'schemas', 'ClickHouse', `database ${settings.clickhouse.database}`, 'clock of ClickHouse', 'lag of sink']) assert.equal(one(findings, check).status, 'ok', check);
  says(findings, 'lag of profile', 'warn', /nobody is in the group/);

  proxy.away = true;
  await feed.send('actions', 0, 'u', 'ActionSignal', Array.from({ length: 500 }, (_, n) => make.actionSignal({ signal_id: `s${n}` })));
  says(await look(settings), 'lag of sink', 'fail', /records wait, most of them in .*signals\.action\/0; nothing was committed within 3 s/);
  says(await look(settings), 'lag of profile', 'fail', /nobody is in the group, \d+ records wait/);
});

test('topics that somebody made by hand', { timeout: 60_000 }, async () => {
  const settings = parts.settings();
  const { app } = settings;
  const kafka = await connectKafka(settings.kafka, { clientId: 'test', log: parts.log });
  try {
    const partitions = await kafka.partitions('platform.events').catch(() => settings.partitions);
    const wanted = topicConfigs(app, partitions).filter(({ topic }) => topic !== `${app}.findings`);
    await kafka.createTopics(wanted.map((one) =>
      one.topic === `${app}.signals.time` ? { ...one, partitions: partitions + 1 }
      : one.topic === `${app}.challenges` ? { ...one, config: { ...one.config, 'cleanup.policy': 'compact' } }
      : one.topic === `${app}.bottlenecks` ? { ...one, config: { ...one.config, 'retention.ms': '3600000' } } : one));
    const findings = await look(settings, { kafka: true });
    says(findings, 'topics', 'fail', new RegExp(`^missing: ${app}\\.findings$`));
    says(findings, `topic ${app}.signals.time`, 'fail', new RegExp(`^${partitions + 1} partitions; ${partitions} follow`));
    says(findings, `topic ${app}.challenges`, 'fail', /cleanup\.policy is compact, not delete/);
    says(findings, `topic ${app}.bottlenecks`, 'warn', /retention\.ms is 3600000/);
    assert.equal(findings.filter(({ status }) => status !== 'ok').length, 5, 'and that the lag was not looked at');
  } finally {
    await kafka.close();
  }
});

/** Subjects are one for all files of `npm test`: what is broken here is broken in a registry of its own. */
async function ownRegistry(t: TestContext): Promise<string> {
  const dataDir = mkdtempSync(join(tmpdir(), 'chokepoint-doctor-'));
  const settings = parts.settings({ CHOKEPOINT_DATA: dataDir, CHOKEPOINT_APP: '' });
  const platform = await bringUp(settings, { kafka: true, registry: false, clickhouse: true }, { dataDir, log: parts.log });
  t.after(async () => {
    await platform.stop('at once');
    rmSync(dataDir, { recursive: true, force: true });
  });
  return platform.registry.url;
}

test('schemas that are not there, cannot be read, or may break', { timeout: 90_000 }, async (t) => {
  const shared = parts.settings();
  const feed = await feedOf(shared, parts.log);
  await feed.send('challenges', 0, 'c', 'Challenge', [make.challenge()]);
  await feed.close();
  const url = await ownRegistry(t);
  const settings = parts.settings({ CHOKEPOINT_APP: shared.app, SCHEMA_REGISTRY_URL: url });
  const put = async (path: string, method: string, body: object): Promise<void> => {
    const answer = await fetch(`${url}/${path}`, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    assert.equal(answer.status, 200, await answer.text());
  };
  says(await look(settings, { registry: true }), 'schemas', 'warn', /none is registered yet/);
  says(await look(settings, { kafka: true, registry: true }), 'schemas', 'fail', /topics have records: .*challenges-value/);

  await put('subjects/platform.users-value/versions', 'POST', { schema: schemaText('User') });
  await put('subjects/challenges-value/versions', 'POST', { schema: JSON.stringify({ type: 'record', name: 'Challenge', namespace: 'chokepoint', fields: [{ name: 'challenge_id', type: 'long' }] }) });
  await put('config/platform.users-value', 'PUT', { compatibility: 'NONE' });
  const findings = await look(settings, { registry: true });
  says(findings, 'schema challenges-value', 'fail', /this code cannot read version 1 of 1: /);
  says(findings, 'schema platform.users-value', 'warn', /compatibility is NONE/);
  says(findings, 'schemas', 'warn', /not registered yet/);
});

test('a database that is missing, older, altered or newer', { timeout: 60_000 }, async (t) => {
  const settings = parts.settings();
  const { database } = settings.clickhouse;
  const admin = connectClickHouse({ ...settings.clickhouse, database: 'default' });
  t.after(async () => {
    await admin.command(`DROP DATABASE IF EXISTS \`${database}\``);
    await admin.close();
  });
  const judged = async (status: Finding['status'], detail: RegExp): Promise<void> => { says(await look(settings, { clickhouse: true }), `database ${database}`, status, detail); };
  await judged('warn', /not there yet/);
  await migrate(admin, database, MIGRATIONS.slice(0, 2));
  await judged('fail', /older than this code: it lacks 0003/);
  await migrate(admin, database);
  await judged('ok', /as this code has it/);
  const [first] = MIGRATIONS;
  await admin.insert(`\`${database}\`.migrations`, [{ id: first?.id, checksum: 'another', applied_at: Date.now() + 60_000 }], 'altered');
  await judged('fail', /0001-tables is not the migration that was applied/);
  await admin.insert(`\`${database}\`.migrations`, [{ id: '9999-later', checksum: 'x' }], 'later');
  await judged('fail', /newer than this code: it has 9999-later/);
});

test('what is down fails its own checks and the others go on; what takes a connection and says nothing has a limit of time', { timeout: 150_000 }, async (t) => {
  const nowhere = `127.0.0.1:${await freePort()}`;
  const sockets: Socket[] = [];
  const silent = createServer((socket) => { sockets.push(socket); });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    silent.close();
    for (const socket of sockets) socket.destroy();
  });
  const mute = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const failing = async (changes: Readonly<Record<string, string>>): Promise<readonly string[]> =>
    (await look(parts.settings(changes))).filter(({ status }) => status === 'fail').map(({ check, detail }) => `${check}: ${detail}`);
  const cases = [
    [{ KAFKA_BROKERS: nowhere }, [/^Kafka: .*cannot be reached: .*ECONNREFUSED/, /^topics and lag: not looked at/]],
    [{ SCHEMA_REGISTRY_URL: `http://${nowhere}` }, [/^schema registry: .*cannot be reached/]],
    [{ CLICKHOUSE_URL: `http://${nowhere}` }, [/^ClickHouse: .*cannot be reached/]],
    [{ KAFKA_BROKERS: mute }, [/^topics and lag: (no answer within 10 s|Could not look)/]],
    [{ SCHEMA_REGISTRY_URL: `http://${mute}` }, [/^schema registry: .*(timeout|aborted)/]],
    [{ CLICKHOUSE_URL: `http://${mute}` }, [/^ClickHouse: .*no answer within 10 s/]],
    [{ SCHEMA_REGISTRY_URL: new URL(parts.platform.registry.url).origin }, [/^schema registry: .*path of Confluent's API/]],
  ] as const;
  await Promise.all(cases.map(async ([changes, wanted]) => {
    const found = await failing(changes);
    assert.equal(found.length, wanted.length, JSON.stringify(found));
    found.forEach((finding, index) => { assert.match(finding, wanted[index] ?? /never/); });
  }));
});

test('the command: JSON on its last line, an exit code, and no secret', { timeout: 60_000 }, async () => {
  const secrets = { CLICKHOUSE_PASSWORD: 'secret-of-clickhouse', SCHEMA_REGISTRY_USERNAME: 'me', SCHEMA_REGISTRY_PASSWORD: 'secret-of-registry', WRITE_KEYS: 'secret-key', CHOKEPOINT_ERASURE_SECRET: 'secret-of-erasures' };
  const url = new URL(parts.platform.clickhouse.url);
  const away = { CLICKHOUSE_URL: `http://somebody:secret-in-url@127.0.0.1:${await freePort()}` };
  const failed = await runCommand(parts.env({ ...secrets, ...away }), 'doctor', '--json');
  assert.equal(failed.code, 1, failed.err);
  const { ok, findings } = JSON.parse(failed.out.trimEnd().split('\n').at(-1) ?? '') as { ok: boolean; findings: Finding[] };
  assert.equal(ok, false);
  assert.equal(one(findings, 'ClickHouse').status, 'fail');
  const text = await runCommand(parts.env({ ...secrets, CLICKHOUSE_URL: `http://somebody:secret-in-url@${url.host}` }), 'doctor');
  assert.equal(text.code, 0, text.out + text.err);
  assert.match(text.out, /^ok +ClickHouse /m);
  assert.match(text.out, /→ the first service creates them/);
  assert.doesNotMatch(text.out, /settings: \{/, 'nothing pushes the findings out of sight');
  const more = await runCommand(parts.env(secrets), 'doctor', '--settings');
  assert.match(more.out, /^settings: \{[\s\S]*\n\}\n[\s\S]*^ok +ClickHouse /m, 'the findings come last');
  const wrong = await runCommand(parts.env({ COLLECTOR_PORT: 'none', WRITE_KEYS: 'secret key' }), 'doctor', '--json');
  assert.equal(wrong.code, 1);
  assert.match(wrong.out, /COLLECTOR_PORT/);
  for (const said of [failed, text, more, wrong]) assert.doesNotMatch(said.out + said.err, /secret-|secret key/);
});

test('clocks that do not agree', { timeout: 60_000 }, async () => {
  const settings = parts.settings();
  const behind = await look(settings, ALL, () => Date.now() - 600_000);
  says(behind, 'clock of ClickHouse', 'fail', /ahead of this machine/);
  const feed = await feedOf(settings, parts.log);
  try {
    // As from a collector whose clock is wrong; the event itself is of now.
    await feed.send('events', 0, '', 'PlatformEvent', [make.event({ user_id: '', feature: '', type: 'clock', occurred_at: Date.now(), received_at: Date.now() + 600_000 })]);
    const findings = await look(settings);
    says(findings, 'clocks of collector and broker', 'fail', /the collector's is (59|60)\d\.\d s ahead/);
    assert.equal(one(findings, 'clock of ClickHouse').status, 'ok');
    says(await look(settings, ALL, () => Date.now() - 600_000), 'clock of the broker', 'fail', /ahead of this machine/);
  } finally {
    await feed.close();
  }
});
