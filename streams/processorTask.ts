/**
 * The processor of one partition of platform.events: from records to a transaction's worth of signals, dead letters, changelog and position.
 * Steps bound the work; they do not show in what comes out, but for the progress record that ends each.
 */
import type { InRecord, Position, Task, TaskContext, TopicPartition, Work } from '../infra/ports.ts';
import { DecodeError, UnknownSchemaError, type RecordCodec } from '../schemas/codec.ts';
import { NOBODY_ERASED, type Erasures } from '../schemas/erasures.ts';
import { topicName } from '../schemas/topics.ts';
import type { GlobalTables } from './globalTables.ts';
import { DEAD_LETTER_LIMIT, MAX_REMEMBERED_EVENTS, MAX_STEP_BYTES, MAX_STEP_RECORDS, NO_WATERMARK, PROBE_RECORDS } from './limits.ts';
import { DeadLetterLimitError, type Share } from './state/breaker.ts';
import { createState, readChangelog } from './state/state.ts';
import { undecodable } from './steps/decode.ts';
import { createRoute } from './steps/route.ts';
import { createTopology, type Counts } from './topology.ts';

export interface ProcessorOptions {
  readonly app: string;
  readonly codec: RecordCodec;
  readonly tables: GlobalTables;
  readonly erasures?: Erasures;
  /** Of platform.events, fixed for its life. */
  readonly partitions: number;
  readonly dedupeWindowMs: number;
  /** Event ids remembered at most. */
  readonly dedupeMaxEvents?: number;
  /** Share of dead letters beyond which the partition halts; 1: never. */
  readonly deadLetterLimit?: number;
  /** Records of a step; for tests. */
  readonly stepRecords?: number;
}

export interface ProcessorStatus {
  readonly partition: number;
  readonly watermark: number | null;
  readonly through: number;
  readonly waiting: number;
  readonly rememberedEvents: number;
  readonly openTasks: number;
  readonly abandonedTasks: number;
  /** Memory of open and abandoned tasks, about. */
  readonly taskBytes: number;
  /** Since the task was opened here. */
  readonly counts: Readonly<Counts>;
}

export interface ProcessorTask extends Task {
  status(): ProcessorStatus;
}

/** Records that have been taken are let go of this many at a time. */
const COMPACT_AT = 4_096;

export function createProcessorTask(options: ProcessorOptions, { inputs, log, wake = () => undefined }: Pick<TaskContext, 'inputs' | 'log'> & Partial<Pick<TaskContext, 'wake'>>): ProcessorTask {
  const { app, codec, tables, erasures = NOBODY_ERASED, partitions, dedupeWindowMs, dedupeMaxEvents = MAX_REMEMBERED_EVENTS, deadLetterLimit = DEAD_LETTER_LIMIT, stepRecords = MAX_STEP_RECORDS } = options;
  const [input] = inputs;
  if (input === undefined || inputs.length !== 1) throw new Error(`a processor task has one partition of platform.events, not ${inputs.length} inputs`);
  const { topic, partition } = input;
  const counts: Counts = { records: 0, events: 0, clocks: 0, signals: 0, duplicates: 0, erased: 0, timersFired: 0, tasksNotTracked: 0, deadLetters: {} };
  const state = createState(codec, { dedupeWindowMs, dedupeMaxEvents, deadLetterLimit });
  const route = createRoute(codec, app, partition);
  const topology = createTopology({ codec, partition, partitions, dedupeWindowMs, metadata: tables, erased: erasures, state, route, counts });
  const queue: InRecord[] = [];
  /** Records of `queue` before it have been taken. */
  let head = 0;
  let through = 0;
  let commits = 0;
  /** Of the erasures that the tasks have been gone through for. */
  let erasedVersion = 0;
  const unfollow = erasures.onArrival(wake);

  async function open(committed: readonly Position[]): Promise<void> {
    const progress = await state.restore(await readChangelog(log, topicName('processorChangelog', app), partition));
    const position = committed.find((one) => one.topic === topic && one.partition === partition);
    through = Math.max(progress?.through ?? 0, position?.offset ?? 0);
    commits = progress?.n ?? 0;
    const claimed = throughOf(position?.metadata ?? '');
    // Both are of one transaction. Where the group's offset has expired or was set back, the changelog knows what has been taken; the other
    // way round the state is missing, and going on would count events twice.
    if (claimed > (progress?.through ?? 0)) {
      throw new Error(`processor ${partition}: the group has taken platform.events up to ${claimed}, its changelog only up to ${progress?.through ?? 0}: the changelog was deleted or truncated; restore the topic, or replay with a new CHOKEPOINT_APP`);
    }
  }

  async function step(): Promise<Work | null> {
    const { breaker } = state;
    // Halted: a few records tell whether the cause is mended. What is done with them counts only if they are better.
    const isProbe = breaker.isOpen();
    const end = Math.min(queue.length, head + (isProbe ? PROBE_RECORDS : stepRecords));
    if (head === end && erasures.version() === erasedVersion) return null;
    route.begin();
    const before = breaker.share();
    if (isProbe) breaker.restore({ records: 0, dead: 0 });
    // Only of records that are here already is it known that their metadata is there by now; those that come meanwhile wait for the next step.
    await Promise.all([tables.catchUp(), erasures.catchUp()]);
    if (eraseTasks() === 0 && head === end) return null;
    // What the registry does not know is asked for once a step, however many records name it.
    const unknown = new Map<number, DecodeError>();
    while (head < end && route.bytes() < MAX_STEP_BYTES && !breaker.isOpen()) {
      const record = queue[head];
      if (record === undefined) break;
      try {
        topology.take(record);
      } catch (error) {
        if (!(error instanceof UnknownSchemaError) || record.value === null) throw error;
        const failure = unknown.get(error.id) ?? (await load(record.value));
        if (failure === null) continue;
        unknown.set(error.id, failure);
        topology.refuse(record, undecodable(failure.message));
      }
      head += 1;
      counts.records += 1;
      through = record.offset + 1;
    }
    compact();
    if (isProbe) judge(before);
    return work();
  }

  /** At each opening and with each erasure: what a user has begun before it must not end in a signal. */
  function eraseTasks(): number {
    if (erasures.version() === erasedVersion) return 0;
    erasedVersion = erasures.version();
    return erasures.concerns(partition) ? state.tasks.erase((user, at) => erasures.covers(user, at)) : 0;
  }

  function judge(before: Share): void {
    const { records, dead } = state.breaker.share();
    if (dead > deadLetterLimit * records) throw new DeadLetterLimitError(partition, before, Object.keys(counts.deadLetters).join(', '));
    // Too few to know: what follows is tried as carefully.
    if (records < PROBE_RECORDS) state.breaker.restore(before);
  }

  /** Null where the schema is there now. A registry that does not answer throws: the task is opened again later, and nothing is lost. */
  async function load(bytes: Buffer): Promise<DecodeError | null> {
    try {
      await codec.load(bytes);
      return null;
    } catch (error) {
      if (error instanceof DecodeError) return error;
      throw error;
    }
  }

  function work(): Work {
    const progress = { through, watermark: state.watermark(), n: ++commits };
    // Before the first watermark there is no signal to order, and no time to tell.
    if (progress.watermark !== NO_WATERMARK) route.progress(through - 1, progress.watermark);
    route.changelog(state.changes(progress));
    return { outputs: route.take(), positions: [{ topic, partition, offset: through, metadata: JSON.stringify(progress) }] };
  }

  function compact(): void {
    if (head < COMPACT_AT && head < queue.length) return;
    queue.splice(0, head);
    head = 0;
  }

  return {
    open,
    step,
    accept: (records) => {
      for (const record of records) if (record.offset >= through) queue.push(record);
    },
    backlog: (of: TopicPartition) => (of.topic === topic && of.partition === partition ? queue.length - head : 0),
    close: () => {
      unfollow();
      queue.length = 0;
    },
    status: () => {
      const { open: openTasks, abandoned: abandonedTasks, bytes: taskBytes } = state.tasks.size();
      return { partition, watermark: state.watermark() === NO_WATERMARK ? null : state.watermark(), through, waiting: queue.length - head, rememberedEvents: state.events.size(), openTasks, abandonedTasks, taskBytes, counts };
    },
  };
}

/** What the position of the last commit says; 0 where there is none. */
function throughOf(metadata: string): number {
  if (metadata === '') return 0;
  const { through } = JSON.parse(metadata) as { through?: unknown };
  return typeof through === 'number' ? through : 0;
}
