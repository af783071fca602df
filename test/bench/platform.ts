/** The broker and the registry of one bench run: their own, in a directory of their own, so that platform.* holds the bench's records only. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectKafka } from '../../infra/kafka/client.ts';
import { connector } from '../../infra/kafka/kafkajs.ts';
import { createTopics } from '../../infra/kafka/topics.ts';
import { findJava } from '../../infra/local/java.ts';
import { bringUp } from '../../infra/local/up.ts';
import type { Kafka } from '../../infra/ports.ts';
import { connectRegistry } from '../../infra/registry/registry.ts';
import { createLog, type Log } from '../../infra/service/log.ts';
import { readSettings, settingsNamed, type Settings } from '../../infra/settings.ts';
import { createCodec, type RecordCodec } from '../../schemas/codec.ts';
import type { RecordName } from '../../schemas/records.ts';
import { topicName } from '../../schemas/topics.ts';
import type { InputLog } from './inputLog.ts';

export const PARTITIONS = 4;
const RECORDS = ['PlatformEvent', 'User', 'Feature', 'ActionSignal', 'ErrorSignal', 'TimeSignal', 'DeadLetter'] as const satisfies readonly RecordName[];

export interface Platform {
  readonly kafka: Kafka;
  readonly codec: RecordCodec;
  /** Of the registry, for those who do not ask it themselves. */
  readonly schemaIds: ReadonlyMap<RecordName, number>;
  readonly settings: Settings;
  /** The settings as environment variables, for the contenders' processes. */
  readonly env: Readonly<Record<string, string>>;
  readonly dataDir: string;
  readonly java: string;
  readonly brokerPid: number;
  readonly log: Log;
  /**
   * With connections of its own, to read what an app has written: a client asks for the metadata of every topic that it has ever read, and does not
   * get over one that has been discarded since.
   */
  readonly reading: <T>(read: (kafka: Kafka) => Promise<T>) => Promise<T>;
  /** Creates the topics of an app. */
  readonly prepare: (app: string) => Promise<void>;
  /** Offsets of a log that a group has committed, in all partitions; what is in the middle of a transaction does not count. */
  readonly progress: (group: string, log: InputLog) => Promise<number>;
  /** Deletes the topics whose names begin so: a run's outputs would fill disk and page cache. */
  readonly discard: (prefix: string) => Promise<void>;
  stop(): Promise<void>;
}

export async function startPlatform(): Promise<Platform> {
  const dataDir = mkdtempSync(join(tmpdir(), 'chokepoint-bench-'));
  const write = createLog('bench');
  const log: Log = (level, message, fields) => { if (level !== 'info') write(level, message, fields); };
  const own = { KAFKA_BROKERS: '', SCHEMA_REGISTRY_URL: '', CHOKEPOINT_DATA: dataDir, LOCAL_KAFKA_PORT: '0', LOCAL_REGISTRY_PORT: '0', CHOKEPOINT_PARTITIONS: String(PARTITIONS), PROCESSOR_PORT: '0', ANALYZER_PORT: '0' };
  const start = { ...process.env, ...own };
  const parts = await bringUp(readSettings(start), { ...settingsNamed(start), clickhouse: true }, { dataDir, log });
  const undo = async (): Promise<void> => {
    await parts.stop('at once');
    rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    const env = { ...own, KAFKA_BROKERS: parts.kafka.brokers.join(','), SCHEMA_REGISTRY_URL: parts.registry.url };
    const settings = readSettings({ ...process.env, ...env });
    const kafka = await connectKafka(settings.kafka, { clientId: 'bench', log });
    const admin = connector(settings.kafka, { clientId: 'bench', log }).admin();
    await admin.connect();
    const source = connectRegistry(settings.registry);
    const schemaIds = new Map<RecordName, number>();
    const codec = await createCodec({
      ...source,
      register: async (name, schema) => {
        const id = await source.register(name, schema);
        schemaIds.set(name, id);
        return id;
      },
    }, RECORDS);
    const events = topicName('events', '');
    return {
      kafka, codec, schemaIds, settings, env, dataDir, log,
      java: await findJava(settings.local.javaHome),
      reading: async (read) => {
        const own = await connectKafka(settings.kafka, { clientId: 'bench', log });
        try {
          return await read(own);
        } finally {
          await own.close();
        }
      },
      brokerPid: parts.parts.find(({ name }) => name === 'kafka')?.pid ?? 0,
      prepare: async (app) => {
        await createTopics(kafka, { app, partitions: PARTITIONS });
        // The first to ask for a group makes the broker create its own topic, and waits for it here; `progress` does not wait.
        await kafka.committed(app, [events]);
      },
      // Not the port's `committed`, which waits until no transaction is being completed: under load that is seldom.
      progress: async (group, { ends }) => {
        const found = await admin.fetchOffsets({ groupId: group, topics: [...ends.keys()] });
        // Not past the last record: a client may commit the place behind the transaction's marker.
        const taken = (topic: string, partition: number, offset: string): number => Math.max(0, Math.min(Number(offset), ends.get(topic)?.[partition] ?? 0));
        return found.flatMap(({ topic, partitions }) => partitions.map(({ partition, offset }) => taken(topic, partition, offset))).reduce((sum, offsets) => sum + offsets, 0);
      },
      discard: async (prefix) => {
        const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(prefix));
        if (topics.length > 0) await admin.deleteTopics({ topics });
      },
      stop: async () => {
        await admin.disconnect().catch(() => undefined);
        await kafka.close();
        await undo();
      },
    };
  } catch (error) {
    await undo();
    throw error;
  }
}
