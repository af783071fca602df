/** A local schema registry: Apicurio Registry 3.0.9 with Confluent's API, its schemas in an H2 file. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../service/log.ts';
import { archiveFlags, recordFlags } from './classArchive.ts';
import { LocalError } from './command.ts';
import { LOOPBACK, takePort, type PortUse } from './ports.ts';
import { startPart, type PartProcess } from './supervise.ts';

export interface LocalRegistry extends PartProcess {
  readonly url: string;
}

export interface LocalRegistryOptions {
  readonly dataDir: string;
  /** 0: any free port. */
  readonly port: number;
  readonly log: Log;
  /** The java command. */
  readonly java: string;
  readonly jar: string;
  /** When it ends in order, its classes are in this file. */
  readonly recordClasses?: string;
}

const PROBE_LIMIT_MS = 2_000;

export const REGISTRY_PORT: PortUse = { what: 'the local schema registry', setting: 'LOCAL_REGISTRY_PORT', instead: 'SCHEMA_REGISTRY_URL' };

export async function startLocalRegistry(options: LocalRegistryOptions): Promise<LocalRegistry> {
  const { dataDir, java, jar, log } = options;
  const port = await takePort(options.port, REGISTRY_PORT);
  const home = join(dataDir, 'registry');
  mkdirSync(home, { recursive: true });
  const url = `http://${LOOPBACK}:${port}/apis/ccompat/v7`;
  const system: Readonly<Record<string, string | number>> = {
    'quarkus.profile': 'prod',
    'quarkus.http.host': LOOPBACK,
    'quarkus.http.port': port,
    'quarkus.http.access-log.enabled': 'false',
    'apicurio.storage.kind': 'sql',
    'apicurio.storage.sql.kind': 'h2',
    'apicurio.datasource.url': `jdbc:h2:file:${join(home, 'registry')}`,
    // Of 20 by default: a handful of services asks for schemas when it starts.
    'apicurio.datasource.jdbc.initial-size': 2,
    'apicurio.datasource.jdbc.min-size': 2,
    // H2 and imports would otherwise share /tmp with every other registry of this machine.
    'java.io.tmpdir': home,
  };
  const classes = options.recordClasses === undefined ? archiveFlags(jar) : recordFlags(options.recordClasses);
  const begun = performance.now();
  const part = await startPart({
    name: 'registry',
    command: java,
    // It answers a few requests per start of a service: a quick start matters, its peak speed does not.
    args: ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', ...classes, ...Object.entries(system).map(([key, value]) => `-D${key}=${value}`), '-jar', jar],
    dataDir,
    ready: async () => (await answer(`${url}/subjects`))?.ok === true,
  });
  try {
    await requireBackward(url);
  } catch (error) {
    await part.stop();
    throw error;
  }
  log('info', 'local schema registry is up', { port, pid: part.pid, ms: Math.round(performance.now() - begun) });
  return { ...part, url };
}

async function requireBackward(url: string): Promise<void> {
  const response = await answer(`${url}/config`, { method: 'PUT', headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' }, body: '{"compatibility":"BACKWARD"}' });
  if (response?.ok !== true) throw new LocalError('REGISTRY', `the local schema registry did not take BACKWARD as its compatibility (${response === null ? 'no answer' : String(response.status)})`);
}

/** Null where there is no answer (yet). */
async function answer(url: string, request: RequestInit = {}): Promise<{ readonly ok: boolean; readonly status: number } | null> {
  try {
    const response = await fetch(url, { ...request, signal: AbortSignal.timeout(PROBE_LIMIT_MS) });
    await response.arrayBuffer();
    return response;
  } catch {
    return null;
  }
}
