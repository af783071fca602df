/** Open tasks by deadline, then event_id (semantics 2), then user and task, so that the order never depends on how they came in. A binary heap. */
import type { OpenTask } from './tasks.ts';

export interface TaskHeap {
  push(task: OpenTask): void;
  /** The first in order. */
  peek(): OpenTask | undefined;
  pop(): void;
  size(): number;
  /** Keeps only these. */
  retain(keep: (task: OpenTask) => boolean): void;
}

function before(a: OpenTask, b: OpenTask): boolean {
  if (a.deadline !== b.deadline) return a.deadline < b.deadline;
  if (a.eventId !== b.eventId) return a.eventId < b.eventId;
  return a.key < b.key;
}

export function createTaskHeap(): TaskHeap {
  let heap: OpenTask[] = [];

  const rise = (from: number, task: OpenTask): void => {
    let at = from;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || !before(task, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = task;
  };
  const sink = (from: number, task: OpenTask): void => {
    let at = from;
    for (;;) {
      let below = at * 2 + 1;
      let child = heap[below];
      if (child === undefined) break;
      const other = heap[below + 1];
      if (other !== undefined && before(other, child)) {
        below += 1;
        child = other;
      }
      if (!before(child, task)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = task;
  };

  return {
    push: (task) => {
      heap.push(task);
      rise(heap.length - 1, task);
    },
    peek: () => heap[0],
    pop: () => {
      const last = heap.pop();
      if (last !== undefined && heap.length > 0) sink(0, last);
    },
    size: () => heap.length,
    retain: (keep) => {
      heap = heap.filter(keep);
      for (let at = (heap.length >> 1) - 1; at >= 0; at--) {
        const task = heap[at];
        if (task !== undefined) sink(at, task);
      }
    },
  };
}
