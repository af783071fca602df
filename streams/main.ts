/** The processor: a task per partition of platform.events, signals and dead letters out, exactly once. */
import { connectKafka } from '../infra/kafka/client.ts';
import { followErasures } from '../infra/kafka/erasures.ts';
import { runTasks } from '../infra/kafka/taskLoop.ts';
import { createTopics } from '../infra/kafka/topics.ts';
import type { Kafka, TaskGroup } from '../infra/ports.ts';
import { connectRegistry } from '../infra/registry/registry.ts';
import type { Log } from '../infra/service/log.ts';
import { fromZero, metricSources, metrics } from '../infra/service/metrics.ts';
import type { Service } from '../infra/service/service.ts';
import type { Settings } from '../infra/settings.ts';
import { createCodec } from '../schemas/codec.ts';
import { SYMBOLS } from '../schemas/records.ts';
import { topicName } from '../schemas/topics.ts';
import { createGlobalTables } from './globalTables.ts';
import { createProcessorTask, type ProcessorOptions, type ProcessorStatus, type ProcessorTask } from './processorTask.ts';

/** What an event that is no dead letter becomes. */
const RESULTS = ['accepted', 'duplicate', 'erased', 'clock'] as const;

export async function startProcessor(settings: Settings, log: Log): Promise<Service> {
  fromZero(metrics.processorEvents, RESULTS.map((result) => ({ result })));
  fromZero(metrics.processorDeadLetters, SYMBOLS.DeadLetterReason.map((reason) => ({ reason })));
  const kafka = await connectKafka(settings.kafka, { clientId: 'chokepoint-processor', log });
  try {
    return await run(kafka, settings, log);
  } catch (error) {
    await kafka.close().catch(() => undefined);
    throw error;
  }
}

async function run(kafka: Kafka, settings: Settings, log: Log): Promise<Service> {
  const { app, dedupeWindowMs, dedupeMaxEvents } = settings;
  const deadLetterLimit = settings.deadLetterLimitPercent / 100;
  await createTopics(kafka, settings);
  const codec = await createCodec(connectRegistry(settings.registry), ['PlatformEvent', 'User', 'Feature', 'ActionSignal', 'ErrorSignal', 'TimeSignal', 'DeadLetter']);
  const tables = createGlobalTables(kafka, codec, { users: topicName('users', app), features: topicName('features', app) });
  const erasures = followErasures(kafka, topicName('erasures', app), settings.erasureSecret);
  const partitions = await kafka.partitions(topicName('events', app));
  const tasks = new Set<ProcessorTask>();
  const loop = await runTasks(kafka, processorGroup({ app, codec, tables, erasures, partitions, dedupeWindowMs, dedupeMaxEvents, deadLetterLimit }, tasks), { app, log });
  // Of the loop and not of a task: a halted task is opened again and again.
  metricSources.haltedPartitions = () => loop.state().tasks.filter(({ code }) => code === 'DEAD_LETTER_LIMIT').map(({ id }) => id);
  return {
    name: 'processor',
    health: () => {
      const states = loop.state().tasks;
      const troubled = states.filter(({ error }) => error !== null);
      return {
        ready: troubled.length === 0,
        detail: { metadata: tables.sizes(), tasks: [...tasks].map((task) => task.status()), ...(troubled.length === 0 ? {} : { troubled }) },
      };
    },
    stop: async () => {
      await loop.stop();
      erasures.stop();
      await kafka.close();
    },
    failed: loop.failed,
  };
}

/** `tasks`: holds those that are open, for health. */
function processorGroup(options: ProcessorOptions, tasks: Set<ProcessorTask>): TaskGroup {
  return {
    group: 'processor',
    topics: [topicName('events', options.app)],
    assignment: 'co-partitioned',
    commit: 'transaction',
    create: (context) => {
      const task = createProcessorTask(options, context);
      const report = reporter();
      tasks.add(task);
      return {
        ...task,
        step: async () => {
          const work = await task.step();
          report(task.status());
          return work;
        },
        close: () => {
          tasks.delete(task);
          const partition = String(task.status().partition);
          for (const gauge of [metrics.processorWatermark, metrics.processorOpenTasks, metrics.processorRememberedEvents]) gauge.remove({ partition });
          task.close?.();
        },
      };
    },
  };
}

/** Counts what a task has done since the last call. A step that is done again after a failed commit counts twice. */
function reporter(): (status: ProcessorStatus) => void {
  const reported = new Map<string, number>();
  const since = (name: string, total: number): number => {
    const more = total - (reported.get(name) ?? 0);
    reported.set(name, total);
    return more;
  };
  return ({ partition, watermark, openTasks, rememberedEvents, counts }) => {
    const { records, events, clocks, duplicates, erased, signals, timersFired, tasksNotTracked, deadLetters } = counts;
    metrics.processorRecords.inc(since('records', records));
    const byResult: Readonly<Record<(typeof RESULTS)[number], number>> = { accepted: events, duplicate: duplicates, erased, clock: clocks };
    for (const result of RESULTS) metrics.processorEvents.inc({ result }, since(result, byResult[result]));
    for (const [reason, total] of Object.entries(deadLetters)) metrics.processorDeadLetters.inc({ reason }, since(`dead letter ${reason}`, total));
    metrics.processorSignals.inc(since('signals', signals));
    metrics.processorTimers.inc(since('timers', timersFired));
    metrics.processorTasksNotTracked.inc(since('tasks not tracked', tasksNotTracked));
    const labels = { partition: String(partition) };
    if (watermark !== null) metrics.processorWatermark.set(labels, watermark / 1_000);
    metrics.processorOpenTasks.set(labels, openTasks);
    metrics.processorRememberedEvents.set(labels, rememberedEvents);
  };
}
