/**
 * The users' tasks: running ones with their timers, and for a while those whose timer has fired, so that a late finish is known as late.
 * Bounded per user (`MAX_TASKS_PER_USER`) and in bytes (`MAX_TASKS_BYTES`); a finished task is forgotten at once.
 */
import type { Slice } from '../../infra/ports.ts';
import { LATE_MEMORY_MS, MAX_TASKS_BYTES, MAX_TASKS_PER_USER } from '../limits.ts';
import { createByteStore, type Slot } from './byteStore.ts';
import { createTaskHeap } from './taskHeap.ts';

export interface OpenTask {
  readonly status: 'open';
  readonly key: string;
  /** Milliseconds; it has not ended as long as the watermark is not past it. */
  readonly deadline: number;
  readonly user: string;
  readonly eventId: string;
  /** Milliseconds. */
  readonly startedAt: number;
  /** The signal of its start, as it was sent: what a timer's signals are made of. */
  readonly start: Slice;
  /** Of the catalog, as of the start. */
  readonly expectedMs: number | null;
}

interface AbandonedTask {
  readonly status: 'abandoned';
  readonly key: string;
  readonly user: string;
  readonly startedAt: number;
  /** Watermark of the timer's signals, milliseconds. */
  readonly firedAt: number;
}

export type Task = OpenTask | AbandonedTask;

export interface Tasks {
  get(key: string): Task | undefined;
  /** The task's timer is set, unless the user, or all together, have too many already: then the task is not remembered, and this is false. Its start is copied. */
  open(task: OpenTask): boolean;
  /** It has finished. */
  close(key: string): void;
  /** The first task whose deadline the watermark would be past. Its start is good until it is abandoned. */
  due(watermark: number): OpenTask | undefined;
  /** Its timer has fired, at a watermark that never falls from call to call. */
  abandon(task: OpenTask, firedAt: number): void;
  forget(watermark: number): void;
  /** Forgets the tasks of users who have been erased, and gives their number. */
  erase(covers: (userId: string, startedAt: number) => boolean): number;
  size(): { readonly open: number; readonly abandoned: number; readonly bytes: number };
  /** Keys changed since the last call, each with what it is now; undefined: gone. */
  changes(): (readonly [key: string, task: Task | undefined])[];
  /** What the changelog has, in any order; only into a new one. */
  restore(tasks: readonly Task[]): void;
}

/** The lengths make it unambiguous, whatever the ids contain. */
export const taskKey = (userId: string, taskId: string): string => `t/${userId.length}/${userId}/${taskId}`;

/** What a task takes besides its key and its start: objects, map entries, a place in the heap. Ours, by measurement (docs/decisions/0009). */
const TASK_BYTES = 576;

const bytesOf = (task: Task): number => TASK_BYTES + 2 * task.key.length + (task.status === 'open' ? task.start.to - task.start.from : 0);

/** Of a key: its task, null where it has gone since the last `changes`. */
interface Entry {
  readonly key: string;
  task: Task | null;
  /** Where the start of an open task lies. */
  start: Slot | null;
  /** The changelog has the key. */
  isWritten: boolean;
  isChanged: boolean;
}

/** A heap with this many more finished tasks than running ones is built anew. */
const STALE_TIMERS = 1_024;

export function createTasks(): Tasks {
  const entries = new Map<string, Entry>();
  const perUser = new Map<string, { tasks: number }>();
  const timers = createTaskHeap();
  const starts = createByteStore();
  /** By `firedAt`, since watermarks rise. */
  let fired: AbandonedTask[] = [];
  let forgotten = 0;
  let open = 0;
  let all = 0;
  let bytes = 0;
  let changed: Entry[] = [];

  const touch = (entry: Entry): void => {
    if (entry.isChanged) return;
    entry.isChanged = true;
    changed.push(entry);
  };
  const isKnown = (task: Task): boolean => entries.get(task.key)?.task === task;
  const set = (entry: Entry, task: Task): void => {
    const before = entry.task;
    if (before === null) {
      all += 1;
      const user = perUser.get(task.user);
      if (user === undefined) perUser.set(task.user, { tasks: 1 });
      else user.tasks += 1;
    }
    bytes += bytesOf(task) - (before === null ? 0 : bytesOf(before));
    open += (task.status === 'open' ? 1 : 0) - (before?.status === 'open' ? 1 : 0);
    letGo(entry);
    if (task.status === 'open') {
      const start = starts.put(task.start);
      const kept = { ...task, start };
      entry.start = start;
      entry.task = kept;
      timers.push(kept);
    } else {
      entry.task = task;
      fired.push(task);
    }
  };
  const letGo = (entry: Entry): void => {
    if (entry.start !== null) starts.giveBack(entry.start);
    entry.start = null;
  };
  const remove = (entry: Entry, task: Task): void => {
    touch(entry);
    letGo(entry);
    entry.task = null;
    all -= 1;
    bytes -= bytesOf(task);
    if (task.status === 'open') open -= 1;
    const user = perUser.get(task.user);
    if (user !== undefined && --user.tasks === 0) perUser.delete(task.user);
    if (timers.size() > 2 * open + STALE_TIMERS) timers.retain(isKnown);
  };
  const entryOf = (key: string): Entry => {
    let entry = entries.get(key);
    if (entry === undefined) {
      entry = { key, task: null, start: null, isWritten: false, isChanged: false };
      entries.set(key, entry);
    }
    return entry;
  };

  return {
    get: (key) => entries.get(key)?.task ?? undefined,
    open: (task) => {
      const known = entries.get(task.key);
      const before = known?.task ?? null;
      if (before === null && (perUser.get(task.user)?.tasks ?? 0) >= MAX_TASKS_PER_USER) return false;
      // An abandoned one that begins again stays as it is, then: its finish is late.
      if (bytes + bytesOf(task) - (before === null ? 0 : bytesOf(before)) > MAX_TASKS_BYTES) return false;
      const entry = known ?? entryOf(task.key);
      touch(entry);
      set(entry, task);
      return true;
    },
    close: (key) => {
      const entry = entries.get(key);
      if (entry !== undefined && entry.task !== null) remove(entry, entry.task);
    },
    due: (watermark) => {
      for (let task = timers.peek(); task !== undefined && task.deadline < watermark; task = timers.peek()) {
        if (isKnown(task)) return task;
        timers.pop();
      }
      return undefined;
    },
    abandon: (task, firedAt) => {
      const entry = entryOf(task.key);
      touch(entry);
      set(entry, { status: 'abandoned', key: task.key, user: task.user, startedAt: task.startedAt, firedAt });
    },
    forget: (watermark) => {
      for (let task = fired[forgotten]; task !== undefined && task.firedAt < watermark - LATE_MEMORY_MS; task = fired[forgotten]) {
        const entry = entries.get(task.key);
        if (entry?.task === task) remove(entry, task);
        forgotten += 1;
      }
      if (forgotten > STALE_TIMERS && forgotten * 2 > fired.length) {
        fired = fired.slice(forgotten);
        forgotten = 0;
      }
    },
    erase: (covers) => {
      let erased = 0;
      for (const entry of entries.values()) {
        if (entry.task === null || !covers(entry.task.user, entry.task.startedAt)) continue;
        remove(entry, entry.task);
        erased += 1;
      }
      return erased;
    },
    size: () => ({ open, abandoned: all - open, bytes }),
    changes: () => {
      const changes: (readonly [string, Task | undefined])[] = [];
      for (const entry of changed) {
        entry.isChanged = false;
        // What began and ended in between needs no record.
        if (entry.task !== null || entry.isWritten) changes.push([entry.key, entry.task ?? undefined]);
        entry.isWritten = entry.task !== null;
        if (entry.task === null) entries.delete(entry.key);
      }
      changed = [];
      return changes;
    },
    restore: (restored) => {
      const firedAtOf = (task: Task): number => (task.status === 'abandoned' ? task.firedAt : -1);
      const sorted = [...restored].sort((a, b) => firedAtOf(a) - firedAtOf(b) || (a.key < b.key ? -1 : 1));
      for (const task of sorted) {
        const entry = entryOf(task.key);
        entry.isWritten = true;
        set(entry, task);
      }
    },
  };
}
