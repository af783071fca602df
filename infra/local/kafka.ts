/** A local Kafka: Apache Kafka 4.3, one node in KRaft mode, on the loopback interface. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../service/log.ts';
import { archiveFlags, recordFlags } from './classArchive.ts';
import { LocalError, run } from './command.ts';
import { freePort, LOOPBACK, takePort, type PortUse } from './ports.ts';
import { startPart, type PartProcess } from './supervise.ts';

export interface LocalKafka extends PartProcess {
  readonly brokers: readonly [string];
}

export interface LocalKafkaOptions {
  readonly dataDir: string;
  /** 0: any free port. */
  readonly port: number;
  readonly log: Log;
  /** The java command. */
  readonly java: string;
  /** Folder with Kafka's jars. */
  readonly jars: string;
  readonly heapMb: number;
  /** Further ways in, each with an address of its own that it gives to clients: what stands there, a proxy, stays between them and the broker. */
  readonly listeners?: readonly KafkaListener[];
  /** Milliseconds after which the controller takes the broker for dead: one that was killed cannot register again before. Kafka's default is 9 s. */
  readonly brokerSessionMs?: number;
  /** Of a node of a cluster: its number, and the controllers of all, itself included, as `controller.quorum.voters` has them. */
  readonly node?: { readonly id: number; readonly controllerPort: number; readonly voters: string; readonly clusterId: string };
  /** In place of ours, or besides: transport security, replication. */
  readonly properties?: (ports: { readonly port: number; readonly controllerPort: number }) => Properties;
  /** When it ends in order, its classes are in this file. */
  readonly recordClasses?: string;
  /** Users that are there from the start: a SCRAM credential each, as `kafka-storage format --add-scram` takes it. */
  readonly scram?: readonly string[];
}

type Properties = Readonly<Record<string, string | number | boolean>>;

interface KafkaListener {
  /** Capital letters and digits. */
  readonly name: string;
  /** On the loopback interface: where the broker listens, and where it tells clients to connect. */
  readonly port: number;
  readonly advertisedPort: number;
}

/** The largest record batch, ours: a full transaction of a task fits into a few of them. */
const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;
/** Transactions and groups of one machine do not need the usual 50 partitions, each a folder with files to open at every start. */
const INTERNAL_PARTITIONS = 4;
/** Kafka's default. */
const BROKER_SESSION_MS = 9_000;
const STARTED = 'Kafka Server started';

export const KAFKA_PORT: PortUse = { what: 'the local Kafka', setting: 'LOCAL_KAFKA_PORT', instead: 'KAFKA_BROKERS' };

export async function startLocalKafka(options: LocalKafkaOptions): Promise<LocalKafka> {
  const { dataDir, java, jars, log } = options;
  const port = await takePort(options.port, KAFKA_PORT);
  const home = join(dataDir, 'kafka');
  mkdirSync(home, { recursive: true });
  const propertiesFile = join(home, 'server.properties');
  // Alone, the controller talks to itself only; its port may be another one at each start, since the voters are named here and not in the data.
  const controllerPort = options.node?.controllerPort ?? (await freePort());
  const { id, voters } = options.node ?? { id: 1, voters: `1@${LOOPBACK}:${controllerPort}` };
  const entries = properties({ port, id, voters, controllerPort, logDir: join(home, 'log'), listeners: options.listeners ?? [], brokerSessionMs: options.brokerSessionMs ?? BROKER_SESSION_MS });
  writeFileSync(propertiesFile, written({ ...entries, ...options.properties?.({ port, controllerPort }) }), { mode: 0o600 });
  const classPath = ['-cp', join(jars, '*')];
  const classes = options.recordClasses === undefined ? archiveFlags(jars) : recordFlags(options.recordClasses);
  if (!existsSync(join(home, 'log', 'meta.properties'))) await format(java, [...archiveFlags(jars), ...classPath], propertiesFile, options.node?.clusterId ?? newClusterId(), options.scram ?? []);

  const begun = performance.now();
  const part = await startPart({
    name: 'kafka',
    command: java,
    // ParallelGC: no concurrent collector threads competing for few cores. C2 stays on: the broker's hot paths need it.
    args: ['-Xms256m', `-Xmx${options.heapMb}m`, '-XX:+UseParallelGC', '-XX:+ExitOnOutOfMemoryError', ...classes, ...LOG_LEVELS, ...classPath, 'kafka.Kafka', propertiesFile],
    dataDir,
    ready: (logged) => logged().includes(STARTED),
  });
  log('info', 'local Kafka is up', { port, pid: part.pid, ms: Math.round(performance.now() - begun) });
  return { ...part, brokers: [`${LOOPBACK}:${port}`] };
}

const LOG_LEVELS = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info', '-Dorg.slf4j.simpleLogger.showDateTime=true', '-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS'];

/** Kafka wants 16 bytes in base64url; one that begins with a dash (one in 64) would be taken for an option, so the first six bits are those of `C`. */
const newClusterId = (): string => `C${randomBytes(16).toString('base64url').slice(1)}`;

async function format(java: string, classPath: readonly string[], propertiesFile: string, clusterId: string, scram: readonly string[]): Promise<void> {
  try {
    await run(java, ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', ...LOG_LEVELS, ...classPath, 'kafka.tools.StorageTool', 'format', '--ignore-formatted', '-t', clusterId, '-c', propertiesFile, ...scram.flatMap((credential) => ['--add-scram', credential])], { timeoutMs: 60_000 });
  } catch (cause) {
    throw new LocalError('KAFKA_FORMAT', `cannot prepare Kafka's directory beside ${propertiesFile}: ${(cause as Error).message}`, { cause });
  }
}

interface Node {
  readonly id: number;
  readonly port: number;
  readonly voters: string;
  readonly controllerPort: number;
  readonly logDir: string;
  readonly listeners: readonly KafkaListener[];
  readonly brokerSessionMs: number;
}

function properties({ id, port, voters, controllerPort, logDir, listeners, brokerSessionMs }: Node): Properties {
  return {
    'process.roles': 'broker,controller',
    'node.id': id,
    'controller.quorum.voters': voters,
    'listeners': [`PLAINTEXT://${LOOPBACK}:${port}`, `CONTROLLER://${LOOPBACK}:${controllerPort}`, ...listeners.map((one) => `${one.name}://${LOOPBACK}:${one.port}`)].join(','),
    'advertised.listeners': [`PLAINTEXT://${LOOPBACK}:${port}`, ...listeners.map((one) => `${one.name}://${LOOPBACK}:${one.advertisedPort}`)].join(','),
    'listener.security.protocol.map': ['PLAINTEXT', 'CONTROLLER', ...listeners.map(({ name }) => name)].map((name) => `${name}:PLAINTEXT`).join(','),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'broker.session.timeout.ms': brokerSessionMs,
    // Four beats to a session, about as Kafka has it.
    'broker.heartbeat.interval.ms': Math.round(brokerSessionMs / 4),
    'log.dirs': logDir,
    // Two cores, shared with everything else.
    'num.network.threads': 2,
    'num.io.threads': 4,
    'num.recovery.threads.per.data.dir': 2,
    'log.cleaner.threads': 1,
    'default.replication.factor': 1,
    'min.insync.replicas': 1,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': INTERNAL_PARTITIONS,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': INTERNAL_PARTITIONS,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'auto.create.topics.enable': false,
    'message.max.bytes': MAX_MESSAGE_BYTES,
    'replica.fetch.max.bytes': MAX_MESSAGE_BYTES,
    // A topic that is deleted frees its disk at once, not after a minute.
    'log.segment.delete.delay.ms': 1_000,
  };
}

/** A backslash escapes in properties files. */
const written = (entries: Properties): string => `${Object.entries(entries).map(([key, value]) => `${key}=${String(value).replaceAll('\\', '\\\\')}`).join('\n')}\n`;
