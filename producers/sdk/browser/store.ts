/**
 * The journal of a browser: one IndexedDB of the origin and collector for all tabs. Each event is its tab's own; what a tab that is gone has left is taken over
 * in one transaction, so by one only. Where there is no IndexedDB (some private windows) events are in memory only.
 */
import type { Journal } from '../core/journal.ts';
import type { Entry } from '../core/queue.ts';
import { living } from './tabs.ts';

interface Kept extends Entry {
  readonly tab: string;
}

export interface StoreOptions {
  /** Of the database. */
  readonly name: string;
  readonly tab: string;
  readonly after: (ms: number, call: () => void) => () => void;
  readonly onFailure: (detail: string) => void;
}

const EVENTS = 'events';
/** What a browser that crashes may cost, and what a transaction gathers. */
const WRITE_MS = 50;

export function openStore({ name, tab, after, onFailure }: StoreOptions): Journal {
  let unwritten = new Map<string, Kept>();
  let settled: string[] = [];
  let scheduled: (() => void) | null = null;
  let database: IDBDatabase | null = null;
  const fail = (error: unknown): void => { onFailure(`IndexedDB: ${String(error)}`); };
  const opened = open(name).then((found) => {
    database = found;
    return write();
  }).catch(fail);

  /** Does `work` in a transaction of its own; null where there is no database. */
  const transact = (work: (events: IDBObjectStore) => void): Promise<void> | null => {
    if (database === null) return null;
    const transaction = database.transaction(EVENTS, 'readwrite', { durability: 'relaxed' });
    work(transaction.objectStore(EVENTS));
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => { resolve(); };
      transaction.onabort = () => { reject(transaction.error ?? new Error('aborted')); };
    });
  };

  const write = (): Promise<void> => {
    scheduled?.();
    scheduled = null;
    if (database === null || unwritten.size + settled.length === 0) return Promise.resolve();
    const [puts, deletes] = [[...unwritten.values()], settled];
    unwritten = new Map();
    settled = [];
    try {
      const done = transact((events) => {
        for (const one of puts) events.put(one);
        for (const id of deletes) events.delete(id);
        // Not left to the event loop: the page may be gone before it turns.
        events.transaction.commit();
      });
      return (done ?? Promise.resolve()).catch(fail);
    } catch (error) {
      fail(error);
      return Promise.resolve();
    }
  };
  const schedule = (): void => { scheduled ??= after(WRITE_MS, () => void write()); };

  return {
    add: ({ id, text }) => {
      unwritten.set(id, { id, text, tab });
      schedule();
    },
    remove: (entries) => {
      for (const { id } of entries) if (!unwritten.delete(id)) settled.push(id);
      schedule();
    },
    adopt: async (room) => {
      try {
        await opened;
        const alive = await living();
        const found: Entry[] = [];
        let chars = room.chars;
        await transact((events) => {
          events.openCursor().onsuccess = ({ target }) => {
            const cursor = (target as IDBRequest<IDBCursorWithValue | null>).result;
            if (cursor === null || found.length >= room.events) return;
            const { id, text, tab: owner } = cursor.value as Kept;
            if (owner !== tab && !alive.has(owner)) {
              chars -= text.length;
              if (chars < 0) return;
              found.push({ id, text });
              cursor.update({ id, text, tab } satisfies Kept);
            }
            cursor.continue();
          };
        });
        return found;
      } catch (error) {
        fail(error);
        return [];
      }
    },
    leave: () => void write(),
    clear: () => {
      unwritten.clear();
      settled = [];
      void opened.then(() => transact((events) => { events.clear(); })).catch(fail);
    },
    close: async () => {
      await opened;
      await write();
      database?.close();
      database = null;
    },
  };
}

function open(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => { request.result.createObjectStore(EVENTS, { keyPath: 'id' }); };
    request.onsuccess = () => { resolve(request.result); };
    request.onerror = () => { reject(request.error ?? new Error('not opened')); };
  });
}
