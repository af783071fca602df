/**
 * Where it happens: three brokers that are controllers as well, and a registry, in a temporary directory. Our topics get their copies by the settings, as
 * anywhere; the brokers' own topics by the brokers' properties.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectKafka } from '../../../infra/kafka/client.ts';
import { createTopics } from '../../../infra/kafka/topics.ts';
import { findJava } from '../../../infra/local/java.ts';
import { startLocalKafka, type LocalKafka } from '../../../infra/local/kafka.ts';
import { localParts } from '../../../infra/local/parts.ts';
import { freePort, LOOPBACK } from '../../../infra/local/ports.ts';
import { startLocalRegistry } from '../../../infra/local/registry.ts';
import { createLog } from '../../../infra/service/log.ts';
import { readSettings } from '../../../infra/settings.ts';

const BROKERS = [1, 2, 3] as const;
const MIN_IN_SYNC = 2;
const PARTITIONS = 4;
/** Three of them beside everything else. */
const HEAP_MB = 512;

export interface ClusterOptions {
  /** Copies of every topic, the brokers' own included. */
  readonly replicas: 1 | 3;
  /** Milliseconds after which a broker that was killed is taken for dead. Without it Kafka's default, 9 s. */
  readonly brokerSessionMs?: number;
}

export interface Cluster {
  readonly dataDir: string;
  readonly env: NodeJS.ProcessEnv;
  /** The brokers' numbers, by the port that each has for clients. */
  readonly byPort: ReadonlyMap<number, number>;
  /** Of our topics and the brokers' own, once they exist. */
  readonly replicas: number;
  createTopics(): Promise<void>;
  /** SIGKILL; resolves when it has ended. */
  kill(id: number): Promise<void>;
  /** SIGTERM; resolves when it has ended. */
  end(id: number): Promise<void>;
  /** Of a broker that has ended: all records that it had are gone; what it knows as a controller stays. */
  loseDisk(id: number): void;
  /** On the same ports, and its data where it has any. */
  start(id: number): Promise<void>;
  /** `keep`: the directory stays, with data and logs. */
  stop(keep?: boolean): Promise<void>;
}

export async function openCluster({ replicas, brokerSessionMs }: ClusterOptions): Promise<Cluster> {
  const dataDir = mkdtempSync(join(tmpdir(), 'chokepoint-cluster-'));
  const log = createLog('chaos');
  const { local } = readSettings({ ...process.env, CHOKEPOINT_DATA: dataDir });
  const java = await findJava(local.javaHome);
  const parts = await localParts({ cacheDir: local.cacheDir, log });
  // Sixteen bytes, as Kafka wants them, and no dash at the beginning.
  const clusterId = `C${randomBytes(16).toString('base64url').slice(1)}`;
  const nodes: { readonly id: number; readonly port: number; readonly controllerPort: number; running: LocalKafka | null }[] = [];
  for (const id of BROKERS) nodes.push({ id, port: await freePort(), controllerPort: await freePort(), running: null });
  const voters = nodes.map(({ id, controllerPort }) => `${id}@${LOOPBACK}:${controllerPort}`).join(',');
  const minInSync = Math.min(MIN_IN_SYNC, replicas);
  const home = (id: number): string => join(dataDir, `broker-${id}`);
  const node = (id: number): (typeof nodes)[number] => {
    const found = nodes.find((one) => one.id === id);
    if (found === undefined) throw new Error(`there is no broker ${id}`);
    return found;
  };

  const start = async (id: number): Promise<void> => {
    const { port, controllerPort } = node(id);
    mkdirSync(home(id), { recursive: true });
    node(id).running = await startLocalKafka({
      dataDir: home(id), port, log, java, jars: parts.kafkaJars, heapMb: HEAP_MB, node: { id, controllerPort, voters, clusterId }, ...(brokerSessionMs === undefined ? {} : { brokerSessionMs }),
      properties: () => ({
        // Apart from the records, so that those can be lost alone: a controller's vote that is lost is another matter.
        'metadata.log.dir': join(home(id), 'kafka', 'metadata'),
        'min.insync.replicas': minInSync,
        'offsets.topic.replication.factor': replicas,
        'transaction.state.log.replication.factor': replicas,
        'transaction.state.log.min.isr': minInSync,
      }),
    });
  };
  const [registry, ...started] = await Promise.allSettled([startLocalRegistry({ dataDir, port: 0, log, java, jar: parts.registryJar }), ...BROKERS.map(start)]);
  const stop = async (keep = false): Promise<void> => {
    const how = keep ? 'in order' : 'at once';
    await Promise.all([...nodes.map(({ running }) => running?.stop(how)), ...(registry.status === 'fulfilled' ? [registry.value.stop(how)] : [])]);
    if (!keep) rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  };
  const failed = [registry, ...started].find((one) => one.status === 'rejected');
  if (failed !== undefined || registry.status === 'rejected') {
    await stop();
    throw failed?.reason;
  }

  const env: NodeJS.ProcessEnv = {
    ...process.env, CHOKEPOINT_DATA: dataDir, CHOKEPOINT_APP: '', CHOKEPOINT_PARTITIONS: String(PARTITIONS), KAFKA_BROKERS: nodes.map(({ port }) => `${LOOPBACK}:${port}`).join(','), SCHEMA_REGISTRY_URL: registry.value.url,
    KAFKA_REPLICATION_FACTOR: String(replicas), KAFKA_MIN_INSYNC_REPLICAS: String(minInSync), PROCESSOR_PORT: '0',
  };
  return {
    dataDir,
    env,
    byPort: new Map(nodes.map(({ id, port }) => [port, id])),
    replicas,
    createTopics: async () => {
      const settings = readSettings(env);
      const kafka = await connectKafka(settings.kafka, { clientId: 'chaos', log });
      try {
        await createTopics(kafka, settings);
      } finally {
        await kafka.close();
      }
    },
    kill: async (id) => {
      const { running } = node(id);
      if (running === null) throw new Error(`broker ${id} does not run`);
      process.kill(running.pid, 'SIGKILL');
      await running.failed;
      node(id).running = null;
    },
    end: async (id) => {
      await node(id).running?.stop();
      node(id).running = null;
    },
    loseDisk: (id) => { rmSync(join(home(id), 'kafka', 'log'), { recursive: true, force: true }); },
    start,
    stop,
  };
}
