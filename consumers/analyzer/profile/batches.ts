/** Work over very many items, in batches between which the event loop turns: heartbeats and the process's other tasks go on, however many there are. */
import { setImmediate } from 'node:timers/promises';

/** Ours: some milliseconds of the dearest work that is done in batches. */
export const BATCH = 2_000;

/** Lets the event loop turn once. */
export type Turn = () => Promise<unknown>;

export async function inBatches<Item>(items: Iterable<Item>, each: (item: Item) => void, turn: Turn = setImmediate): Promise<void> {
  let done = 0;
  for (const item of items) {
    each(item);
    done += 1;
    if (done % BATCH === 0) await turn();
  }
}
