/** Who is measured: the production binary, and the limit; a process each, that takes requests once it is ready. */
import { fileURLToPath } from 'node:url';
import { freePort } from '../../../infra/local/ports.ts';
import { startPart, type PartProcess } from '../../../infra/local/supervise.ts';
import type { Platform } from '../platform.ts';
import { openConnection } from './connection.ts';
import { KEY, type PoolOptions } from './pool.ts';

export type Side = 'ours' | 'limit';
export const SIDES: readonly Side[] = ['ours', 'limit'];

export interface Contender extends PartProcess {
  readonly port: number;
}

const BINARY = fileURLToPath(new URL('../../../infra/cli/chokepoint.ts', import.meta.url));
const LIMIT_SERVER = fileURLToPath(new URL('limitServer.ts', import.meta.url));

/** `name` is that of its log. */
export async function startContender(platform: Platform, side: Side, name: string, pool: PoolOptions): Promise<Contender> {
  const port = await freePort();
  const args = side === 'ours' ? [BINARY, 'collector'] : [LIMIT_SERVER, String(port), JSON.stringify(pool)];
  const env = { ...platform.env, COLLECTOR_PORT: String(port), WRITE_KEYS: KEY, CHOKEPOINT_APP: 'bench' };
  const ready = side === 'ours' ? () => answers(`http://127.0.0.1:${port}/readyz`) : () => listens(port);
  return { ...(await startPart({ name, command: process.execPath, args, env, dataDir: platform.dataDir, ready })), port };
}

const answers = (url: string): Promise<boolean> => fetch(url).then(({ ok }) => ok, () => false);
const listens = (port: number): Promise<boolean> => openConnection(port).then((connection) => { connection.close(); return true; }, () => false);
