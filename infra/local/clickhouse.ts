/** A local ClickHouse: the embedded engine in a process of its own, behind ClickHouse's HTTP protocol. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Log } from '../service/log.ts';
import { MAX_RUNNING } from './clickhouseStatement.ts';
import { LOOPBACK, takePort, type PortUse } from './ports.ts';
import { startPart, type PartProcess } from './supervise.ts';

export interface LocalClickHouse extends PartProcess {
  readonly url: string;
}

export interface LocalClickHouseOptions {
  readonly dataDir: string;
  /** 0: any free port. */
  readonly port: number;
  readonly log: Log;
}

const SERVER = fileURLToPath(new URL('clickhouseServer.ts', import.meta.url));
/** Threads for files and compression beside those that statements hold. */
const SPARE_THREADS = 4;
const PROBE_LIMIT_MS = 2_000;

export const CLICKHOUSE_PORT: PortUse = { what: 'the local ClickHouse', setting: 'LOCAL_CLICKHOUSE_PORT', instead: 'CLICKHOUSE_URL' };

export async function startLocalClickHouse(options: LocalClickHouseOptions): Promise<LocalClickHouse> {
  const { dataDir, log } = options;
  const port = await takePort(options.port, CLICKHOUSE_PORT);
  const path = join(dataDir, 'clickhouse', 'data');
  mkdirSync(path, { recursive: true });
  const url = `http://${LOOPBACK}:${port}`;
  const begun = performance.now();
  const part = await startPart({
    name: 'clickhouse',
    command: process.execPath,
    args: [SERVER, '--path', path, '--port', String(port)],
    env: { UV_THREADPOOL_SIZE: String(MAX_RUNNING + SPARE_THREADS), TZ: 'UTC' },
    dataDir,
    ready: () => answers(`${url}/?query=SELECT%201`),
  });
  log('info', 'local ClickHouse is up', { port, pid: part.pid, ms: Math.round(performance.now() - begun) });
  return { ...part, url };
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PROBE_LIMIT_MS) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
