/**
 * A world's events through the production processor, on Kafka in memory: catalog and users first, then what is posted, with a clock behind each batch.
 * Only the collector is left out (its validation is not).
 */
import type { SimulatedEvent } from '../../producers/simulator/types.ts';
import { runTasks } from '../../infra/kafka/taskLoop.ts';
import { createTopics } from '../../infra/kafka/topics.ts';
import type { Log } from '../../infra/service/log.ts';
import type { RecordCodec } from '../../schemas/codec.ts';
import type { Feature, User } from '../../schemas/records.ts';
import { type TopicId, topicName } from '../../schemas/topics.ts';
import { createGlobalTables } from '../../streams/globalTables.ts';
import { createProcessorTask } from '../../streams/processorTask.ts';
import { createMemoryKafka } from '../fakes/memoryKafka.ts';
import type { MemoryKafka } from '../fakes/memoryKafka.ts';
import { worldRecords } from './worldRecords.ts';

export interface WorldInput {
  readonly catalog: readonly Feature[];
  readonly users: readonly User[];
  readonly events: Iterable<readonly SimulatedEvent[]>;
  readonly endsAt: number;
  readonly partitions: number;
}

/** What the processor reads and writes in Avro. */
export const PROCESSOR_RECORDS = ['PlatformEvent', 'User', 'Feature', 'ActionSignal', 'ErrorSignal', 'TimeSignal', 'DeadLetter'] as const;
const DEDUPE_WINDOW_MS = 72 * 3_600_000;

export interface OpenWorld {
  readonly kafka: MemoryKafka;
  /** Appends all events and the clock of the end, and gives the number of events; the processor takes them meanwhile. */
  post(): Promise<number>;
  stop(): Promise<void>;
}

/** `codec`: knows `PROCESSOR_RECORDS`. */
export async function openWorld({ catalog, users, events, endsAt, partitions }: WorldInput, codec: RecordCodec, log: Log): Promise<OpenWorld> {
  const kafka = createMemoryKafka({ now: () => endsAt });
  await createTopics(kafka, { app: '', partitions });
  const topic = (id: TopicId): string => topicName(id, '');
  const records = worldRecords(codec, partitions, endsAt);

  kafka.append(catalog.map((entry) => ({ topic: topic('features'), partition: 0, key: entry.feature, value: codec.encode('Feature', entry) })));
  kafka.append(users.map((user) => ({ topic: topic('users'), partition: 0, key: user.user_id, value: codec.encode('User', user) })));
  const tables = createGlobalTables(kafka, codec, { users: topic('users'), features: topic('features') });
  const processor = await runTasks(
    kafka,
    { group: 'processor', topics: [topic('events')], assignment: 'co-partitioned', commit: 'transaction', create: (context) => createProcessorTask({ app: '', codec, tables, partitions, dedupeWindowMs: DEDUPE_WINDOW_MS }, context) },
    { app: '', log },
  );
  return {
    kafka,
    post: async () => {
      let count = 0;
      for (const batch of events) {
        kafka.append(records.events(batch));
        kafka.append(records.clocks());
        count += batch.length;
        await new Promise(setImmediate);
      }
      kafka.append(records.clocks(endsAt));
      return count;
    },
    stop: () => processor.stop(),
  };
}

/** Longer than any run: what stands still for so long has failed. */
const PATIENCE_MS = 300_000;

export async function untilDone(done: () => Promise<boolean>): Promise<void> {
  const begun = performance.now();
  while (!(await done())) {
    if (performance.now() - begun > PATIENCE_MS) throw new Error('the tasks stand still');
    await new Promise((next) => setTimeout(next, 20));
  }
}
