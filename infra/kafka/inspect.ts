/** A cluster as it is: topics with their settings and replicas, and who is in which group. Reads only. */
import kafkajs from 'kafkajs';
import type { Log } from '../service/log.ts';
import { toKafkaError } from './clientErrors.ts';
import { connector, type ConnectionSettings } from './kafkajs.ts';
import { retrying, within } from './retry.ts';

export interface TopicSeen {
  readonly partitions: number;
  /** Of the partition that has the fewest. */
  readonly replicas: number;
  readonly inSync: number;
  readonly leaderless: readonly number[];
  readonly config: Readonly<Record<string, string>>;
}

export interface ClusterSeen {
  readonly brokers: number;
  /** Without those that are not there. */
  readonly topics: ReadonlyMap<string, TopicSeen>;
  /** Members of each group that was asked for; 0 where nobody is in it, or there is no such group. */
  readonly members: ReadonlyMap<string, number>;
}

const GOODBYE_WITHIN_MS = 2_000;
/** Ours: within the doctor's limit. */
const GROUPS_FOR_MS = 5_000;
const NO_LEADER = -1;

export async function inspectCluster(settings: ConnectionSettings, { clientId, log, topics, groups }: { readonly clientId: string; readonly log: Log; readonly topics: readonly string[]; readonly groups: readonly string[] }): Promise<ClusterSeen> {
  const admin = connector(settings, { clientId, log }).admin();
  try {
    await admin.connect();
    const [{ brokers }, existing] = [await admin.describeCluster(), new Set(await admin.listTopics())];
    const there = topics.filter((topic) => existing.has(topic));
    const seen = new Map<string, TopicSeen>();
    if (there.length > 0) {
      const { topics: found } = await admin.fetchTopicMetadata({ topics: there });
      const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: there.map((name) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name })) });
      for (const { name, partitions } of found) {
        const entries = resources.find(({ resourceName }) => resourceName === name)?.configEntries ?? [];
        seen.set(name, {
          partitions: partitions.length,
          replicas: Math.min(...partitions.map(({ replicas }) => replicas.length)),
          inSync: Math.min(...partitions.map(({ isr }) => isr.length)),
          leaderless: partitions.filter(({ leader }) => leader === NO_LEADER).map(({ partitionId }) => partitionId),
          config: Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue])),
        });
      }
    }
    const members = new Map<string, number>();
    for (const group of groups) {
      // A broker that has just started, or taken a group over, is still reading it.
      const { groups: [found] } = await retrying({ doing: `look at the group ${group}`, refresh: () => Promise.resolve(), forMs: GROUPS_FOR_MS }, () => admin.describeGroups([group]));
      members.set(group, found?.members.length ?? 0);
    }
    return { brokers: brokers.length, topics: seen, members };
  } catch (error) {
    throw toKafkaError(error, `look at the topics and groups of ${settings.brokers.join(', ')}`);
  } finally {
    await within(GOODBYE_WITHIN_MS, admin.disconnect());
  }
}
