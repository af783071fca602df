/** Topics are created from the one table in schemas/topics.ts. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Kafka, TopicConfig } from '../ports.ts';
import type { Log } from '../service/log.ts';
import { TOPICS, partitionCount, topicName, type TopicId } from '../../schemas/topics.ts';
import { KafkaError } from './errors.ts';

const DAY_MS = 86_400_000;
const TOPICS_AGAIN_MS = 500;
/** Ours: the collector takes requests of 1.5 MiB, a packed partial or a restored dead letter may be larger. */
const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;
/** Ours: a compacted topic is read whole at each start, and only closed segments are compacted: keep the open one small and short-lived. */
const COMPACTED_SEGMENT = { 'segment.bytes': String(64 * 1024 * 1024), 'segment.ms': String(DAY_MS), 'min.cleanable.dirty.ratio': '0.2' };

type Replication = { readonly factor: number | null; readonly minInSync: number | null };
const AS_THE_BROKERS_HAVE_IT: Replication = { factor: null, minInSync: null };

export function topicConfigs(app: string, eventPartitions: number, { factor, minInSync } = AS_THE_BROKERS_HAVE_IT): TopicConfig[] {
  return (Object.keys(TOPICS) as TopicId[]).map((id) => {
    const { cleanup, retentionDays, logAppendTime } = { logAppendTime: undefined, ...TOPICS[id] };
    return {
      topic: topicName(id, app),
      partitions: partitionCount(id, eventPartitions),
      ...(factor === null ? {} : { replicas: factor }),
      config: {
        'cleanup.policy': cleanup,
        'max.message.bytes': String(MAX_MESSAGE_BYTES),
        ...(retentionDays === null ? {} : { 'retention.ms': String(retentionDays * DAY_MS) }),
        ...(logAppendTime === true ? { 'message.timestamp.type': 'LogAppendTime' } : {}),
        ...(cleanup === 'compact' ? COMPACTED_SEGMENT : {}),
        ...(minInSync === null ? {} : { 'min.insync.replicas': String(minInSync) }),
      },
    };
  });
}

/**
 * Creates what is missing; what exists is left as it is. The partition count of platform.events is fixed for its life, so where it exists it
 * says how many partitions the others get, and the setting does not.
 */
export async function createTopics(kafka: Kafka, settings: { readonly app: string; readonly partitions: number; readonly replication?: Replication }): Promise<void> {
  const existing = await eventPartitions(kafka, settings.app);
  await kafka.createTopics(topicConfigs(settings.app, existing ?? settings.partitions, settings.replication));
}

async function eventPartitions(kafka: Kafka, app: string): Promise<number | null> {
  try {
    return await kafka.partitions(topicName('events', app));
  } catch (error) {
    if (error instanceof KafkaError && error.code === 'UNKNOWN_TOPIC') return null;
    throw error;
  }
}

/** For services that may not create topics: they start in any order with those that do, and wait. Resolves once the topics are there, or with the signal. */
export async function waitForTopics(kafka: Pick<Kafka, 'partitions'>, topics: readonly string[], log: Log, signal?: AbortSignal): Promise<void> {
  for (let isTold = false; signal?.aborted !== true; isTold = true) {
    try {
      for (const topic of topics) await kafka.partitions(topic);
      return;
    } catch (error) {
      if (!(error instanceof KafkaError && error.code === 'UNKNOWN_TOPIC')) throw error;
      if (!isTold) log('warn', 'topics are not there yet: waiting', { why: error.message });
      await pause(TOPICS_AGAIN_MS, null, { signal }).catch(() => undefined);
    }
  }
}
