/** What a Kafka must bring to be tested: the port itself, and what others do to the same brokers. And what the themes of the suite share. */
import { KafkaError } from '../../../infra/kafka/errors.ts';
import { inputKey } from '../../../infra/kafka/assigner.ts';
import type { Assignment, InRecord, Kafka, OutRecord, Position, TopicConfig, TopicPartition } from '../../../infra/ports.ts';

/** A transaction of another client, step by step, so that a test decides what lies between what. */
export interface OpenTransaction {
  write(records: readonly OutRecord[]): Promise<void>;
  positions(group: string, positions: readonly Position[]): Promise<void>;
  /** Another one may follow. */
  end(how: 'commit' | 'abort'): Promise<void>;
  close(): Promise<void>;
}

type RequestKind = 'send' | 'offsets' | 'commit';

export interface Subject {
  readonly kafka: Kafka;
  /** Milliseconds after which the group forgets a member that says nothing. */
  readonly sessionMs: number;
  /** Goes before the names of topics, groups and transactional ids: a broker may have been tested before. */
  readonly prefix: string;
  /** Removes the records before an offset, as retention does. */
  readonly truncate: (input: TopicPartition, before: number) => Promise<void>;
  /** Resolves when of each key only the newest record is left, and perhaps records of the key `filler`. The topic is compacted. */
  readonly compact: (input: TopicPartition) => Promise<void>;
  readonly begin: (id: string) => Promise<OpenTransaction>;
  /** The connection breaks at the next request of this kind and transactional id, before the brokers have it or before they have answered. */
  readonly breakAt: (id: string, kind: RequestKind, when: 'unsent' | 'unanswered') => void;
  /** A member in a process of its own, in the group when this resolves; `kill` ends it without a goodbye. */
  readonly stranger: (group: string, topics: readonly string[], assignment: Assignment) => Promise<{ kill(): void }>;
  readonly stop: () => Promise<void>;
}

/** What the tests of a theme work with; the subject is there once they run. */
export interface World {
  readonly subject: () => Subject;
  readonly kafka: () => Kafka;
  readonly named: (id: string) => string;
  readonly topic: (partitions: number, config?: TopicConfig['config']) => Promise<string>;
  readonly transact: (id: string, outputs: readonly OutRecord[], positions?: readonly Position[], group?: string) => Promise<void>;
  readonly send: (records: readonly OutRecord[]) => Promise<void>;
  readonly readAll: (topic: string, partition: number) => Promise<InRecord[]>;
}

export function worldOf(subject: () => Subject): World {
  let made = 0;
  const kafka = (): Kafka => subject().kafka;
  const named = (id: string): string => `${subject().prefix}${id}`;
  return {
    subject, kafka, named,
    topic: async (partitions, config = {}) => {
      const fresh = named(`t${String(++made)}`);
      await kafka().createTopics([{ topic: fresh, partitions, config }]);
      return fresh;
    },
    transact: async (id, outputs, positions = [], group = 'g') => {
      const producer = await kafka().transactionalProducer(named(id));
      await producer.commit({ outputs, positions }, named(group));
      await producer.close();
    },
    send: async (records) => {
      const producer = await kafka().producer();
      await producer.send(records);
      await producer.close();
    },
    readAll: async (topic, partition) => {
      const ends = await kafka().ends(topic);
      return collect(kafka().read({ topic, partition, offset: 0 }, ends[partition] ?? 0));
    },
  };
}

export function record(topic: string, partition: number, key: string): OutRecord & { readonly key: string } {
  return { topic, partition, key, value: Buffer.from(`value of ${key}`) };
}

/** Of topics with the config SMALL. */
export const tooLarge = (topic: string): OutRecord => ({ topic, partition: 0, key: null, value: Buffer.alloc(3_000) });
/** A broker compacts closed segments only, so they close at once. */
export const COMPACTED = { 'cleanup.policy': 'compact', 'segment.ms': '50', 'min.cleanable.dirty.ratio': '0.001', 'min.compaction.lag.ms': '0' } as const;
export const SMALL = { 'max.message.bytes': '2000' } as const;

export const names = (inputs: readonly TopicPartition[]): string[] => inputs.map(inputKey).sort();

export const hasCode = (code: KafkaError['code']) => (error: unknown): boolean => error instanceof KafkaError && error.code === code;

export async function collect(batches: AsyncIterable<readonly InRecord[]>): Promise<InRecord[]> {
  const records: InRecord[] = [];
  for await (const batch of batches) records.push(...batch);
  return records;
}
