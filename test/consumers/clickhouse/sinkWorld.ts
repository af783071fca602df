/** The sink's tasks on Kafka in memory, with a ClickHouse of a few lines that deduplicates by token, and faults at every point. */
import { runTasks, type TaskLoop } from '../../../infra/kafka/taskLoop.ts';
import type { Kafka, Position } from '../../../infra/ports.ts';
import { createCodec, type RecordCodec } from '../../../schemas/codec.ts';
import { createBlocks } from '../../../consumers/clickhouse/inserts.ts';
import { targets } from '../../../consumers/clickhouse/rows.ts';
import type { Limits } from '../../../consumers/clickhouse/plan.ts';
import { createSinkTask, type Clock } from '../../../consumers/clickhouse/sinkTask.ts';
import { createMemoryKafka, type MemoryKafka } from '../../fakes/memoryKafka.ts';
import { rowsOf, type NativeRow } from './nativeReader.ts';
import { memorySchemas } from '../../fakes/schemas.ts';
import { silent } from '../../driver/world.ts';

export type Point = 'before insert' | 'after insert' | 'before commit' | 'after commit';

export interface SinkWorld {
  readonly kafka: MemoryKafka;
  readonly codec: RecordCodec;
  /** Blocks in the order in which they were taken, one per token. */
  readonly blocks: Map<string, { readonly table: string; readonly rows: readonly NativeRow[] }>;
  /** Every attempt, by its token, with the bytes that ClickHouse would get. */
  readonly attempts: { readonly token: string; readonly bytes: Buffer }[];
  /** Every commit, in order. */
  readonly commits: Position[];
  /** Throws where a fault is wanted; a promise that never settles is a process that is gone. */
  fault: (point: Point, what: Position | string) => void | Promise<void>;
  readonly unreadable: number[];
  start(topics: readonly string[], limits?: Partial<Limits>): Promise<TaskLoop>;
}

const LIMITS: Limits = { records: 7, bytes: 1e6, lingerMs: 500, intervalMs: 2_000 };

/** Time that jumps to whatever is waited for, as soon as nothing else is to be done. */
export function jumpingClock(): Clock {
  let time = 0;
  return {
    now: () => time,
    after: (ms, call) => {
      const at = time + ms;
      const handle = setImmediate(() => {
        time = Math.max(time, at);
        call();
      });
      return () => { clearImmediate(handle); };
    },
  };
}

export async function sinkWorld(): Promise<SinkWorld> {
  const kafka = createMemoryKafka({ partitions: 2, maxBatch: 5 });
  const codec = await createCodec(memorySchemas(), ['PlatformEvent', 'ActionSignal', 'User', 'Challenge']);
  const world: SinkWorld = {
    kafka, codec,
    blocks: new Map(), attempts: [], commits: [], unreadable: [],
    fault: () => undefined,
    start: (topics, limits = {}) => runTasks(watched(kafka, world), {
      group: 'sink', topics, assignment: 'each', commit: 'offsets',
      create: (context) => {
        const target = targets('').get(context.inputs[0]?.topic ?? '');
        if (target === undefined) throw new Error(`no target for ${context.id}`);
        return createSinkTask(context, target, {
          codec, clock: jumpingClock(), limits: { ...LIMITS, ...limits },
          onUnreadable: ({ offset }) => { world.unreadable.push(offset); },
          withBlock: createBlocks(2),
          insert: async ({ table }, block, token) => {
            const rows = rowsOf(block);
            world.attempts.push({ token, bytes: Buffer.concat(block.pieces()) });
            await world.fault('before insert', token);
            if (!world.blocks.has(token)) world.blocks.set(token, { table, rows });
            await world.fault('after insert', token);
          },
        });
      },
    }, { app: '', log: silent, firstRetryMs: 1 }),
  };
  return world;
}

function watched(kafka: Kafka, world: SinkWorld): Kafka {
  return {
    ...kafka,
    consumer: async (options) => {
      const consumer = await kafka.consumer(options);
      return {
        ...consumer,
        commit: async (positions) => {
          for (const position of positions) await world.fault('before commit', position);
          await consumer.commit(positions);
          world.commits.push(...positions);
          for (const position of positions) await world.fault('after commit', position);
        },
      };
    },
  };
}
