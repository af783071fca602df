/** Topics, partitions, leaders and coordinators, as one cluster connection knows them. */
import { COORDINATOR, protocolError, type Broker, type Cluster } from './kafkajs.ts';
import { KafkaError } from './errors.ts';
import { retrying } from './retry.ts';
import type { Position, TopicPartition } from '../ports.ts';
import { CODE, fetchOffsets } from './requests.ts';

export interface Metadata {
  readonly refresh: () => Promise<void>;
  /** Makes the topics known; throws UNKNOWN_TOPIC. Quick for known ones. */
  readonly know: (topics: readonly string[]) => Promise<void>;
  /** Number of partitions of a known topic. */
  readonly count: (topic: string) => number;
  /** Node id of the leader of a partition of a known topic. */
  readonly leaderOf: (input: TopicPartition) => number;
  readonly broker: (nodeId: number) => Promise<Broker>;
  readonly coordinator: (kind: keyof typeof COORDINATOR, id: string) => Promise<Broker>;
  /** Committed positions of a group in all partitions of some topics; waits until none is in the middle of a transaction. */
  readonly committed: (group: string, topics: readonly string[]) => Promise<Position[]>;
}

/** Ours: a topic that is not there may just have been created through another broker. */
const UNKNOWN_TOPIC_FOR_MS = 1_000;

export function metadataOf(cluster: Cluster): Metadata {
  const known = new Set<string>();
  const refresh = (): Promise<void> => cluster.refreshMetadata();
  const isThere = (topic: string): boolean => cluster.findTopicPartitionMetadata(topic).length > 0;
  const know = async (topics: readonly string[]): Promise<void> => {
    await cluster.refreshMetadataIfNecessary();
    if (topics.every((topic) => known.has(topic) && isThere(topic))) return;
    const doing = `find the topics ${topics.join(', ')}`;
    await retrying({ doing, refresh: () => Promise.resolve(), forMs: UNKNOWN_TOPIC_FOR_MS }, async () => {
      await cluster.addMultipleTargetTopics(topics);
      // That alone does not make them known: the client takes the answer to a question that was under way before they were named for theirs,
      // and after a question that failed it does not ask again.
      if (!topics.every(isThere)) await cluster.refreshMetadata();
      for (const topic of topics) count(topic);
    });
    for (const topic of topics) known.add(topic);
  };
  /** Never 0: a topic taken for empty would be read as having no records, a group's positions as not there. The error is a transient one. */
  const count = (topic: string): number => {
    const { length } = cluster.findTopicPartitionMetadata(topic);
    if (length === 0) throw Object.assign(protocolError(CODE.unknownTopicOrPartition), { message: `The metadata does not have topic ${topic} yet` });
    return length;
  };
  const coordinator: Metadata['coordinator'] = (kind, id) => cluster.findGroupCoordinator({ groupId: id, coordinatorType: COORDINATOR[kind] });
  return {
    refresh,
    know,
    count,
    leaderOf: ({ topic, partition }) => {
      const found = cluster.findTopicPartitionMetadata(topic).find(({ partitionId }) => partitionId === partition);
      if (found === undefined) throw new KafkaError('UNKNOWN_TOPIC', `Topic ${topic} has no partition ${partition}.`);
      return found.leader;
    },
    broker: (nodeId) => cluster.findBroker({ nodeId }),
    coordinator,
    committed: (group, topics) =>
      retrying({ doing: `read the committed positions of ${group}`, refresh }, async () => {
        await know(topics);
        const { positions, error } = await fetchOffsets(await coordinator('group', group), group, new Map(topics.map((topic) => [topic, count(topic)])));
        if (error !== CODE.none) throw protocolError(error);
        return positions;
      }),
  };
}
