/**
 * The one consume–process–produce loop. A member of the group learns its inputs, has a runner for each task that they make up, and hands records to
 * the runner that owns them; everything else (opening, stepping, committing, reopening) is the runner's, at its own pace, so that a task that
 * restores or waits holds up neither the others nor the group's heartbeats.
 */
import type { GroupConsumer, Kafka, TaskGroup, TopicPartition } from '../ports.ts';
import type { Log } from '../service/log.ts';
import { fromZero, metricSources, metrics } from '../service/metrics.ts';
import { appName } from '../../schemas/topics.ts';
import { inputKey, taskId, tasksOf } from './assigner.ts';
import { KafkaError } from './errors.ts';
import { watchLag } from './lagWatch.ts';
import { startRunner, type RunnerState, type TaskRunner } from './taskRunner.ts';

export interface TaskLoop {
  state(): { readonly tasks: RunnerState[] };
  /** Stops all tasks, then leaves the group. What is not committed will be done again by whoever comes next. */
  stop(): Promise<void>;
  /** Settles only when the loop cannot go on: the process should end. */
  readonly failed: Promise<Error>;
}

export interface TaskLoopOptions {
  /** CHOKEPOINT_APP; prefixes the group and the transactional ids. The group's topics come with their full names. */
  readonly app: string;
  readonly log: Log;
  /** Milliseconds before a failed task is opened again for the first time; for tests. */
  readonly firstRetryMs?: number;
}

export async function runTasks(kafka: Kafka, group: TaskGroup, options: TaskLoopOptions): Promise<TaskLoop> {
  const { app, log, ...rest } = options;
  const groupId = appName(group.group, app);
  const runners = new Map<string, TaskRunner>();
  /** Runners that were stopped and are still closing. */
  const closing = new Set<Promise<void>>();
  let stopping = false;
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<Error>((resolve) => { fail = resolve; });

  // Called between two deliveries, and records of the new assignment come only after it: so nothing of a revoked task runs on, and nothing
  // reaches a task that is not open. Tasks that stay keep running and keep their positions: if another member had one of them in between, its
  // producer has fenced ours, and our next commit opens the task anew (taskRunner.ts).
  const onAssigned = (inputs: readonly TopicPartition[]): void => {
    if (stopping) return;
    const tasks = tasksOf(group.assignment, inputs);
    for (const [id, runner] of runners) {
      if (sameInputs(runner.inputs, tasks.get(id) ?? [])) continue;
      runners.delete(id);
      stopRunner(runner);
    }
    for (const [id, taskInputs] of tasks) {
      if (runners.has(id)) continue;
      const transactionalId = appName(`${group.group}-${id}`, app);
      runners.set(id, startRunner({ id, inputs: taskInputs, kafka, consumer, group: groupId, transactionalId, commit: group.commit, create: group.create, log, onFatal: fail, ...rest }));
    }
    log('info', 'assigned', { group: groupId, tasks: [...tasks.keys()] });
  };

  const stopRunner = (runner: TaskRunner): void => {
    const ended = runner.stop().finally(() => closing.delete(ended));
    closing.add(ended);
  };

  const consumer: GroupConsumer = await kafka.consumer({
    group: groupId,
    topics: group.topics,
    assignment: group.assignment,
    onAssigned,
    onRecords: (records, bytes) => {
      const [first] = records;
      if (first !== undefined) runners.get(taskId(group.assignment, first))?.accept(records, bytes);
    },
    onCrash: (cause) => { fail(cause instanceof KafkaError ? cause : new KafkaError('REFUSED', `The consumer of ${groupId} cannot go on: ${cause.message}`, { cause, fatal: true })); },
  });

  fromZero(metrics.taskCommits, [{ group: groupId, commit: group.commit }]);
  // Errors have codes of Kafka's and ClickHouse's too: which, only they know.
  fromZero(metrics.taskFailures, [{ group: groupId, code: 'none' }]);
  metricSources.tasks.set(groupId, () => [...runners.values()].map((runner) => runner.state().status));
  const lag = watchLag({ kafka, group: groupId, topics: group.topics, runners: () => [...runners.values()], log });

  return {
    state: () => ({ tasks: [...runners.values()].map((runner) => runner.state()) }),
    stop: async () => {
      stopping = true;
      lag.stop();
      metricSources.tasks.delete(groupId);
      for (const runner of runners.values()) stopRunner(runner);
      runners.clear();
      await Promise.all(closing);
      await consumer.close();
    },
    failed,
  };
}

function sameInputs(a: readonly TopicPartition[], b: readonly TopicPartition[]): boolean {
  return a.length === b.length && a.every((input, index) => inputKey(input) === inputKey(b[index] ?? { topic: '', partition: -1 }));
}
