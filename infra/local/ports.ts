/** Ports on the loopback interface: everything local listens at 127.0.0.1 only. */
import { randomInt } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { LocalError } from './command.ts';

export const LOOPBACK = '127.0.0.1';

/** Below the range from which systems take the ports of outgoing connections: a port found free here stays so until it is used. */
const LOWEST_PORT = 15_000;
const HIGHEST_PORT = 30_000;
const ATTEMPTS = 200;

/** What a port is for, for the message when it is taken. */
export interface PortUse {
  readonly what: string;
  /** The setting that chooses another port. */
  readonly setting: string;
  /** The setting that names a running part instead. */
  readonly instead: string;
}

/** The wanted port where it is free, any free one for 0. */
export async function takePort(port: number, use: PortUse): Promise<number> {
  if (port === 0) return freePort();
  const problem = await listenError(port);
  if (problem === null) return port;
  if (problem === 'EACCES') throw new LocalError('PORT', `port ${port} for ${use.what} may not be used by this user: choose another with ${use.setting}`);
  throw new LocalError('PORT_IN_USE', `port ${port} on ${LOOPBACK} for ${use.what} is in use: end what uses it, choose another port with ${use.setting} (0: any free port), or name a running one with ${use.instead}`);
}

/** Nobody else who asks here gets it as long as this process lives: not before it listens, nor while what listens is started again. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = randomInt(LOWEST_PORT, HIGHEST_PORT);
    if (reserve(port) && (await listenError(port)) === null) return port;
  }
  throw new LocalError('PORT', `no free port found between ${LOWEST_PORT} and ${HIGHEST_PORT}`);
}

/** A file a port, with the process that has it: several test runs and platforms share a machine. */
const RESERVED = join(tmpdir(), `chokepoint-ports-${String(userInfo().uid)}`);
const reserved = new Set<string>();

function reserve(port: number): boolean {
  const file = join(RESERVED, String(port));
  const owner = ownerOf(file);
  if (isAlive(owner)) return false;
  if (owner > 0) rmSync(file, { force: true });
  mkdirSync(RESERVED, { recursive: true, mode: 0o700 });
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
  } catch {
    return false; // another one was quicker
  }
  if (reserved.size === 0) process.once('exit', () => { for (const one of reserved) rmSync(one, { force: true }); });
  reserved.add(file);
  return true;
}

function ownerOf(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return 0;
  }
}

function isAlive(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function listenError(port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => { resolve(error.code ?? error.message); });
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => server.close(() => { resolve(null); }));
  });
}
