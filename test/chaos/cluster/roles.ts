/** Who of the brokers is what at the moment, and whether every copy is in sync. */
import type { Admin } from 'kafkajs';
import { connector, type Cluster as Connections, type WireRequest } from '../../../infra/kafka/kafkajs.ts';
import { metadataOf } from '../../../infra/kafka/metadata.ts';
import { retrying } from '../../../infra/kafka/retry.ts';
import { topicConfigs } from '../../../infra/kafka/topics.ts';
import { WireReader, WireWriter } from '../../../infra/kafka/wire.ts';
import { createLog } from '../../../infra/service/log.ts';
import { readSettings } from '../../../infra/settings.ts';
import type { Cluster } from './cluster.ts';

export interface Roles {
  readonly leader: (topic: string, partition: number) => Promise<number>;
  readonly coordinator: (kind: 'group' | 'transaction', id: string) => Promise<number>;
  /** The one that is active. */
  readonly controller: () => Promise<number>;
  /** How many partitions it leads, of our topics and the brokers' own; null where that is not known, since a leader is being elected. */
  readonly ledBy: (id: number) => Promise<number | null>;
  /** Partitions, of our topics and the brokers' own, of which a copy is behind or missing; all of them where nobody could be asked. */
  readonly notInSync: () => Promise<readonly string[]>;
  readonly close: () => Promise<void>;
}

type Described = Awaited<ReturnType<Admin['fetchTopicMetadata']>>['topics'];

const OF_THE_BROKERS = ['__consumer_offsets', '__transaction_state'];
const METADATA_LOG = '__cluster_metadata';

export async function connectRoles(cluster: Cluster): Promise<Roles> {
  const settings = readSettings(cluster.env);
  const connections = connector(settings.kafka, { clientId: 'chaos-roles', log: createLog('roles') });
  const asked: Connections = connections.cluster();
  await asked.connect();
  await asked.refreshMetadata();
  const metadata = metadataOf(asked);
  const topics = [...topicConfigs(settings.app, settings.partitions).map(({ topic }) => topic), ...OF_THE_BROKERS];
  const patiently = <T>(doing: string, ask: () => Promise<T>): Promise<T> => retrying({ doing, refresh: metadata.refresh }, ask);
  const described = (): Promise<Described> => withAdmin(connections.admin(), async (admin) => (await admin.fetchTopicMetadata({ topics })).topics);
  return {
    leader: (topic, partition) => patiently(`find the leader of ${topic}/${partition}`, async () => {
      await metadata.refresh();
      await metadata.know([topic]);
      return metadata.leaderOf({ topic, partition });
    }),
    coordinator: (kind, id) => patiently(`find the coordinator of ${id}`, async () => cluster.byPort.get((await metadata.coordinator(kind, id)).connectionPool.port) ?? -1),
    controller: () => patiently('find the active controller', async () => {
      const { broker } = await anyBroker(asked, cluster);
      return broker.connectionPool.send(describeQuorum());
    }),
    ledBy: (id) => described().then((found) => found.flatMap(({ partitions }) => partitions.filter(({ leader }) => leader === id)).length, () => null),
    notInSync: () => described().then((found) =>
      found.flatMap(({ name, partitions }) => partitions.filter(({ isr, replicas }) => isr.length < cluster.replicas || replicas.length < cluster.replicas).map(({ partitionId }) => `${name}/${partitionId}`)), () => topics),
    close: () => asked.disconnect(),
  };
}

async function anyBroker(asked: Connections, { byPort }: Cluster): Promise<{ readonly broker: Awaited<ReturnType<Connections['findBroker']>> }> {
  for (const nodeId of byPort.values()) {
    const broker = await asked.findBroker({ nodeId }).catch(() => null);
    if (broker !== null) return { broker };
  }
  throw Object.assign(new Error('no broker answers'), { name: 'KafkaJSBrokerNotFound' });
}

async function withAdmin<T>(admin: Admin, ask: (admin: Admin) => Promise<T>): Promise<T> {
  try {
    await admin.connect();
    return await ask(admin);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

/** DescribeQuorum v0, which the client does not have: the metadata that it reads names any broker as the controller. */
function describeQuorum(): WireRequest<number> {
  const body = new WireWriter().uvarint(0).uvarint(2).compactString(METADATA_LOG).uvarint(2).int32(0).uvarint(0).uvarint(0).uvarint(0);
  return {
    request: { apiKey: 55, apiVersion: 0, apiName: 'DescribeQuorum', encode: () => Promise.resolve(body) },
    response: {
      decode: (payload) => Promise.resolve({ payload }),
      parse: (decoded) => {
        const reader = new WireReader((decoded as { payload: Buffer }).payload);
        reader.tags();
        reader.int16();
        const [leader = -1] = reader.compactArray(() => {
          reader.compactString();
          // The rest of the answer is of no interest.
          reader.uvarint();
          reader.int32();
          reader.int16();
          return reader.int32();
        });
        return Promise.resolve(leader);
      },
    },
  };
}
