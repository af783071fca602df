/** The processes beside the members: one that feeds, and one that judges. */
import { execFile, fork } from 'node:child_process';
import { promisify } from 'node:util';
import type { Judgement } from './counts.ts';

/** What a feeder tells its parent, over and over. */
export interface FeederReport {
  /** Records that the broker has acknowledged. */
  readonly acknowledged: number;
}

export interface Feeder<Report extends FeederReport = FeederReport> {
  /** Something has been fed. */
  readonly started: Promise<void>;
  acknowledged(): number;
  /** The last one that has come. */
  report(): Report | null;
  /** Tells a feeder that begins slowly to go on. */
  go(): void;
  /** Lets it bring its input to an end; gives what is acknowledged in all. Throws where it failed. */
  stop(): Promise<number>;
  /** SIGKILL; resolves when it has ended. */
  kill(): Promise<void>;
}

const MAX_OUTPUT = 64 * 2 ** 20;

export function startFeeder<Report extends FeederReport = FeederReport>(file: string, args: readonly (string | number)[], env: NodeJS.ProcessEnv): Feeder<Report> {
  const child = fork(file, args.map(String), { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  let last: Report | null = null;
  const acknowledged = (): number => last?.acknowledged ?? 0;
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const started = new Promise<void>((resolve, reject) => {
    child.on('message', (report: Report) => {
      last = report;
      resolve();
    });
    void ended.then((code) => { reject(new Error(`the feeder ended with ${String(code)} before it had fed anything`)); });
  });
  return {
    started,
    acknowledged,
    report: () => last,
    go: () => void child.send('go'),
    stop: async () => {
      if (child.connected) child.send('stop');
      const code = await ended;
      if (code !== 0) throw new Error(`the feeder ended with ${String(code)}`);
      return acknowledged();
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Runs a program to its end and gives the JSON on its last line. */
export async function lastLineOf<T = Judgement>(file: string, args: readonly (string | number)[], env: NodeJS.ProcessEnv): Promise<T> {
  const { stdout } = await promisify(execFile)(process.execPath, [file, ...args.map(String)], { env, maxBuffer: MAX_OUTPUT });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as T;
}
