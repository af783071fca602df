/**
 * Everything that the processor of a partition remembers, and how it is in the changelog: `w` (watermark, offset, commits, breaker, floors), `t/…` tasks,
 * `d/…` event ids, `o/…` origins of replayed dead letters. Nothing is remembered that is not there. All of it is a function of the
 * log up to `through`, so it changes with records only, never with a step's end.
 */
import type { InRecord, LogReader } from '../../infra/ports.ts';
import { UnknownSchemaError, type RecordCodec } from '../../schemas/codec.ts';
import { MAX_REMEMBERED_ORIGINS, NO_WATERMARK, ORIGIN_BUCKET_MS, ORIGIN_MEMORY_MS, SEEN_BUCKET_MS } from '../limits.ts';
import { createBreaker, type Breaker, type Share } from './breaker.ts';
import { createSeen, type Change, type Seen } from './seen.ts';
import { decodeTask, encodeTask, startBytes } from './taskRecords.ts';
import { createTasks, type Task, type Tasks } from './tasks.ts';

/** How far the processor is, as committed. */
export interface Progress {
  /** platform.events: the next offset not yet taken. */
  readonly through: number;
  readonly watermark: number;
  /** Commits so far. */
  readonly n: number;
}

export interface State {
  readonly events: Seen;
  readonly origins: Seen;
  readonly tasks: Tasks;
  readonly breaker: Breaker;
  watermark(): number;
  /** Moves the watermark on, and forgets what it has left behind. Timers must have fired. */
  advance(watermark: number): void;
  /** What has changed since the last call, for the changelog. */
  changes(progress: Progress): Change[];
}

export interface StateOptions {
  readonly dedupeWindowMs: number;
  /** Event ids remembered at most. */
  readonly dedupeMaxEvents: number;
  /** Share of dead letters beyond which the partition halts. */
  readonly deadLetterLimit: number;
}

/** What is in the changelog's progress record besides. */
interface Extras {
  readonly breaker: Share;
  /** Of events and of origins: present only where they are not null. */
  readonly floor?: number;
  readonly originFloor?: number;
}

export function createState(codec: RecordCodec, { dedupeWindowMs, dedupeMaxEvents, deadLetterLimit }: StateOptions): State & { restore(records: ReadonlyMap<string, Buffer>): Promise<Progress | null> } {
  const events = createSeen('d', SEEN_BUCKET_MS, dedupeMaxEvents);
  const origins = createSeen('o', ORIGIN_BUCKET_MS, MAX_REMEMBERED_ORIGINS);
  const tasks = createTasks();
  const breaker = createBreaker(deadLetterLimit);
  let watermark = NO_WATERMARK;

  const advance = (to: number): void => {
    watermark = to;
    events.forgetBefore(to - dedupeWindowMs);
    origins.forgetBefore(to - ORIGIN_MEMORY_MS);
    tasks.forget(to);
  };

  const extras = (): Extras => {
    const [floor, originFloor] = [events.floor(), origins.floor()];
    return { breaker: breaker.share(), ...(floor === null ? {} : { floor }), ...(originFloor === null ? {} : { originFloor }) };
  };

  return {
    events,
    origins,
    tasks,
    breaker,
    watermark: () => watermark,
    advance,
    changes: (progress) => [
      ...tasks.changes().map(([key, task]) => ({ key, value: task === undefined ? null : encodeTask(task) })),
      ...events.changes(),
      ...origins.changes(),
      { key: PROGRESS_KEY, value: Buffer.from(JSON.stringify({ v: 1, ...progress, ...extras() })) },
    ],
    restore: async (records) => {
      const chunks: Record<'d' | 'o', [string, Buffer][]> = { d: [], o: [] };
      const known: Task[] = [];
      for (const [key, value] of records) {
        if (key.startsWith('t/')) known.push(await readTask(codec, key, value));
        else if (key.startsWith('d/')) chunks.d.push([key, value]);
        else if (key.startsWith('o/')) chunks.o.push([key, value]);
        else if (key !== PROGRESS_KEY) throw new Error(`processor.changelog: unknown key ${key}: was it written by a newer version?`);
      }
      const { progress, extras: found } = progressOf(records.get(PROGRESS_KEY));
      events.restore(chunks.d, found.floor ?? null);
      origins.restore(chunks.o, found.originFloor ?? null);
      tasks.restore(known);
      // A changelog of an earlier version has none.
      if (found.breaker !== undefined) breaker.restore(found.breaker);
      if (progress !== null && progress.watermark !== NO_WATERMARK) advance(progress.watermark);
      return progress;
    },
  };
}

const PROGRESS_KEY = 'w';

async function readTask(codec: RecordCodec, key: string, value: Buffer): Promise<Task> {
  try {
    return decodeTask(codec, key, value);
  } catch (error) {
    // Written by another version of the schema than this process has.
    const start = startBytes(value);
    if (!(error instanceof UnknownSchemaError) || start === null) throw error;
    await codec.load(start);
    return decodeTask(codec, key, value);
  }
}

function progressOf(value: Buffer | undefined): { readonly progress: Progress | null; readonly extras: Partial<Extras> } {
  if (value === undefined) return { progress: null, extras: {} };
  const { v, through, watermark, n, ...extras } = JSON.parse(value.toString()) as Partial<Progress> & Partial<Extras> & { v?: unknown };
  if (v !== 1 || through === undefined || watermark === undefined || n === undefined) throw new Error(`processor.changelog: the progress has version ${String(v)}, this version reads 1: was it written by a newer one?`);
  return { progress: { through, watermark, n }, extras };
}

/** The changelog of a partition, newest value per key: read whole, since a compacted topic's end is only as old as its last commit. */
export async function readChangelog(log: LogReader, topic: string, partition: number): Promise<Map<string, Buffer>> {
  const end = (await log.ends(topic))[partition];
  if (end === undefined) throw new Error(`${topic} has no partition ${partition}: it must have as many as platform.events`);
  const records = new Map<string, Buffer>();
  for await (const batch of log.read({ topic, partition, offset: 0 }, end)) for (const record of batch) apply(records, record);
  return records;
}

function apply(records: Map<string, Buffer>, { key, value }: InRecord): void {
  if (key === null) return;
  if (value === null) records.delete(key.toString());
  else records.set(key.toString(), value);
}
