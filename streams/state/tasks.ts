/**
 * The users' tasks: running ones with their timers, and for a while those whose timer has fired, so that a late finish is known as late.
 * Bounded per user (`MAX_TASKS_PER_USER`) and in bytes (`MAX_TASKS_BYTES`); a finished task is forgotten at once.
 */
import { LATE_MEMORY_MS, MAX_TASKS_BYTES, MAX_TASKS_PER_USER } from '../limits.ts';
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
  /** The signal of its start, as it was sent: what a timer's signals are made of. Memory of its own, not a part of a larger block. */
  readonly start: Buffer;
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
  /** The task's timer is set, unless the user, or all together, have too many already: then the task is not remembered, and this is false. */
  open(task: OpenTask): boolean;
  /** It has finished. */
  close(key: string): void;
  /** The first task whose deadline the watermark would be past. */
  due(watermark: number): OpenTask | undefined;
  /** Its timer has fired, at a watermark that never falls from call to call. */
  abandon(task: OpenTask, firedAt: number): void;
  forget(watermark: number): void;
  size(): { readonly open: number; readonly abandoned: number; readonly bytes: number };
  /** Keys changed since the last call, each with what it is now; undefined: gone. */
  changes(): (readonly [key: string, task: Task | undefined])[];
  /** What the changelog has, in any order; only into a new one. */
  restore(tasks: readonly Task[]): void;
}

/** The lengths make it unambiguous, whatever the ids contain. */
export const taskKey = (userId: string, taskId: string): string => `t/${userId.length}/${userId}/${taskId}`;

/** What a task takes besides its key and its start: objects, map entries, a place in the heap. Ours, by measurement (docs/decisions/0009). */
const TASK_BYTES = 512;

const bytesOf = (task: Task): number => TASK_BYTES + 2 * task.key.length + (task.status === 'open' ? task.start.length : 0);

/** A heap with this many more finished tasks than running ones is built anew. */
const STALE_TIMERS = 1_024;

export function createTasks(): Tasks {
  const tasks = new Map<string, Task>();
  const perUser = new Map<string, number>();
  const timers = createTaskHeap();
  /** By `firedAt`, since watermarks rise. */
  let fired: AbandonedTask[] = [];
  let forgotten = 0;
  let open = 0;
  let bytes = 0;
  /** Changed keys; whether the changelog has the key from before. */
  const changed = new Map<string, boolean>();
  const written = new Set<string>();

  const touch = (key: string): void => {
    if (!changed.has(key)) changed.set(key, written.has(key));
  };
  const set = (task: Task): void => {
    const before = tasks.get(task.key);
    if (before === undefined) perUser.set(task.user, (perUser.get(task.user) ?? 0) + 1);
    bytes += bytesOf(task) - (before === undefined ? 0 : bytesOf(before));
    open += (task.status === 'open' ? 1 : 0) - (before?.status === 'open' ? 1 : 0);
    tasks.set(task.key, task);
    if (task.status === 'open') timers.push(task);
    else fired.push(task);
  };
  const remove = (task: Task): void => {
    touch(task.key);
    tasks.delete(task.key);
    bytes -= bytesOf(task);
    if (task.status === 'open') open -= 1;
    const left = (perUser.get(task.user) ?? 0) - 1;
    if (left > 0) perUser.set(task.user, left);
    else perUser.delete(task.user);
    if (timers.size() > 2 * open + STALE_TIMERS) timers.retain((timer) => tasks.get(timer.key) === timer);
  };

  return {
    get: (key) => tasks.get(key),
    open: (task) => {
      if (!tasks.has(task.key) && ((perUser.get(task.user) ?? 0) >= MAX_TASKS_PER_USER || bytes + bytesOf(task) > MAX_TASKS_BYTES)) return false;
      touch(task.key);
      set(task);
      return true;
    },
    close: (key) => {
      const task = tasks.get(key);
      if (task !== undefined) remove(task);
    },
    due: (watermark) => {
      for (let task = timers.peek(); task !== undefined && task.deadline < watermark; task = timers.peek()) {
        if (tasks.get(task.key) === task) return task;
        timers.pop();
      }
      return undefined;
    },
    abandon: (task, firedAt) => {
      touch(task.key);
      set({ status: 'abandoned', key: task.key, user: task.user, startedAt: task.startedAt, firedAt });
    },
    forget: (watermark) => {
      for (let task = fired[forgotten]; task !== undefined && task.firedAt < watermark - LATE_MEMORY_MS; task = fired[forgotten]) {
        if (tasks.get(task.key) === task) remove(task);
        forgotten += 1;
      }
      if (forgotten > STALE_TIMERS && forgotten * 2 > fired.length) {
        fired = fired.slice(forgotten);
        forgotten = 0;
      }
    },
    size: () => ({ open, abandoned: tasks.size - open, bytes }),
    changes: () => {
      const changes: (readonly [string, Task | undefined])[] = [];
      for (const [key, wasWritten] of changed) {
        const task = tasks.get(key);
        if (task === undefined && !wasWritten) continue;
        changes.push([key, task]);
        if (task === undefined) written.delete(key);
        else written.add(key);
      }
      changed.clear();
      return changes;
    },
    restore: (all) => {
      const firedAtOf = (task: Task): number => (task.status === 'abandoned' ? task.firedAt : -1);
      const sorted = [...all].sort((a, b) => firedAtOf(a) - firedAtOf(b) || (a.key < b.key ? -1 : 1));
      for (const task of sorted) {
        set(task);
        written.add(task.key);
      }
    },
  };
}
