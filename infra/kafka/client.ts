/** Kafka behind our port. Each consumer and each producer has connections of its own, so that closing one, or a long wait of one, touches no other. */
import type { Admin } from 'kafkajs';
import type { Kafka, TopicConfig } from '../ports.ts';
import type { Log } from '../service/log.ts';
import { toKafkaError } from './clientErrors.ts';
import { startConsumer } from './consumer.ts';
import { connector, type Cluster, type ConnectionSettings } from './kafkajs.ts';
import { createLogReader } from './logReader.ts';
import { metadataOf } from './metadata.ts';
import { createProducer } from './producer.ts';
import { retrying, within } from './retry.ts';
import { openTransactionalProducer } from './transactionalProducer.ts';

interface KafkaSettings extends ConnectionSettings {
  /** Milliseconds without a heartbeat after which a member's inputs go to others. */
  readonly sessionTimeoutMs?: number;
}

export interface KafkaOptions {
  readonly clientId: string;
  readonly log: Log;
  /** Of one answer and partition; for tests: with 1 each answer holds one batch. */
  readonly fetchBytes?: number;
}

/** Ours, as the setting's default: a stopped or frozen process gives up its tasks within this time. */
const SESSION_TIMEOUT_MS = 10_000;
/** Ours: a partition's share keeps the decoding of one answer within some tens of milliseconds. */
const FETCH_BYTES = 4 * 1024 * 1024;
const CONNECT_FOR_MS = 15_000;
const GOODBYE_WITHIN_MS = 2_000;

export async function connectKafka(settings: KafkaSettings, options: KafkaOptions): Promise<Kafka> {
  const { clientId, log, fetchBytes = FETCH_BYTES } = options;
  const { sessionTimeoutMs = SESSION_TIMEOUT_MS } = settings;
  const connections = connector(settings, { clientId, log });
  const brokers = settings.brokers.join(', ');

  const connected = async (): Promise<Cluster> => {
    const cluster = connections.cluster();
    await retrying({ doing: `connect to Kafka at ${brokers}`, refresh: () => Promise.resolve(), forMs: CONNECT_FOR_MS }, async () => {
      await cluster.connect();
      await cluster.refreshMetadata();
    });
    return cluster;
  };
  /** Connections that belong to what `open` makes of them; given back if it fails. */
  const owning = async <T>(open: (cluster: Cluster) => T | Promise<T>): Promise<T> => {
    const cluster = await connected();
    try {
      return await open(cluster);
    } catch (error) {
      await within(GOODBYE_WITHIN_MS, cluster.disconnect());
      throw error;
    }
  };

  const reads = await connected();
  const polls = await connected();
  const metadata = metadataOf(reads);

  return {
    ...createLogReader({ reads, polls }, fetchBytes),
    createTopics: async (topics) => {
      const admin = connections.admin();
      try {
        await admin.connect();
        await createMissing(admin, topics);
      } catch (error) {
        throw toKafkaError(error, `create topics at ${brokers}`);
      } finally {
        await within(GOODBYE_WITHIN_MS, admin.disconnect());
      }
    },
    partitions: async (topic) => {
      await metadata.know([topic]);
      return metadata.count(topic);
    },
    committed: metadata.committed,
    producer: () => owning(createProducer),
    transactionalProducer: (id) => owning((cluster) => openTransactionalProducer(cluster, id)),
    consumer: (consumerOptions) => owning((cluster) => startConsumer(cluster, { ...consumerOptions, log, sessionTimeoutMs, fetchBytes })),
    close: () => within(GOODBYE_WITHIN_MS, Promise.all([reads.disconnect(), polls.disconnect()])),
  };
}

/** One call for all; what exists is left as it is, by whoever made it. */
async function createMissing(admin: Admin, topics: readonly TopicConfig[]): Promise<void> {
  const existing = new Set(await admin.listTopics());
  const missing = topics.filter(({ topic }) => !existing.has(topic));
  if (missing.length === 0) return;
  await admin.createTopics({
    // The client's own waiting gives up where a broker has not heard of a topic yet, which on a busy machine is the rule.
    waitForLeaders: false,
    topics: missing.map(({ topic, partitions, replicas, config }) => ({ topic, numPartitions: partitions, ...(replicas === undefined ? {} : { replicationFactor: replicas }), configEntries: Object.entries(config).map(([name, value]) => ({ name, value })) })),
  });
  const names = missing.map(({ topic }) => topic);
  await retrying({ doing: `find leaders of the topics ${names.join(', ')}`, refresh: () => Promise.resolve() }, () => admin.fetchTopicMetadata({ topics: names }));
}
