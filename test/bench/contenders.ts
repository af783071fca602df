/** Who runs: each from offset 0 with an app of its own, as processes of its own that end with the bench, however it ends. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startPart, type PartProcess } from '../../infra/local/supervise.ts';
import { appName } from '../../schemas/topics.ts';
import type { OutputShape } from './limit/shape.ts';
import type { PeerSettings } from './peer/settings.ts';
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

export function ours({ env, dataDir }: Platform, count: number): Contender {
  return {
    side: 'ours',
    name: processes(count),
    group: (app) => appName('processor', app),
    start: (app) => all(count, (n) => startPart({ name: `${app}-${n}`, command: process.execPath, args: [BINARY, 'processor'], env: { ...env, CHOKEPOINT_APP: app }, dataDir, ready: AT_ONCE })),
  };
}

export function limit({ env, dataDir }: Platform, count: number, shape: () => OutputShape): Contender {
  return {
    side: 'limit',
    name: processes(count),
    group: (app) => appName('limit', app),
    start: (app) => {
      const file = join(dataDir, `${app}-shape.json`);
      writeFileSync(file, JSON.stringify(shape()));
      return all(count, (n) => startPart({ name: `${app}-${n}`, command: process.execPath, args: [LIMIT_MEMBER, file], env: { ...env, CHOKEPOINT_APP: app }, dataDir, ready: AT_ONCE }));
    },
  };
}

export function peer({ env, dataDir, java, schemaIds, settings }: Platform, jars: string, name: string, { threads, codec, stores, cacheTasks, jvm, streams }: PeerSettings): Contender {
  const group = (app: string): string => `${app}.kafka-streams`;
  return {
    side: 'peer',
    name,
    group,
    start: async (app) => {
      const stateDir = join(dataDir, `${app}-state`);
      mkdirSync(stateDir);
      const schemaFiles = Object.fromEntries([...schemaIds.keys()].map((record) => [record, fileURLToPath(new URL(`../../schemas/${record}.avsc`, import.meta.url))]));
      const own = { 'application.id': group(app), 'bootstrap.servers': env['KAFKA_BROKERS'] ?? '', 'state.dir': stateDir, 'num.stream.threads': String(threads), 'replication.factor': '1', ...streams };
      const given = { app, partitions: PARTITIONS, window_ms: settings.dedupeWindowMs, codec, stores, cache_tasks: cacheTasks, ...prefixed('id', Object.fromEntries(schemaIds)), ...prefixed('schema', schemaFiles), ...prefixed('streams', own) };
      const args = [...jvm, '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-cp', join(jars, '*'), 'chokepoint.peer.Peer', ...Object.entries(given).map(([key, value]) => `${key}=${value}`)];
      return [await startPart({ name: app, command: java, args, dataDir, ready: AT_ONCE })];
    },
  };
}

const prefixed = (prefix: string, entries: Readonly<Record<string, string | number>>): Record<string, string | number> =>
  Object.fromEntries(Object.entries(entries).map(([name, value]) => [`${prefix}.${name}`, value]));

async function all(count: number, start: (n: number) => Promise<PartProcess>): Promise<PartProcess[]> {
  return Promise.all(Array.from({ length: count }, (_, n) => start(n)));
}
