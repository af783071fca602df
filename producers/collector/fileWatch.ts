/**
 * Reads a file again and again, since a mounted secret changes by other means than a write that could be watched. A file that is wrong or gone
 * changes nothing: what was valid stays so.
 */
import type { Log } from '../../infra/service/log.ts';

/** How long what was taken out of a file may still be used. Ours. */
export const FILE_INTERVAL_MS = 2_000;

export interface FileWatch {
  readonly stop: () => void;
}

export interface FileWatchOptions {
  /** In messages: `the keys file`. */
  readonly what: string;
  readonly read: () => Promise<string>;
  /** What was read first. */
  readonly text: string;
  /** Takes a new text up, or throws and leaves everything as it was. */
  readonly take: (text: string) => void;
  /** Told after each look. */
  readonly onWrong: (wrong: boolean) => void;
  readonly intervalMs: number;
  readonly log: Log;
}

export function watchFile({ what, read, text, take, onWrong, intervalMs, log }: FileWatchOptions): FileWatch {
  let current = text;
  let wrong: string | null = null;
  let reading = false;
  const look = async (): Promise<void> => {
    try {
      const next = await read();
      if (next !== current) {
        take(next);
        current = next;
        log('info', `${what} has changed`);
      }
      wrong = null;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (why !== wrong) log('error', `${what} cannot be used: what was valid before stays so`, { error: why });
      wrong = why;
    }
    onWrong(wrong !== null);
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
