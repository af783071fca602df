/** Where it happens: a broker and a registry of our own in a temporary directory, and between each member and the broker a proxy. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectKafka } from '../../../infra/kafka/client.ts';
import { topicConfigs } from '../../../infra/kafka/topics.ts';
import { findJava } from '../../../infra/local/java.ts';
import { startLocalKafka, type LocalKafka } from '../../../infra/local/kafka.ts';
import { localParts } from '../../../infra/local/parts.ts';
import { freePort } from '../../../infra/local/ports.ts';
import { startLocalRegistry } from '../../../infra/local/registry.ts';
import type { PartProcess } from '../../../infra/local/supervise.ts';
import { createLog } from '../../../infra/service/log.ts';
import { readSettings } from '../../../infra/settings.ts';
import { startProxy, type Proxy } from './proxy.ts';

/** The shortest that a broker allows. */
const SESSION_TIMEOUT_MS = 6_000;
export const PARTITIONS = 4;
/** Short, so that a killed broker is soon back. */
const BROKER_SESSION_MS = 3_000;

export interface Arena {
  readonly dataDir: string;
  /** Straight to the broker, for those who are not to be disturbed. */
  readonly env: NodeJS.ProcessEnv;
  readonly slots: readonly { readonly proxy: Proxy; readonly env: NodeJS.ProcessEnv }[];
  /** What is missing of an app's topics. */
  createTopics(app: string): Promise<void>;
  /** SIGKILL, and up again on the same data and port after `downMs`. */
  killBroker(downMs: number): Promise<void>;
  /** SIGSTOP for so long, then SIGCONT. */
  freezeBroker(ms: number): Promise<void>;
  /** `keep`: the directory stays, with data and logs. */
  stop(keep?: boolean): Promise<void>;
}

/** Of any app and task. */
export const isChangelog = (topic: string): boolean => topic.endsWith('.changelog');
/** Small segments, so that changelogs are compacted while they are read. */
const CHANGELOG_SEGMENT = { 'segment.bytes': String(2 * 1024 * 1024), 'segment.ms': '10000' };

export async function openArena(slotCount: number): Promise<Arena> {
  const dataDir = mkdtempSync(join(tmpdir(), 'chokepoint-chaos-'));
  const log = createLog('chaos');
  const settings = readSettings({ ...process.env, CHOKEPOINT_DATA: dataDir });
  const java = await findJava(settings.local.javaHome);
  const parts = await localParts({ cacheDir: settings.local.cacheDir, log });
  const port = await freePort();
  const ports: { name: string; port: number; advertisedPort: number }[] = [];
  while (ports.length < slotCount) ports.push({ name: `SLOT${ports.length}`, port: await freePort(), advertisedPort: await freePort() });
  const startBroker = (): Promise<LocalKafka> => startLocalKafka({ dataDir, port, listeners: ports, brokerSessionMs: BROKER_SESSION_MS, log, java, jars: parts.kafkaJars, heapMb: settings.local.kafkaHeapMb });

  const proxies: Proxy[] = [];
  for (const slot of ports) proxies.push(await startProxy(slot.advertisedPort, slot.port));
  const [broker, registry] = await Promise.allSettled([startBroker(), startLocalRegistry({ dataDir, port: 0, log, java, jar: parts.registryJar })]);
  const stop = async (running: readonly PartProcess[], keep: boolean): Promise<void> => {
    await Promise.all([...running.map((part) => part.stop(keep ? 'in order' : 'at once')), ...proxies.map((proxy) => proxy.close())]);
    if (!keep) rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  };
  if (broker.status === 'rejected' || registry.status === 'rejected') {
    await stop([broker, registry].flatMap((part) => (part.status === 'fulfilled' ? [part.value] : [])), false);
    throw broker.status === 'rejected' ? broker.reason : (registry as PromiseRejectedResult).reason;
  }

  let current: LocalKafka = broker.value;
  const env: NodeJS.ProcessEnv = {
    ...process.env, CHOKEPOINT_DATA: dataDir, KAFKA_BROKERS: current.brokers[0], SCHEMA_REGISTRY_URL: registry.value.url, KAFKA_SESSION_TIMEOUT: `${SESSION_TIMEOUT_MS}ms`, PROCESSOR_PORT: '0', ANALYZER_PORT: '0', CHOKEPOINT_APP: '',
  };
  return {
    dataDir,
    env,
    slots: ports.map(({ advertisedPort }, index) => ({ proxy: proxies[index] as Proxy, env: { ...env, KAFKA_BROKERS: `127.0.0.1:${advertisedPort}` } })),
    createTopics: async (app) => {
      const kafka = await connectKafka(readSettings(env).kafka, { clientId: 'chaos', log });
      try {
        await kafka.createTopics(topicConfigs(app, PARTITIONS).map((topic) => (isChangelog(topic.topic) ? { ...topic, config: { ...topic.config, ...CHANGELOG_SEGMENT } } : topic)));
      } finally {
        await kafka.close();
      }
    },
    killBroker: async (downMs) => {
      const died = current.failed;
      process.kill(current.pid, 'SIGKILL');
      await died;
      await new Promise((resolve) => setTimeout(resolve, downMs));
      current = await startBroker();
    },
    freezeBroker: async (ms) => {
      process.kill(current.pid, 'SIGSTOP');
      await new Promise((resolve) => setTimeout(resolve, ms));
      process.kill(current.pid, 'SIGCONT');
    },
    stop: (keep = false) => stop([current, registry.value], keep),
  };
}
