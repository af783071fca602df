/**
 * The life of one task on this member: open, step, commit, and after any failure again from what is committed. Invariants:
 *
 * - The task sees each committed record of its inputs once, in offset order, from the committed position on: inputs stay paused until the task is
 *   open, then the consumer is sent to the committed positions; what is below the next expected offset is dropped.
 * - Outputs, changelog and positions take effect together or not at all. What `step` did to the task's memory counts only if the commit succeeded:
 *   otherwise the task is thrown away (docs/decisions/0003).
 * - Another member may have had the task in between, or have it now, without our knowing. It has then opened a producer with our transactional
 *   id, which fences ours: our next commit fails and leaves nothing. Correctness rests on this fence, not on what this member believes.
 */
import type { GroupConsumer, InRecord, Kafka, Position, Task, TaskContext, TopicPartition, TransactionalProducer, Work } from '../ports.ts';
import type { Log } from '../service/log.ts';
import { metrics, type TaskStatus } from '../service/metrics.ts';
import { inputKey } from './assigner.ts';
import { createBacklog, type Backlog } from './backlog.ts';
import { KafkaError, asError, isFatal } from './errors.ts';
import { createSignal } from './signal.ts';

/** Ours: an input with more waiting is paused, and goes on below the low mark. Bounds memory, whatever the records' size; large enough for whole fetches. */
const HIGH_WATER = { records: 20_000, bytes: 32 * 1024 * 1024 };
const LOW_WATER = { records: 10_000, bytes: 16 * 1024 * 1024 };
/** Ours: pause before reopening after a failure; doubles up to the bound and never gives up. */
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 10_000;

export interface RunnerOptions {
  readonly id: string;
  readonly inputs: readonly TopicPartition[];
  readonly kafka: Kafka;
  readonly consumer: GroupConsumer;
  /** Full names, of the app. */
  readonly group: string;
  readonly transactionalId: string;
  readonly commit: 'transaction' | 'offsets';
  readonly create: (context: TaskContext) => Task;
  readonly log: Log;
  readonly onFatal: (error: Error) => void;
  /** Milliseconds; for tests. */
  readonly firstRetryMs?: number;
}

export interface RunnerState {
  readonly id: string;
  readonly status: TaskStatus;
  /** How often the task was opened again after a failure. */
  readonly restarts: number;
  /** What the last failure was, until the next commit succeeds, or the task is open again, up to where it failed, and has nothing to do. */
  readonly error: string | null;
  /** Its code, where it has one. */
  readonly code: string | null;
}

export interface TaskRunner {
  readonly inputs: readonly TopicPartition[];
  /** Of one input, with the bytes that they take. */
  accept(records: readonly InRecord[], bytes: number): void;
  state(): RunnerState;
  /** The committed position of an input, null before the task was first opened. */
  committed(input: TopicPartition): number | null;
  /** From this call on no step or commit starts and the consumer is left alone; resolves when the producer and the task are closed. */
  stop(): Promise<void>;
}

/** What a task has while it is open: thrown away as a whole. */
interface Life {
  readonly task: Task;
  /** Next offset expected per input. */
  readonly expected: Map<string, number>;
  /** What waits, per input. */
  readonly backlogs: Map<string, Backlog>;
  /** Inputs paused because their backlog is long. */
  readonly throttled: Set<string>;
}

export function startRunner(options: RunnerOptions): TaskRunner {
  const { id, inputs, kafka, consumer, group, log, firstRetryMs = FIRST_RETRY_MS } = options;
  const topics = [...new Set(inputs.map(({ topic }) => topic))];
  const news = createSignal();
  /** Committed, per input, as far as this member knows; empty before the first opening. */
  const taken = new Map<string, number>();
  /** How far lives that have ended were given records, per input: what they failed on is below. */
  const reached = new Map<string, number>();
  let life: Life | null = null;
  let stopped = false;
  let status: RunnerState['status'] = 'opening';
  let restarts = 0;
  /** Failures since the last successful commit. */
  let failures = 0;
  let error: string | null = null;
  let code: string | null = null;

  async function run(): Promise<void> {
    for (;;) {
      try {
        await live();
        return;
      } catch (thrown) {
        const failure = asError(thrown);
        if (isStopped()) return;
        error = failure.message;
        code = 'code' in failure && typeof failure.code === 'string' ? failure.code : null;
        if (isFatal(failure)) {
          status = 'failed';
          log('error', 'task failed for good', { group, task: id, error: failure.message });
          options.onFatal(failure);
          return;
        }
        const retryMs = Math.min(firstRetryMs * 2 ** failures, LAST_RETRY_MS);
        failures += 1;
        restarts += 1;
        metrics.taskFailures.inc({ group, code: code ?? 'none' });
        status = 'opening';
        log('warn', 'task failed, opening it again from what is committed', { group, task: id, error: failure.message, cause: causes(failure), retry_ms: retryMs, restarts });
        await pauseUnlessStopped(retryMs);
        if (isStopped()) return;
      }
    }
  }

  /** One opening of the task until it is stopped (returns) or fails (throws). */
  async function live(): Promise<void> {
    consumer.pause(inputs);
    let producer: TransactionalProducer | null = null;
    let task: Task | null = null;
    try {
      // The order matters: once older producers of this id are fenced, the committed positions can no longer move under us.
      if (options.commit === 'transaction') producer = await kafka.transactionalProducer(options.transactionalId);
      const committed = await committedPositions();
      if (isStopped()) return;
      task = options.create({ id, inputs, log: kafka, wake: news.raise });
      const opened = metrics.taskRestoreSeconds.startTimer({ group });
      await task.open(committed);
      opened();
      if (isStopped()) return;
      for (const position of committed) taken.set(inputKey(position), position.offset);
      life = { task, expected: new Map(committed.map((position) => [inputKey(position), position.offset])), backlogs: new Map(inputs.map((input) => [inputKey(input), createBacklog()])), throttled: new Set() };
      for (const position of committed) consumer.seek(position, position.offset);
      consumer.resume(inputs);
      status = 'running';
      await pump(life, producer);
    } finally {
      for (const [key, next] of life?.expected ?? []) reached.set(key, Math.max(next, reached.get(key) ?? 0));
      life = null;
      await producer?.close().catch(() => undefined);
      task?.close?.();
    }
  }

  async function pump(current: Life, producer: TransactionalProducer | null): Promise<void> {
    while (!isStopped()) {
      // Before the step: it may not have seen what comes meanwhile.
      const mends = isPastFailure(current);
      const work = await current.task.step();
      if (isStopped()) return;
      easeThrottle(current);
      if (work === null) {
        if (mends) mended();
        await news.wait();
        continue;
      }
      await commit(work, producer);
      metrics.taskCommits.inc({ group, commit: options.commit });
      for (const position of work.positions) taken.set(inputKey(position), position.offset);
      failures = 0;
      mended();
    }
  }

  function mended(): void {
    error = null;
    code = null;
  }

  /** What it failed on has come again, or was committed: that a step has nothing to do says something only then, since before the first records come none fails. */
  function isPastFailure({ expected }: Life): boolean {
    return error !== null && inputs.every((input) => (expected.get(inputKey(input)) ?? 0) >= (reached.get(inputKey(input)) ?? 0));
  }

  async function commit(work: Work, producer: TransactionalProducer | null): Promise<void> {
    if (producer !== null) {
      if (work.outputs.length > 0 || work.positions.length > 0) await producer.commit(work, group);
      return;
    }
    if (work.outputs.length > 0) throw new KafkaError('REFUSED', `Task ${id} of ${group} commits offsets only, but has outputs: its group needs commit 'transaction'.`, { fatal: true });
    if (work.positions.length > 0) await consumer.commit(work.positions);
  }

  async function committedPositions(): Promise<Position[]> {
    const known = new Map((await kafka.committed(group, topics)).map((position) => [inputKey(position), position]));
    return inputs.map((input) => known.get(inputKey(input)) ?? { ...input, offset: 0, metadata: '' });
  }

  /** Per input: a task that merges several must get more of the short one while the long one is paused. */
  function easeThrottle(current: Life): void {
    const { throttled } = current;
    for (const input of throttled.size === 0 ? [] : inputs) {
      if (!throttled.has(inputKey(input)) || exceeds(current, input, LOW_WATER)) continue;
      throttled.delete(inputKey(input));
      consumer.resume([input]);
    }
  }

  function exceeds({ task, backlogs }: Life, input: TopicPartition, mark: typeof HIGH_WATER): boolean {
    const waiting = task.backlog(input);
    return waiting > mark.records || (backlogs.get(inputKey(input))?.bytes(waiting) ?? 0) > mark.bytes;
  }

  async function pauseUnlessStopped(ms: number): Promise<void> {
    // Wakes of the task that failed are of no interest any more; a stop is.
    const until = performance.now() + ms;
    for (let rest = ms; rest > 0 && !isStopped(); rest = until - performance.now()) await news.wait(rest);
  }

  const isStopped = (): boolean => stopped;
  const ended = run();

  return {
    inputs,
    accept: (records, bytes) => {
      const [first] = records;
      const last = records.at(-1);
      if (life === null || stopped || first === undefined || last === undefined) return;
      const { task, expected, backlogs, throttled } = life;
      const key = inputKey(first);
      const next = expected.get(key);
      if (next === undefined || last.offset < next) return;
      expected.set(key, last.offset + 1);
      const fresh = first.offset >= next ? records : records.filter((record) => record.offset >= next);
      task.accept(fresh);
      backlogs.get(key)?.add(fresh.length, bytes);
      if (!throttled.has(key) && exceeds(life, first, HIGH_WATER)) {
        throttled.add(key);
        consumer.pause([first]);
      }
      news.raise();
    },
    state: () => ({ id, status, restarts, error, code }),
    committed: (input) => taken.get(inputKey(input)) ?? null,
    stop: () => {
      stopped = true;
      news.raise();
      return ended;
    },
  };
}

function causes(error: Error): string | null {
  return error.cause instanceof Error ? `${error.cause.name}: ${error.cause.message}` : null;
}
