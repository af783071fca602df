/** Who runs: each from offset 0 with an app of its own, as processes of its own that end with the bench, however it ends. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startPart, type PartProcess } from '../../infra/local/supervise.ts';
import { appName } from '../../schemas/topics.ts';
import type { OutputShape } from './limit/shape.ts';
import type { PeerSettings, StreamsSettings } from './peer/settings.ts';
import { PARTITIONS, type Platform } from './platform.ts';

export type Side = 'ours' | 'peer' | 'limit';

export interface Contender {
  readonly side: Side;
  /** Says which of a side's it is. */
  readonly name: string;
  /** Of the group whose committed offsets show the progress. */
  readonly group: (app: string) => string;
  readonly start: (app: string) => Promise<PartProcess[]>;
}

const BINARY = fileURLToPath(new URL('../../infra/cli/chokepoint.ts', import.meta.url));
const LIMIT_MEMBER = fileURLToPath(new URL('limit/member.ts', import.meta.url));
/** Readiness shows in the committed offsets; here it is enough that the process is there. */
const AT_ONCE = (): boolean => true;

const processes = (count: number): string => (count === 1 ? '1 process' : `${count} processes`);

/** The binary's service, and the group whose progress shows its. */
const GROUPS = { processor: 'processor', analyzer: 'profile' } as const;

export function ours({ env, dataDir }: Platform, count: number, service: keyof typeof GROUPS = 'processor'): Contender {
  return {
    side: 'ours',
    name: processes(count),
    group: (app) => appName(GROUPS[service], app),
    start: (app) => all(count, (n) => startPart({ name: `${app}-${service}-${n}`, command: process.execPath, args: [BINARY, service], env: { ...env, CHOKEPOINT_APP: app }, dataDir, ready: AT_ONCE })),
  };
}

/** `topics`: what it reads. */
export function limit({ env, dataDir }: Platform, count: number, shape: () => OutputShape, topics: () => readonly string[]): Contender {
  return {
    side: 'limit',
    name: processes(count),
    group: (app) => appName('limit', app),
    start: (app) => {
      const file = join(dataDir, `${app}-shape.json`);
      writeFileSync(file, JSON.stringify(shape()));
      return all(count, (n) => startPart({ name: `${app}-${n}`, command: process.execPath, args: [LIMIT_MEMBER, file, ...topics()], env: { ...env, CHOKEPOINT_APP: app }, dataDir, ready: AT_ONCE }));
    },
  };
}

export function peer(platform: Platform, jars: string, name: string, peerSettings: PeerSettings): Contender {
  const { schemaIds, settings } = platform;
  const { codec, cacheTasks } = peerSettings;
  const schemaFiles = Object.fromEntries([...schemaIds.keys()].map((record) => [record, fileURLToPath(new URL(`../../schemas/${record}.avsc`, import.meta.url))]));
  return streamsApp(platform, jars, name, 'Peer', peerSettings, () => ({ window_ms: settings.dedupeWindowMs, codec, cache_tasks: cacheTasks, ...prefixed('schema', schemaFiles) }));
}

/** Over the signals of app `input()`. */
export function profilePeer(platform: Platform, jars: string, name: string, settings: StreamsSettings, input: () => string): Contender {
  return streamsApp(platform, jars, name, 'ProfilePeer', settings, () => ({ input: input() }));
}

function streamsApp({ env, dataDir, java, schemaIds }: Platform, jars: string, name: string, main: string, { threads, stores, jvm, streams }: StreamsSettings, more: () => Readonly<Record<string, string | number | boolean>>): Contender {
  const group = (app: string): string => `${app}.kafka-streams`;
  return {
    side: 'peer',
    name,
    group,
    start: async (app) => {
      const stateDir = join(dataDir, `${app}-state`);
      mkdirSync(stateDir);
      const own = { 'application.id': group(app), 'bootstrap.servers': env['KAFKA_BROKERS'] ?? '', 'state.dir': stateDir, 'num.stream.threads': String(threads), 'replication.factor': '1', ...streams };
      const given = { app, partitions: PARTITIONS, stores, ...more(), ...prefixed('id', Object.fromEntries(schemaIds)), ...prefixed('streams', own) };
      const args = [...jvm, '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-cp', join(jars, '*'), `chokepoint.peer.${main}`, ...Object.entries(given).map(([key, value]) => `${key}=${value}`)];
      return [await startPart({ name: app, command: java, args, dataDir, ready: AT_ONCE })];
    },
  };
}

const prefixed = (prefix: string, entries: Readonly<Record<string, string | number>>): Record<string, string | number> =>
  Object.fromEntries(Object.entries(entries).map(([name, value]) => [`${prefix}.${name}`, value]));

async function all(count: number, start: (n: number) => Promise<PartProcess>): Promise<PartProcess[]> {
  return Promise.all(Array.from({ length: count }, (_, n) => start(n)));
}
