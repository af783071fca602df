/** A contender at work: started with topics of its own, watched through its committed offsets, stopped whatever happens. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Contender } from './contenders.ts';
import type { InputLog } from './inputLog.ts';
import type { Platform } from './platform.ts';

export interface Running {
  readonly pids: readonly number[];
  /** Resolves with the number of committed offsets once it is at least this; asks every 50 ms. */
  readonly reach: (offsets: number) => Promise<number>;
}

const ASK_EVERY_MS = 50;
const LIMIT_MS = 15 * 60_000;

export async function whileRunning<T>(platform: Platform, contender: Contender, app: string, log: InputLog, use: (running: Running) => Promise<T>): Promise<T> {
  await platform.prepare(app);
  const parts = await contender.start(app);
  const failed = Promise.race(parts.map((part) => part.failed));
  try {
    return await use({
      pids: parts.map(({ pid }) => pid),
      reach: async (offsets) => {
        for (const until = performance.now() + LIMIT_MS; performance.now() < until; ) {
          const reached = await platform.progress(contender.group(app), log);
          if (reached >= offsets) return reached;
          const failure = await Promise.race([pause(ASK_EVERY_MS, null), failed]);
          if (failure !== null) throw failure;
        }
        throw new Error(`${contender.side} (${contender.name}) has not taken ${offsets} records within ${LIMIT_MS / 60_000} minutes: see ${parts[0]?.logFile ?? 'its log'}`);
      },
    });
  } finally {
    await Promise.all(parts.map((part) => part.stop()));
  }
}
