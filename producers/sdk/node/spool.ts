/**
 * The journal of a Node process: files of lines in a directory that many processes may name. Each appends to files of its own; a file goes once every event
 * in it is settled. What a dead process has left is taken over by renaming it, so by one only. It survives SIGKILL (but for the last milliseconds); it is not
 * synced, so not a power cut. A taken file whose events were acknowledged in part is sent in whole: the processor counts each once.
 */
import { appendFileSync, mkdirSync, unlinkSync } from 'node:fs';
import { appendFile, readFile, readdir, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Journal } from '../core/journal.ts';
import type { Entry } from '../core/queue.ts';
import { forget, isAlive, live } from './spoolOwner.ts';

export interface SpoolOptions {
  readonly directory: string;
  /** Unique to this tracker: hexadecimal. */
  readonly owner: string;
  readonly after: (ms: number, call: () => void) => () => void;
  readonly onFailure: (detail: string) => void;
}

interface File {
  readonly path: string;
  chars: number;
  /** Events in it that are not settled. */
  left: number;
  /** Nothing more is appended. */
  sealed: boolean;
}

const NAME = /^([0-9a-f]+)\.(?:\d+\.spool|sock)$/;
/** What a SIGKILL may cost, and what a write gathers. */
const WRITE_MS = 10;
const FILE_CHARS = 500_000;

export function openSpool({ directory, owner, after, onFailure }: SpoolOptions): Journal {
  /** Not on the disk yet, by id. */
  let unwritten = new Map<string, string>();
  let writing = new Map<string, string>();
  /** Settled while they were being written. */
  const settled = new Set<string>();
  const files = new Map<string, File>();
  let current: File | null = null;
  let count = 0;
  let scheduled: (() => void) | null = null;
  let running: Promise<void> = Promise.resolve();
  const unlinking = new Set<Promise<void>>();

  const fail = (error: unknown): void => { onFailure(`spool ${directory}: ${error instanceof Error ? error.message : String(error)}`); };
  // Once, at the start; so that even a process that ends at once finds a place.
  const made = new Promise((resolve) => { resolve(mkdirSync(directory, { recursive: true, mode: 0o700 })); });
  const ready = made.then(() => live(directory, owner)).catch((error: unknown) => {
    fail(error);
    return null;
  });

  const newPath = (): string => join(directory, `${owner}.${count++}.spool`);
  const dropIfDone = (file: File): void => {
    if (file.left > 0) return;
    if (file === current) current = null;
    const gone = unlink(file.path).catch(() => undefined).finally(() => { unlinking.delete(gone); });
    unlinking.add(gone);
  };
  const settle = (id: string): void => {
    if (unwritten.delete(id)) return;
    if (writing.has(id)) {
      settled.add(id);
      return;
    }
    const file = files.get(id);
    if (file === undefined) return;
    files.delete(id);
    file.left--;
    dropIfDone(file);
  };

  const writeOnce = async (): Promise<void> => {
    scheduled = null;
    if ((await ready) === null || unwritten.size === 0) return;
    [writing, unwritten] = [unwritten, new Map<string, string>()];
    const text = linesOf(writing);
    current ??= { path: newPath(), chars: 0, left: 0, sealed: false };
    const file = current;
    file.chars += text.length;
    file.left += writing.size;
    file.sealed = file.chars >= FILE_CHARS;
    for (const id of writing.keys()) files.set(id, file);
    try {
      await appendFile(file.path, text, { mode: 0o600 });
    } catch (error) {
      // They are in memory still. What comes later tries another file.
      fail(error);
      file.sealed = true;
    }
    writing = new Map();
    if (file.sealed) current = null;
    for (const id of settled) settle(id);
    settled.clear();
    // Erased while it was being written.
    dropIfDone(file);
  };
  const schedule = (): void => {
    scheduled ??= after(WRITE_MS, () => { running = running.then(writeOnce).then(() => { if (unwritten.size > 0) schedule(); }); });
  };

  /** The lines of a dead owner's file, if there is room for all of them and nobody else was faster. */
  const take = async (name: string, room: { events: number; chars: number }): Promise<readonly Entry[]> => {
    const text = await readFile(join(directory, name), 'utf8');
    const entries = text.length > room.chars ? null : entriesOf(text);
    if (entries === null || entries.length > room.events) return [];
    const path = newPath();
    await rename(join(directory, name), path);
    // The same may be in two files: see `leave`.
    const fresh = entries.filter(({ id }) => !files.has(id));
    const file: File = { path, chars: text.length, left: fresh.length, sealed: true };
    for (const { id } of fresh) files.set(id, file);
    dropIfDone(file);
    room.events -= fresh.length;
    room.chars -= text.length;
    return fresh;
  };

  const adopt: Journal['adopt'] = async (given) => {
    if ((await ready) === null) return [];
    const room = { ...given };
    const found: Entry[] = [];
    const names = (await readdir(directory).catch(() => [])).filter((name) => NAME.test(name)).sort();
    for (const other of new Set(names.map((name) => NAME.exec(name)?.[1] ?? ''))) {
      if (other === owner || (await isAlive(directory, other))) continue;
      // Another that adopts too may have it by now.
      for (const name of names.filter((one) => one.startsWith(`${other}.`) && one.endsWith('.spool'))) found.push(...(await take(name, room).catch(() => [])));
      await forget(directory, other);
    }
    return found;
  };

  return {
    add: ({ id, text }) => {
      unwritten.set(id, text);
      schedule();
    },
    remove: (entries) => { for (const { id } of entries) settle(id); },
    adopt,
    leave: () => {
      // What is being written may not be whole by the end: it is written again.
      const rest = new Map([...writing, ...unwritten]);
      for (const id of settled) rest.delete(id);
      if (rest.size === 0) return;
      try {
        appendFileSync(newPath(), linesOf(rest), { mode: 0o600 });
      } catch (error) {
        fail(error);
      }
    },
    clear: () => {
      unwritten.clear();
      for (const id of writing.keys()) settled.add(id);
      for (const file of new Set(files.values())) {
        file.left = 0;
        try {
          unlinkSync(file.path);
        } catch {
          // Not written yet, or gone.
        }
      }
      files.clear();
      current = null;
    },
    close: async () => {
      scheduled?.();
      running = running.then(writeOnce);
      await running;
      // While it still lives: an heir would send again what is in a file that is about to go.
      await Promise.all(unlinking);
      await (await ready)?.();
    },
  };
}

const linesOf = (texts: ReadonlyMap<string, string>): string => [...texts.values()].map((text) => `${text}\n`).join('');

/** A line that was cut off when its process died is no event; it had not been said to be kept. */
function entriesOf(text: string): Entry[] {
  return text.split('\n').flatMap((line) => {
    try {
      const { event_id: id } = JSON.parse(line) as { event_id?: unknown };
      return typeof id === 'string' ? [{ id, text: line }] : [];
    } catch {
      return [];
    }
  });
}
