/**
 * A short chaos run on real parts: the same log is processed once undisturbed by one processor and one analyzer, and once by two of each,
 * which are killed with SIGKILL over and over. A separate verifier finds no lost and no duplicated signal in either, and identical challenges.
 */
import assert from 'node:assert/strict';
import { execFile, fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { connectKafka } from '../../infra/kafka/client.ts';
import { createTopics } from '../../infra/kafka/topics.ts';
import { bringUp } from '../../infra/local/up.ts';
import type { Kafka } from '../../infra/ports.ts';
import { connectRegistry } from '../../infra/registry/registry.ts';
import { createLog } from '../../infra/service/log.ts';
import { readSettings, settingsNamed } from '../../infra/settings.ts';
import { createCodec } from '../../schemas/codec.ts';
import { partitionOf } from '../../schemas/partition.ts';
import { appName, topicName } from '../../schemas/topics.ts';
import type { Verdict } from './verifier.ts';
import { endOf, events, FEATURES, people, startBefore } from './world.ts';

const SEED = 7;
const START = startBefore(Date.now());
const KILLS = 6;
const LIMIT_MS = 240_000;
const binary = fileURLToPath(new URL('../../infra/cli/chokepoint.ts', import.meta.url));
const verifier = fileURLToPath(new URL('verifier.ts', import.meta.url));
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test('processors and analyzers killed mid-flow: nothing lost, nothing twice, the same challenges', { timeout: LIMIT_MS }, async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'chokepoint-chaos-'));
  const log = createLog('chaos');
  // A broker of its own: platform.* is shared by all apps of a broker, and this log must hold nothing else.
  const env: NodeJS.ProcessEnv = { ...process.env, KAFKA_BROKERS: '', CHOKEPOINT_DATA: dataDir, LOCAL_KAFKA_PORT: '0', LOCAL_REGISTRY_PORT: '0', LOCAL_CLICKHOUSE_PORT: '0', PROCESSOR_PORT: '0', ANALYZER_PORT: '0' };
  const parts = await bringUp(readSettings(env), { ...settingsNamed(env), clickhouse: true }, { dataDir, log });
  Object.assign(env, { KAFKA_BROKERS: parts.kafka.brokers.join(','), SCHEMA_REGISTRY_URL: parts.registry.url });
  const kafka = await connectKafka(readSettings(env).kafka, { clientId: 'chaos', log });
  const running = new Set<ChildProcess>();
  const start = (app: string, service: string): ChildProcess => {
    const file = openSync(join(dataDir, `${app}-${service}.log`), 'a');
    const child = fork(binary, [service], { env: { ...env, CHOKEPOINT_APP: app }, stdio: ['ignore', file, file, 'ipc'] });
    running.add(child);
    return child;
  };
  const kill = async (child: ChildProcess): Promise<void> => {
    const exited = new Promise((resolve) => child.once('exit', resolve));
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await exited;
    }
    running.delete(child);
  };
  try {
    await createTopics(kafka, readSettings({ ...env, CHOKEPOINT_APP: 'calm' }));
    await createTopics(kafka, readSettings({ ...env, CHOKEPOINT_APP: 'storm' }));
    const ends = await feed(kafka, env);

    const calm = [start('calm', 'processor'), start('calm', 'analyzer')];
    await until(() => complete(kafka, 'calm', ends), 'calm', dataDir);
    for (const child of calm) await kill(child);

    const members = ['processor', 'analyzer', 'processor', 'analyzer'].map((service) => ({ service, child: start('storm', service) }));
    const stop = new AbortController();
    const storm = (async () => {
      await pause(1_500);
      for (let n = 0; n < KILLS && !stop.signal.aborted; n++) {
        const member = members[n % members.length];
        if (member === undefined) return n;
        await kill(member.child);
        member.child = start('storm', member.service);
        await pause(2_000 + 700 * n);
      }
      return KILLS;
    })();
    await until(() => complete(kafka, 'storm', ends), 'storm', dataDir);
    stop.abort();
    const kills = await storm;
    for (const { child } of members) await kill(child);

    const calmVerdict = await verify('calm', env);
    const stormVerdict = await verify('storm', env);
    for (const verdict of [calmVerdict, stormVerdict]) {
      assert.ok(verdict.signals > 5_000);
      assert.deepEqual({ lost: verdict.lost, duplicated: verdict.duplicated, unexpected: verdict.unexpected, out_of_order: verdict.out_of_order }, { lost: 0, duplicated: 0, unexpected: 0, out_of_order: 0 });
      assert.ok(verdict.challenges.some((row) => row.includes('"rule_id":"error-everyone"')), 'the planted error opened a challenge');
    }
    assert.deepEqual(stormVerdict.challenges, calmVerdict.challenges);
    assert.deepEqual(stormVerdict.levels, calmVerdict.levels);
    assert.ok(kills >= 2, `only ${kills} kills before the end`);
  } finally {
    for (const child of running) await kill(child);
    await kafka.close();
    await parts.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
});

/** Writes the world to platform.*; gives the ends of platform.events. */
async function feed(kafka: Kafka, env: NodeJS.ProcessEnv): Promise<number[]> {
  const codec = await createCodec(connectRegistry(readSettings(env).registry), ['PlatformEvent', 'User', 'Feature']);
  const producer = await kafka.producer();
  const topic = topicName('events', '');
  const partitions = await kafka.partitions(topic);
  await producer.send(FEATURES.map((feature) => ({ topic: topicName('features', ''), partition: 0, key: feature.feature, value: codec.encode('Feature', feature) })));
  await producer.send(people(START).map(({ user_id, team, role, org, joined_at }) => ({ topic: topicName('users', ''), partition: 0, key: user_id, value: codec.encode('User', { user_id, team, role, org, joined_at }) })));
  const records = events(SEED, START).map((event) => ({ topic, partition: partitionOf(event.user_id, partitions), key: event.user_id, value: codec.encode('PlatformEvent', event) }));
  for (let from = 0; from < records.length; from += 1_000) await producer.send(records.slice(from, from + 1_000));
  const clock = { event_id: 'clock', user_id: '', session_id: null, occurred_at: endOf(START), sent_at: null, received_at: endOf(START), source: 'chaos', type: 'clock' as const, feature: '', action: null, task_id: null, outcome: null, duration_ms: null, waiting_ms: null, release: null, error: null, properties: {} };
  await producer.send(Array.from({ length: partitions }, (_, partition) => ({ topic, partition, key: '', value: codec.encode('PlatformEvent', clock) })));
  await producer.close();
  return kafka.ends(topic);
}

/** The cohort task has passed the whole log in every partition, with all ticks run. */
async function complete(kafka: Kafka, app: string, ends: readonly number[]): Promise<boolean> {
  const positions = await kafka.committed(appName('cohort', app), [topicName('partials', app)]);
  return ends.every((end, partition) => {
    const metadata = positions.find((position) => position.partition === partition)?.metadata;
    return metadata !== undefined && metadata !== '' && (JSON.parse(metadata) as { through: number }).through >= end;
  });
}

async function until(condition: () => Promise<boolean>, app: string, dataDir: string): Promise<void> {
  const begun = Date.now();
  while (!(await condition())) {
    if (Date.now() - begun > LIMIT_MS / 2) {
      const logs = ['processor', 'analyzer'].map((service) => readFileSync(join(dataDir, `${app}-${service}.log`), 'utf8').split('\n').slice(-15).join('\n'));
      throw new Error(`${app} is not complete after ${LIMIT_MS / 2000} s\n${logs.join('\n')}`);
    }
    await pause(200);
  }
}

async function verify(app: string, env: NodeJS.ProcessEnv): Promise<Verdict> {
  const { stdout } = await promisify(execFile)(process.execPath, [verifier, app, String(SEED), String(START)], { env, maxBuffer: 64 * 2 ** 20 });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Verdict;
}
