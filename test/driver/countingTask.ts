/**
 * A small task with state, for tests of the loop: it counts words per key and says each new count. Its output is right only if every record is taken
 * once and its state is what the committed changelog says.
 */
import type { OutRecord, Position, Task, TaskContext, TaskGroup } from '../../infra/ports.ts';

const COUNTING = { group: 'counting', topics: ['words'], assignment: 'co-partitioned', commit: 'transaction' } as const;

export interface CountingOptions {
  /** Records per step. */
  readonly batch: number;
  /** Goes before the names of the topics and the group. */
  readonly prefix?: string;
  /** Called in each step, before the work is returned. */
  readonly onStep?: () => void | Promise<void>;
  readonly onOpen?: (context: TaskContext, committed: readonly Position[]) => void;
  readonly onClose?: (context: TaskContext) => void;
}

export function countingGroup(options: CountingOptions): TaskGroup {
  const { prefix = '' } = options;
  return { ...COUNTING, group: `${prefix}${COUNTING.group}`, topics: COUNTING.topics.map((topic) => `${prefix}${topic}`), create: (context) => countingTask(context, options) };
}

function countingTask(context: TaskContext, { batch, prefix = '', onStep, onOpen, onClose }: CountingOptions): Task {
  const partition = Number(context.id);
  const counts = new Map<string, number>();
  const queue: { key: string; offset: number }[] = [];
  let commits = 0;
  return {
    open: async (committed) => {
      onOpen?.(context, committed);
      const ends = await context.log.ends(`${prefix}changelog`);
      for await (const records of context.log.read({ topic: `${prefix}changelog`, partition, offset: 0 }, ends[partition] ?? 0)) {
        for (const { key, value } of records) counts.set(String(key), Number(String(value)));
      }
      commits = committed[0]?.metadata ? Number(committed[0].metadata) : 0;
    },
    accept: (records) => {
      for (const { key, offset } of records) queue.push({ key: String(key), offset });
    },
    step: async () => {
      const taken = queue.splice(0, batch);
      const last = taken.at(-1);
      if (last === undefined) return null;
      const outputs: OutRecord[] = [];
      for (const { key } of taken) {
        const count = (counts.get(key) ?? 0) + 1;
        counts.set(key, count);
        outputs.push({ topic: `${prefix}counts`, partition, key, value: Buffer.from(String(count)) });
      }
      for (const key of new Set(taken.map(({ key: each }) => each))) outputs.push({ topic: `${prefix}changelog`, partition, key, value: Buffer.from(String(counts.get(key))) });
      await onStep?.();
      return { outputs, positions: [{ topic: `${prefix}words`, partition, offset: last.offset + 1, metadata: String(++commits) }] };
    },
    backlog: () => queue.length,
    ...(onClose === undefined ? {} : { close: () => { onClose(context); } }),
  };
}
