/**
 * Reads the keys file again and again, since a mounted secret changes by other means than a write that could be watched. A file that is wrong or
 * gone changes nothing: the keys that were valid stay so.
 */
import type { Log } from '../../../infra/service/log.ts';
import { metrics } from '../../../infra/service/metrics.ts';
import type { Key } from './key.ts';

export interface KeysWatch {
  readonly stop: () => void;
}

export interface KeysWatchOptions {
  readonly read: () => Promise<string>;
  /** What was read first. */
  readonly text: string;
  /** Throws where the text is no keys file. */
  readonly parse: (text: string) => readonly Key[];
  readonly apply: (keys: readonly Key[]) => void;
  readonly intervalMs: number;
  readonly log: Log;
}

export function watchKeys({ read, text, parse, apply, intervalMs, log }: KeysWatchOptions): KeysWatch {
  let current = text;
  let wrong: string | null = null;
  let reading = false;
  const look = async (): Promise<void> => {
    try {
      const next = await read();
      if (next !== current) {
        const keys = parse(next);
        apply(keys);
        current = next;
        log('info', 'the keys file has changed', { keys: keys.length });
      }
      wrong = null;
      metrics.collectorKeysFileWrong.set(0);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (why !== wrong) log('error', 'the keys file cannot be used: the keys from before stay valid', { error: why });
      wrong = why;
      metrics.collectorKeysFileWrong.set(1);
    }
  };
  const timer = setInterval(() => {
    if (reading) return;
    reading = true;
    void look().finally(() => {
      reading = false;
    });
  }, intervalMs);
  return {
    stop: () => {
      clearInterval(timer);
    },
  };
}
