/** The processes beside the members: one that feeds, and one that judges. */
import { execFile, fork } from 'node:child_process';
import { promisify } from 'node:util';
import type { Judgement } from './counts.ts';

/** What a feeder tells its parent, over and over. */
export interface FeederReport {
  /** Records that the broker has acknowledged. */
  readonly acknowledged: number;
}

export interface Feeder {
  /** Something has been fed. */
  readonly started: Promise<void>;
  acknowledged(): number;
  /** Tells a feeder that begins slowly to go on. */
  go(): void;
  /** Lets it bring its input to an end; gives what is acknowledged in all. Throws where it failed. */
  stop(): Promise<number>;
  kill(): void;
}

const MAX_OUTPUT = 64 * 2 ** 20;

export function startFeeder(file: string, args: readonly (string | number)[], env: NodeJS.ProcessEnv): Feeder {
  const child = fork(file, args.map(String), { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  let acknowledged = 0;
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const started = new Promise<void>((resolve, reject) => {
    child.on('message', (report: FeederReport) => {
      ({ acknowledged } = report);
      resolve();
    });
    void ended.then((code) => { reject(new Error(`the feeder ended with ${String(code)} before it had fed anything`)); });
  });
  return {
    started,
    acknowledged: () => acknowledged,
    go: () => void child.send('go'),
    stop: async () => {
      if (child.connected) child.send('stop');
      const code = await ended;
      if (code !== 0) throw new Error(`the feeder ended with ${String(code)}`);
      return acknowledged;
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

/** Runs a program to its end and gives the JSON on its last line. */
export async function lastLineOf<T = Judgement>(file: string, args: readonly (string | number)[], env: NodeJS.ProcessEnv): Promise<T> {
  const { stdout } = await promisify(execFile)(process.execPath, [file, ...args.map(String)], { env, maxBuffer: MAX_OUTPUT });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as T;
}
