/**
 * Whether the process that owns a spool file lives: each listens at a socket beside its files, and the kernel refuses connections once it is gone, however it
 * went. Unlike a process id this is neither reused nor different in a container that shares the directory.
 */
import { rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';

const address = (directory: string, owner: string): string => (process.platform === 'win32' ? `\\\\.\\pipe\\chokepoint-${owner}` : join(directory, `${owner}.sock`));

/** From now on `owner` lives, until the process ends or the function that is given is called. Rejects where the directory or the length of its path does not allow it. */
export async function live(directory: string, owner: string): Promise<() => Promise<void>> {
  const server = createServer((socket) => { socket.destroy(); });
  server.unref();
  server.listen(address(directory, owner));
  await once(server, 'listening');
  return async () => {
    server.close();
    await forget(directory, owner);
  };
}

export function isAlive(directory: string, owner: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address(directory, owner));
    const end = (alive: boolean): void => {
      socket.destroy();
      resolve(alive);
    };
    socket.once('connect', () => { end(true); });
    // In doubt (no permission, no more files) it lives: what is another's is left alone.
    socket.once('error', (error: NodeJS.ErrnoException) => { end(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'); });
  });
}

/** Takes the name of a dead owner away. */
export const forget = (directory: string, owner: string): Promise<void> => rm(address(directory, owner), { force: true }).catch(() => undefined);
