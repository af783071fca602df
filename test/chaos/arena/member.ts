/** A member's process: started again whenever it ends, as a supervisor does; killed, frozen and woken from here. */
import { execFile, fork, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Proxy } from './proxy.ts';

/** One that is connected to the brokers directly. */
export interface PlainMember {
  readonly name: string;
  /** From now on it runs, until `stop` or `close`. */
  start(): void;
  /** SIGKILL to the process of this moment; resolves when it has ended, true if that was why. Sent before this returns. */
  kill(): Promise<boolean>;
  /** SIGSTOP for so long, then SIGCONT; true if the same process was frozen all the time and goes on. */
  freeze(ms: number): Promise<boolean>;
  /** SIGTERM: it leaves its group and ends. True if it ended cleanly. */
  stop(): Promise<boolean>;
  /** SIGKILL for good. */
  close(): Promise<void>;
  /** Its process of this moment has got its share of a group's work. */
  joined(): boolean;
  /** How often its processes have logged a text. */
  logged(text: string): number;
  /** Ends that nobody here has caused, such as a start while the broker was away. */
  endedByItself(): number;
  lastLines(count: number): string;
}

export interface Member extends PlainMember {
  readonly proxy: Proxy;
}

interface MemberOptions {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly logFile: string;
}

const RESTART_AFTER_MS = 100;
/** What it logs when it has joined a group. */
const ASSIGNED = '"message":"assigned"';

export const createMember = ({ proxy, ...options }: MemberOptions & { readonly proxy: Proxy }): Member => ({ ...createPlainMember(options), proxy });

export function createPlainMember({ name, file, args, env, logFile }: MemberOptions): PlainMember {
  let child: ChildProcess | null = null;
  let ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }> | null = null;
  let wanted = false;
  let blamed = 0;
  /** Length of the log when the process of this moment was started. */
  let loggedBefore = 0;
  const caused = new Set<ChildProcess>();

  const start = (): void => {
    wanted = true;
    if (child !== null) return;
    loggedBefore = log().length;
    const output = openSync(logFile, 'a');
    const mine = fork(file, args, { env, stdio: ['ignore', output, output, 'ipc'] });
    closeSync(output);
    child = mine;
    ended = new Promise((resolve) => {
      mine.once('exit', (code, signal) => {
        child = null;
        if (!caused.delete(mine)) blamed += 1;
        resolve({ code, signal });
        if (wanted) setTimeout(() => { if (wanted) start(); }, RESTART_AFTER_MS);
      });
    });
  };
  const signal = async (which: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null } | null> => {
    if (child === null || ended === null) return null;
    caused.add(child);
    child.kill(which);
    return ended;
  };
  const log = (): string => {
    try {
      return readFileSync(logFile, 'utf8');
    } catch {
      return '';
    }
  };

  return {
    name,
    start,
    kill: async () => (await signal('SIGKILL'))?.signal === 'SIGKILL',
    freeze: async (ms) => {
      const frozen = child;
      if (frozen?.pid === undefined) return false;
      frozen.kill('SIGSTOP');
      const [before] = await Promise.all([isStopped(frozen.pid), new Promise((resolve) => setTimeout(resolve, ms))]);
      const after = child === frozen && (await isStopped(frozen.pid));
      frozen.kill('SIGCONT');
      return before && after;
    },
    stop: async () => {
      wanted = false;
      return (await signal('SIGTERM'))?.code === 0;
    },
    close: async () => {
      wanted = false;
      await signal('SIGKILL');
    },
    joined: () => child !== null && log().includes(ASSIGNED, loggedBefore),
    logged: (text) => log().split(text).length - 1,
    endedByItself: () => blamed,
    lastLines: (count) => log().trimEnd().split('\n').slice(-count).join('\n'),
  };
}

async function isStopped(pid: number): Promise<boolean> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'state=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return stdout.trim().startsWith('T');
}
