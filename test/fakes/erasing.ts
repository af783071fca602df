/** Erasures as a process knows them, without a topic: `erase` is what has just been read. */
import { createErasureTable, erasureRecord, type Erasures } from '../../schemas/erasures.ts';

export interface Erasing extends Erasures {
  /** `now`: epoch milliseconds; what happened up to five minutes later is erased. */
  erase(userId: string, now: number, partitions?: number, usersBefore?: number): void;
}

export function erasing(): Erasing {
  const table = createErasureTable(null);
  const listeners = new Set<() => void>();
  return {
    ...table,
    catchUp: () => Promise.resolve(),
    onArrival: (listener) => {
      listeners.add(listener);
      return () => { listeners.delete(listener); };
    },
    erase: (userId, now, partitions = 1, usersBefore = 0) => {
      const { key, value } = erasureRecord(userId, { now, partitions, usersBefore, secret: null });
      table.add(key, value);
      for (const listener of listeners) listener();
    },
  };
}
