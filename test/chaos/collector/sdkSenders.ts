/** The processes that track by the SDK with one spool directory: one at a time, each the heir of those that were killed. */
import { fileURLToPath } from 'node:url';
import { startFeeder, type Feeder } from '../arena/children.ts';
import { labelOf } from './labels.ts';
import type { SdkReport } from './sdkFeeder.ts';

export interface SdkSenders {
  readonly started: Promise<void>;
  acknowledged(): number;
  /** SIGKILL, and another takes its place. True if it had something to leave. */
  replace(): Promise<boolean>;
  /** The last one sends all that there is, what it has inherited included. */
  stop(): Promise<void>;
  kill(): Promise<void>;
  /** Of each process, what is owed: all that the living one has tracked, and of the dead what they had kept. */
  promised(): string[];
  /** The one that was not killed. */
  last(): string;
}

const FILE = fileURLToPath(new URL('sdkFeeder.ts', import.meta.url));

export function startSdkSenders(options: { readonly tag: string; readonly url: string; readonly key: string; readonly spool: string; readonly perSecond: number; readonly env: NodeJS.ProcessEnv }): SdkSenders {
  const { tag, url, key, spool, perSecond, env } = options;
  const kept: number[] = [];
  const name = (generation: number): string => `${tag}s${generation}`;
  const start = (): Feeder<SdkReport> => startFeeder<SdkReport>(FILE, [url, key, spool, name(kept.length), perSecond], env);
  let current = start();
  let done = 0;
  return {
    started: current.started,
    acknowledged: () => done + current.acknowledged(),
    replace: async () => {
      await current.started;
      await current.kill();
      const report = current.report();
      done += report?.acknowledged ?? 0;
      kept.push(report?.kept ?? 0);
      current = start();
      await current.started;
      return (report?.queued ?? 0) > 0;
    },
    stop: async () => {
      await current.stop();
      kept.push(current.report()?.kept ?? 0);
    },
    kill: () => current.kill(),
    promised: () => kept.flatMap((count, generation) => Array.from({ length: count }, (_, number) => labelOf(name(generation), number))),
    last: () => name(kept.length - 1),
  };
}
