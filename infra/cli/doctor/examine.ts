/**
 * Asks what the settings name and has the answers judged. Each dependency is asked by itself and within a limit of time: one that is down fails its own
 * checks, and the others go on.
 */
import { MIGRATIONS } from '../../../consumers/clickhouse/migrate.ts';
import { readLag } from '../../../consumers/dashboard/lag.ts';
import { createCodec } from '../../../schemas/codec.ts';
import { TOPICS, appName, topicName, type TopicId } from '../../../schemas/topics.ts';
import { connectClickHouse } from '../../clickhouse/client.ts';
import { connectKafka } from '../../kafka/client.ts';
import { inspectCluster, type ClusterSeen } from '../../kafka/inspect.ts';
import { topicConfigs } from '../../kafka/topics.ts';
import type { Kafka } from '../../ports.ts';
import { inspectRegistry } from '../../registry/inspect.ts';
import { connectRegistry, subjectOf } from '../../registry/registry.ts';
import type { Settings } from '../../settings.ts';
import { judgeAppend, judgeClock, type Reading } from './clocks.ts';
import { judgeMigrations } from './database.ts';
import { fail, ok, warn, type Finding } from './finding.ts';
import { judgeLag } from './lag.ts';
import { addressOf, addressOfUrl, inTime, unreachable } from './reach.ts';
import { judgeSubjects, type Subject } from './subjects.ts';
import { judgeTopics } from './topics.ts';

/** What is named, or answers where `npm start` would bring it up. */
export interface Parts {
  readonly kafka: boolean;
  readonly registry: boolean;
  readonly clickhouse: boolean;
}

/** Ours: for all questions to one dependency. */
const LIMIT_MS = 10_000;
/** Ours: tasks commit several times a second while there is something to take. */
const BETWEEN_LOOKS_MS = 3_000;
const IDS = Object.keys(TOPICS) as TopicId[];
const GROUPS = ['processor', 'profile', 'cohort', 'sink', 'alerts'];
const silent = (): void => undefined;

/** `now`: this machine's clock. */
export async function examine(settings: Settings, parts: Parts, now: () => number): Promise<Finding[]> {
  const cluster = parts.kafka ? examineKafka(settings, parts, now) : Promise.resolve({ findings: [], used: null });
  const clickhouse = parts.clickhouse ? examineClickHouse(settings, now) : Promise.resolve([]);
  const { findings, used } = await cluster;
  return [...findings, ...(parts.registry ? await examineRegistry(settings, used, now) : []), ...(await clickhouse)];
}

interface KafkaExamined {
  readonly findings: readonly Finding[];
  /** The topics that have records; null where nobody could look. */
  readonly used: ReadonlySet<string> | null;
}

async function examineKafka(settings: Settings, parts: Parts, now: () => number): Promise<KafkaExamined> {
  const { brokers } = settings.kafka;
  const answers = await Promise.all(brokers.map(async (broker) => [broker, await unreachable(addressOf(broker))] as const));
  const away = answers.filter(([, why]) => why !== null);
  const remedy = 'is the broker running, and KAFKA_BROKERS its address as seen from here?';
  if (away.length === answers.length) return { findings: [...away.map(([broker, why]) => fail('Kafka', `${broker} ${why ?? ''}`, remedy)), fail('topics and lag', 'not looked at, since no broker answers', 'bring Kafka back')], used: null };
  const reached = answers.map(([broker, why]) => (why === null ? ok('Kafka', `${broker} answers`) : warn('Kafka', `${broker} ${why}`, `${remedy} The others answer`)));
  let kafka: Kafka | null = null;
  try {
    const wanted = topicConfigs(settings.app, settings.partitions).map(({ topic }) => topic);
    const cluster = await inTime(LIMIT_MS, inspectCluster(settings.kafka, { clientId: 'chokepoint-doctor', log: silent, topics: wanted, groups: GROUPS.map((group) => appName(group, settings.app)) }));
    const partitions = cluster.topics.get(topicName('events', settings.app))?.partitions ?? settings.partitions;
    kafka = await inTime(LIMIT_MS, connectKafka(settings.kafka, { clientId: 'chokepoint-doctor', log: silent }));
    const topics = judgeTopics(topicConfigs(settings.app, partitions), cluster.topics, cluster.brokers);
    return { findings: [...reached, ...topics, ...(await examineLag(kafka, settings.app, cluster)), ...(parts.registry ? await examineAppend(kafka, settings, now) : [])], used: await usedTopics(kafka, cluster).catch(() => null) };
  } catch (error) {
    return { findings: [...reached, fail('topics and lag', messageOf(error), 'check KAFKA_SSL*, KAFKA_SASL_* and the rights of this user: those of `operator` suffice (docs/security.md)')], used: null };
  } finally {
    await kafka?.close();
  }
}

async function usedTopics(kafka: Kafka, { topics }: ClusterSeen): Promise<ReadonlySet<string>> {
  const ends = await inTime(LIMIT_MS, Promise.all([...topics.keys()].map(async (topic) => ({ topic, ends: await kafka.ends(topic) }))));
  return new Set(ends.filter((one) => one.ends.some((end) => end > 0)).map(({ topic }) => topic));
}

async function examineLag(kafka: Kafka, app: string, { topics, members }: ClusterSeen): Promise<Finding[]> {
  if (IDS.some((id) => !topics.has(topicName(id, app)))) return [warn('lag', 'not looked at, since topics are missing', 'see topics')];
  try {
    const before = await inTime(LIMIT_MS, readLag(kafka, app));
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_LOOKS_MS));
    const after = await inTime(LIMIT_MS, readLag(kafka, app));
    return after.map((group) => judgeLag(before.find((one) => one.group === group.group) ?? group, group, members.get(appName(group.group, app)) ?? 0, BETWEEN_LOOKS_MS / 1_000));
  } catch (error) {
    return [fail('lag', messageOf(error), 'Kafka answers, but not this: look at the log of the groups\' coordinator')];
  }
}

/** The latest event that can be read: what the collector wrote as its time, and what the broker did. */
async function examineAppend(kafka: Kafka, settings: Settings, now: () => number): Promise<Finding[]> {
  const topic = topicName('events', settings.app);
  try {
    return await inTime(LIMIT_MS, (async () => {
      // Ids are positive: nothing is registered, every schema is asked for.
      const registry = connectRegistry(settings.registry);
      const codec = await createCodec({ register: () => Promise.resolve(0), schema: (id) => registry.schema(id) }, ['PlatformEvent']);
      const ends = await kafka.ends(topic);
      const latest = (await Promise.all(ends.map(async (end, partition) => (end === 0 ? [] : (await kafka.poll({ topic, partition, offset: end - 1 }, 1_000)).records)))).flat();
      const newest = latest.reduce<(typeof latest)[number] | null>((most, one) => (most === null || one.timestamp > most.timestamp ? one : most), null);
      if (newest?.value == null) return [];
      const broker = newest.timestamp > now() ? [judgeClock({ whose: 'the broker', theirs: newest.timestamp, from: now(), to: now() })] : [];
      await codec.load(newest.value);
      return [judgeAppend({ received_at: codec.decode('PlatformEvent', newest.value).received_at, appended_at: newest.timestamp }), ...broker];
    })());
  } catch {
    // No topic, or bytes that are no event: other checks, and dead letters, say so.
    return [];
  }
}

async function examineRegistry(settings: Settings, used: ReadonlySet<string> | null, now: () => number): Promise<Finding[]> {
  const { url } = settings.registry;
  const why = await unreachable(addressOfUrl(url));
  if (why !== null) return [fail('schema registry', `${url} ${why}`, 'is it running, and SCHEMA_REGISTRY_URL its address as seen from here?')];
  const subjects = IDS.flatMap((id): (Subject & { readonly topic: string })[] => {
    const { record } = TOPICS[id];
    return record === null ? [] : [{ subject: subjectOf(record), name: record, topic: topicName(id, settings.app), used: used?.has(topicName(id, settings.app)) ?? null }];
  });
  try {
    const from = now();
    const { subjects: seen, date } = await inspectRegistry(settings.registry, subjects.map(({ subject }) => subject), LIMIT_MS);
    // HTTP's date has whole seconds.
    const clock = date === null ? [] : [judgeClock({ whose: 'the schema registry', theirs: date, from: from - 1_000, to: now() })];
    return [ok('schema registry', `${url} answers`), ...judgeSubjects(subjects, seen), ...clock];
  } catch (error) {
    return [fail('schema registry', `${url}: ${messageOf(error)}`, 'check SCHEMA_REGISTRY_URL, with the path of Confluent\'s API, SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD')];
  }
}

async function examineClickHouse(settings: Settings, now: () => number): Promise<Finding[]> {
  const { url, database } = settings.clickhouse;
  const why = await unreachable(addressOfUrl(url));
  if (why !== null) return [fail('ClickHouse', `${url} ${why}`, 'is it running, and CLICKHOUSE_URL its address as seen from here?')];
  // Connected to a database that exists: every statement names it.
  const clickhouse = connectClickHouse({ ...settings.clickhouse, database: 'default' });
  try {
    return await inTime(LIMIT_MS, (async () => {
      // Connections and the server's first query have their own time: the clock is asked second.
      const [about] = await clickhouse.query<{ version: string }>('SELECT version() AS version');
      const from = now();
      const [clock] = await clickhouse.query<{ at: number }>('SELECT toUnixTimestamp64Milli(now64(3)) AS at');
      const reading: Reading = { whose: 'ClickHouse', theirs: clock?.at ?? 0, from, to: now() };
      const tables = await clickhouse.query<{ name: string }>("SELECT name FROM system.tables WHERE database = {database:String} AND name = 'migrations'", { database });
      const applied = tables.length === 0 ? null : await clickhouse.query<{ id: string; checksum: string }>(`SELECT id, checksum FROM \`${database}\`.migrations FINAL`);
      return [
        ok('ClickHouse', `${url} answers, version ${about?.version ?? 'unknown'}`),
        judgeMigrations(database, MIGRATIONS, applied === null ? null : new Map(applied.map(({ id, checksum }) => [id, checksum]))),
        judgeClock(reading),
      ];
    })());
  } catch (error) {
    return [fail('ClickHouse', `${url}: ${messageOf(error)}`, 'check CLICKHOUSE_URL, CLICKHOUSE_USERNAME, CLICKHOUSE_PASSWORD and the rights of the user')];
  } finally {
    await clickhouse.close();
  }
}

/** Connection errors of several addresses have no message of their own. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return [error.message, cause instanceof Error ? cause.message : ''].filter((part) => part !== '').join(': ').split('\n')[0] ?? '';
}
