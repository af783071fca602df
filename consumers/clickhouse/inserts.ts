/** Inserts of all tasks of this process: a few at a time, so that a small ClickHouse is not flooded, and what became of them, for health. */
import type { ClickHouse } from '../../infra/ports.ts';
import type { Log } from '../../infra/service/log.ts';
import { quoted } from './ddl.ts';
import type { Block } from './native/block.ts';
import type { Target } from './rows.ts';
import type { SinkDependencies } from './sinkTask.ts';

/** Ours: a small ClickHouse has something to do while another waits for its answer. */
const INSERTS_AT_ONCE = 2;
/** Ours: rows are written for one insert while others are under way. Bounds the memory of blocks, however many partitions there are. */
const BLOCKS_AT_ONCE = INSERTS_AT_ONCE + 1;

export interface Inserts {
  readonly withBlock: SinkDependencies['withBlock'];
  readonly insert: SinkDependencies['insert'];
  /** Per table whose last attempt failed: since when (epoch ms), and why. */
  trouble(): ReadonlyMap<string, { readonly since: number; readonly why: string }>;
  rows(): number;
}

export interface InsertObserver {
  readonly inserted: (table: string, rows: number, seconds: number) => void;
  readonly failed: (table: string) => void;
}

export function createInserts(clickhouse: ClickHouse, database: string, { now, log, observer }: { now: () => number; log: Log; observer: InsertObserver }): Inserts {
  const enter = createSlots(INSERTS_AT_ONCE);
  const trouble = new Map<string, { since: number; why: string }>();
  let inserted = 0;
  return {
    withBlock: createBlocks(BLOCKS_AT_ONCE),
    insert: (target, block, token) =>
      enter(async () => {
        const began = now();
        try {
          await clickhouse.insertBlock(`${quoted(database)}.${quoted(target.table)}`, block, token);
        } catch (cause) {
          const why = cause instanceof Error ? cause.message : String(cause);
          const before = trouble.get(target.table);
          if (before === undefined) log('warn', 'clickhouse does not take rows: waiting and trying again', { table: target.table, why });
          trouble.set(target.table, { since: before?.since ?? began, why });
          observer.failed(target.table);
          throw cause;
        }
        const over = trouble.get(target.table);
        if (over !== undefined) log('info', 'clickhouse takes rows again', { table: target.table, after_ms: now() - over.since });
        trouble.delete(target.table);
        inserted += block.rows;
        observer.inserted(target.table, block.rows, (now() - began) / 1_000);
      }),
    trouble: () => trouble,
    rows: () => inserted,
  };
}

/** Blocks to write rows into, `count` at once; what they have for memory serves again. */
export function createBlocks(count: number): SinkDependencies['withBlock'] {
  const enter = createSlots(count);
  const idle = new Map<Target, Block[]>();
  return (target, work) =>
    enter(async () => {
      const block = idle.get(target)?.pop() ?? target.block();
      const done = await work(block);
      // Of an insert that has failed nobody knows who still reads the block: it must not change any more.
      if (!done) return false;
      block.clear();
      idle.set(target, [...(idle.get(target) ?? []), block]);
      return true;
    });
}

/** Runs at most `count` at once, in the order in which they came. */
function createSlots(count: number): <T>(work: () => Promise<T>) => Promise<T> {
  let free = count;
  const queue: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => queue.push(resolve));
    try {
      return await work();
    } finally {
      const next = queue.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
