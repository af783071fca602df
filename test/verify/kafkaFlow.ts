/**
 * A world through the production binary on a real Kafka: two processors and two analyzers, each a process, on a broker and a registry of the world's
 * own, since platform.* is shared by all apps of a broker. What is judged is read back from the topics, committed records only.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectKafka } from '../../infra/kafka/client.ts';
import { createTopics } from '../../infra/kafka/topics.ts';
import { bringUp } from '../../infra/local/up.ts';
import type { InRecord, Kafka, OutRecord } from '../../infra/ports.ts';
import { connectRegistry } from '../../infra/registry/registry.ts';
import { createLog, type Log } from '../../infra/service/log.ts';
import { readSettings, settingsNamed } from '../../infra/settings.ts';
import { createCodec, type RecordCodec } from '../../schemas/codec.ts';
import type { RecordName, Records } from '../../schemas/records.ts';
import { type TopicId, topicName } from '../../schemas/topics.ts';
import { cohortPassed } from '../driver/cohortPassed.ts';
import { worldRecords } from '../driver/worldRecords.ts';
import type { LogEntry } from '../oracle/seen.ts';
import type { Outcome } from './flow.ts';
import { type World, createWorld, history, knownUsers } from './history.ts';
import { vectorsOf } from './memoryFlow.ts';
import type { Plan } from './plan.ts';

const DAY_MS = 86_400_000;
const MEMBERS = ['processor', 'analyzer', 'processor', 'analyzer'] as const;
const PATIENCE_MS = 300_000;
const SEND = 1_000;
const binary = fileURLToPath(new URL('../../infra/cli/chokepoint.ts', import.meta.url));

/** The plan's world, moved by whole weeks so that it has ended and is not too old: a real broker's clock decides what is `future` and `too_old`. */
export function datedWorld(plan: Plan, now: number): World {
  const latest = Math.floor(now / DAY_MS) - plan.days - 2;
  return createWorld(plan, latest - ((latest - plan.startDay) % 7));
}

export async function throughKafka(world: World): Promise<Outcome> {
  const begun = performance.now();
  const dataDir = mkdtempSync(join(tmpdir(), 'chokepoint-verify-'));
  const write = createLog('verify');
  const log: Log = (level, message, fields) => { if (level === 'error') write(level, message, fields); };
  const env: NodeJS.ProcessEnv = {
    ...process.env, KAFKA_BROKERS: '', SCHEMA_REGISTRY_URL: '', CHOKEPOINT_APP: '', CHOKEPOINT_DATA: dataDir, CHOKEPOINT_PARTITIONS: String(world.plan.partitions),
    LOCAL_KAFKA_PORT: '0', LOCAL_REGISTRY_PORT: '0', LOCAL_CLICKHOUSE_PORT: '0', PROCESSOR_PORT: '0', ANALYZER_PORT: '0',
  };
  const parts = await bringUp(readSettings(env), { ...settingsNamed(env), clickhouse: true }, { dataDir, log });
  Object.assign(env, { KAFKA_BROKERS: parts.kafka.brokers.join(','), SCHEMA_REGISTRY_URL: parts.registry.url });
  const kafka = await connectKafka(readSettings(env).kafka, { clientId: 'verify', log });
  const members: ChildProcess[] = [];
  try {
    await createTopics(kafka, readSettings(env));
    const codec = await createCodec(connectRegistry(readSettings(env).registry), ['PlatformEvent', 'User', 'Feature', 'Challenge', 'Finding', 'ExpertiseLevel', 'ExpertiseModel']);
    await feed(kafka, codec, world);
    for (const [n, service] of MEMBERS.entries()) {
      const file = openSync(join(dataDir, `${service}-${String(n)}.log`), 'a');
      members.push(fork(binary, [service], { env, stdio: ['ignore', file, file, 'ipc'] }));
      closeSync(file);
    }
    await complete(kafka, () => MEMBERS.map((service, n) => `${service}: ${readFileSync(join(dataDir, `${service}-${String(n)}.log`), 'utf8').split('\n').slice(-6).join('\n')}`).join('\n'));
    return await outcomeOf(kafka, codec, world.plan.partitions, (performance.now() - begun) / 1000);
  } finally {
    await Promise.all(members.map(stopMember));
    await kafka.close();
    await parts.stop('at once');
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function stopMember(member: ChildProcess): Promise<void> {
  if (member.exitCode !== null || member.signalCode !== null) return;
  const exited = new Promise((resolve) => member.once('exit', resolve));
  member.kill('SIGKILL');
  await exited;
}

async function feed(kafka: Kafka, codec: RecordCodec, world: World): Promise<void> {
  const producer = await kafka.producer();
  const send = async (records: readonly OutRecord[]): Promise<void> => {
    for (let from = 0; from < records.length; from += SEND) await producer.send(records.slice(from, from + SEND));
  };
  await send(world.platform.map(({ entry }) => ({ topic: topicName('features', ''), partition: 0, key: entry.feature, value: codec.encode('Feature', entry) })));
  await send(knownUsers(world).map((user) => ({ topic: topicName('users', ''), partition: 0, key: user.user_id, value: codec.encode('User', user) })));
  const records = worldRecords(codec, world.plan.partitions, world.endsAt);
  for (const batch of history(world)) await send([...records.events(batch), ...records.clocks()]);
  await send(records.clocks(world.endsAt));
  await producer.close();
}

/** The cohort task has passed the whole log in every partition, with all ticks run. */
async function complete(kafka: Kafka, lastWords: () => string): Promise<void> {
  const ends = await kafka.ends(topicName('events', ''));
  const begun = performance.now();
  for (;;) {
    if (await cohortPassed(kafka, ends)) return;
    if (performance.now() - begun > PATIENCE_MS) throw new Error(`the members have not taken everything after ${String(PATIENCE_MS / 1000)} s\n${lastWords()}`);
    await new Promise((next) => setTimeout(next, 200));
  }
}

async function outcomeOf(kafka: Kafka, codec: RecordCodec, partitions: number, seconds: number): Promise<Outcome> {
  const recordsOf = async (id: TopicId): Promise<InRecord[]> => {
    const topic = topicName(id, '');
    const all: InRecord[] = [];
    for (const [partition, end] of (await kafka.ends(topic)).entries()) for await (const records of kafka.read({ topic, partition, offset: 0 }, end)) all.push(...records);
    return all;
  };
  const read = async <Name extends RecordName>(id: TopicId, name: Name): Promise<Records[Name][]> => {
    const records: Records[Name][] = [];
    for (const { value } of await recordsOf(id)) {
      if (value === null) continue;
      await codec.load(value);
      records.push(codec.decode(name, value));
    }
    return records;
  };
  const logs = Array.from({ length: partitions }, (): LogEntry[] => []);
  for (const { partition, offset, timestamp, value } of await recordsOf('events')) logs[partition]?.push({ offset, timestamp, event: value === null ? null : codec.decode('PlatformEvent', value) });
  return {
    logs,
    challenges: await read('challenges', 'Challenge'),
    findings: await read('findings', 'Finding'),
    levels: await read('levels', 'ExpertiseLevel'),
    models: await read('models', 'ExpertiseModel'),
    vectors: vectorsOf((await recordsOf('partials')).flatMap(({ value }) => (value === null ? [] : [value]))),
    deadLetters: (await recordsOf('deadLetters')).filter(({ value }) => value !== null).length,
    seconds,
  };
}
