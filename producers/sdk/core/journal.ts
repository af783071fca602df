/** Where events outlive the process or page: a spool in Node, IndexedDB in a browser. Nothing here throws; what goes wrong is told once to `onProblem`. */
import type { Entry } from './queue.ts';

export interface Journal {
  /** Takes note within milliseconds. */
  add(entry: Entry): void;
  /** These need not be kept any more. */
  remove(entries: readonly Entry[]): void;
  /** What others have left behind when they ended, as much as there is room for; from now on it is ours. Empty where there is none. */
  adopt(room: { readonly events: number; readonly chars: number }): Promise<readonly Entry[]>;
  /** Takes note of everything now, without waiting: the process or page ends. */
  leave(): void;
  /** Erases what is kept: in a browser all of the origin's, in Node this process's. */
  clear(): void;
  /** Resolves once what is ours is kept, for others to adopt. */
  close(): Promise<void>;
}
