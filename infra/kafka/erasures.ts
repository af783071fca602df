/** Follows platform.erasures for all tasks of a process: they catch up before they work, and are woken when somebody is erased. */
import { createErasureTable, type Erasures } from '../../schemas/erasures.ts';
import type { LogReader } from '../ports.ts';

/** Between looks while nothing else asks. Ours. */
const LOOK_MS = 1_000;

export interface ErasureFollower extends Erasures {
  stop(): void;
}

export function followErasures(log: LogReader, topic: string, secret: string | null): ErasureFollower {
  const table = createErasureTable(secret);
  const listeners = new Set<() => void>();
  let next = 0;
  let running: Promise<void> | null = null;
  let following: Promise<void> | null = null;

  const readOn = async (): Promise<void> => {
    const before = table.version();
    const end = (await log.ends(topic))[0] ?? 0;
    if (end > next) {
      for await (const batch of log.read({ topic, partition: 0, offset: next }, end)) {
        for (const { key, value } of batch) if (key !== null && value !== null) table.add(key.toString(), value);
      }
      next = end;
    }
    if (table.version() !== before) for (const listener of [...listeners]) listener();
  };
  const run = (): Promise<void> => {
    running = readOn().finally(() => { running = null; });
    return running;
  };
  // Reading that is under way has asked for the end before this call, so it is not enough; the next one serves all who wait for it.
  const catchUp = (): Promise<void> => {
    if (running === null) return run();
    following ??= running.catch(() => undefined).then(() => {
      following = null;
      return run();
    });
    return following;
  };
  // What fails here fails again where a task catches up, and is said there.
  const timer = setInterval(() => { if (running === null) run().catch(() => undefined); }, LOOK_MS);

  return {
    ...table,
    catchUp,
    onArrival: (listener) => {
      listeners.add(listener);
      return () => { listeners.delete(listener); };
    },
    stop: () => { clearInterval(timer); },
  };
}
