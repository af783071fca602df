/** The data directory: writable, with room, and used by one running platform at a time. */
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LocalError } from './command.ts';

/** A Kafka that meets a full disk stops: better not to start. */
const LEAST_FREE_BYTES = 1024 ** 3;
/** How long the parts of a platform that was killed may take to end: their watchers stop them within this time. */
const LEFTOVERS_LIMIT_MS = 20_000;
const LEFTOVERS_POLL_MS = 100;

export interface DataDirLock {
  release(): void;
}

/** Takes the directory for this process; the lock of a process that is gone is taken over once what it had started has ended. */
export async function lockDataDir(dataDir: string): Promise<DataDirLock> {
  const lockFile = join(dataDir, 'lock');
  try {
    mkdirSync(join(dataDir, 'run'), { recursive: true });
    for (let attempt = 0; !tryLock(lockFile); attempt++) {
      const owner = Number(readFileSync(lockFile, 'utf8'));
      // An empty file is a lock being made just now, or one whose owner died at that very moment.
      if (attempt > 0 || isAlive(owner)) throw new LocalError('DATA_DIR_IN_USE', `${dataDir} is in use by process ${owner}: stop that, or choose another directory with --data (CHOKEPOINT_DATA). If process ${owner} is something else, remove ${lockFile}`);
      rmSync(lockFile, { force: true });
    }
  } catch (cause) {
    if (cause instanceof LocalError) throw cause;
    throw new LocalError('DATA_DIR', `cannot write to ${dataDir} (${(cause as Error).message}): make it writable, or choose another directory with --data (CHOKEPOINT_DATA)`, { cause });
  }
  const release = (): void => { rmSync(lockFile, { force: true }); };
  try {
    requireRoom(dataDir);
    await waitForLeftovers(dataDir);
  } catch (error) {
    release();
    throw error;
  }
  return { release };
}

function tryLock(lockFile: string): boolean {
  try {
    const file = openSync(lockFile, 'wx');
    writeFileSync(file, String(process.pid));
    closeSync(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function requireRoom(dataDir: string): void {
  const { bavail, bsize } = statfsSync(dataDir);
  if (bavail * bsize < LEAST_FREE_BYTES) throw new LocalError('DISK_FULL', `less than 1 GiB is free where ${dataDir} is: free some space, or choose another directory with --data (CHOKEPOINT_DATA)`);
}

async function waitForLeftovers(dataDir: string): Promise<void> {
  const run = join(dataDir, 'run');
  const running = (): number[] => readdirSync(run).map((name) => Number(readFileSync(join(run, name), 'utf8'))).filter(isAlive);
  const until = performance.now() + LEFTOVERS_LIMIT_MS;
  let left = running();
  while (left.length > 0) {
    if (performance.now() > until) throw new LocalError('LEFTOVERS', `processes of an earlier start in ${dataDir} are still running: end ${left.join(', ')}; or, if they are something else, remove ${run}`);
    await new Promise((next) => setTimeout(next, LEFTOVERS_POLL_MS));
    left = running();
  }
  for (const name of readdirSync(run)) rmSync(join(run, name));
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
