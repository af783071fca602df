/** How far the tasks of this member are behind the ends of their inputs, for `chokepoint_lag_records`. A look from outside: it never holds a task up. */
import type { LogReader } from '../ports.ts';
import type { Log } from '../service/log.ts';
import { metrics } from '../service/metrics.ts';
import { inputKey } from './assigner.ts';
import type { TaskRunner } from './taskRunner.ts';

/** Ours: a fraction of a usual scrape interval. */
const LOOK_EVERY_MS = 5_000;

interface LagOptions {
  readonly kafka: LogReader;
  readonly group: string;
  readonly topics: readonly string[];
  readonly runners: () => readonly Pick<TaskRunner, 'inputs' | 'committed'>[];
  readonly log: Log;
}

export function watchLag({ kafka, group, topics, runners, log }: LagOptions): { stop(): void } {
  let shown = new Map<string, { group: string; topic: string; partition: string }>();
  let isSilent = false;
  let running = false;
  let stopped = false;

  const look = async (): Promise<void> => {
    const ends = new Map(await Promise.all(topics.map(async (topic) => [topic, await kafka.ends(topic)] as const)));
    if (stopped) return;
    const before = shown;
    shown = new Map();
    for (const runner of runners()) {
      for (const input of runner.inputs) {
        const position = runner.committed(input);
        const end = ends.get(input.topic)?.[input.partition];
        if (position === null || end === undefined) continue;
        const labels = { group, topic: input.topic, partition: String(input.partition) };
        shown.set(inputKey(input), labels);
        metrics.lagRecords.set(labels, Math.max(0, end - position));
      }
    }
    // What another member has now is its to show.
    for (const [key, labels] of before) if (!shown.has(key)) metrics.lagRecords.remove(labels);
  };

  const timer = setInterval(() => {
    if (running) return;
    running = true;
    look()
      .then(() => { isSilent = false; })
      .catch((error: unknown) => {
        // The last numbers stay: without Kafka nobody knows better.
        if (!isSilent && !stopped) log('warn', 'the lag cannot be seen', { group, error: error instanceof Error ? error.message : String(error) });
        isSilent = true;
      })
      .finally(() => { running = false; });
  }, LOOK_EVERY_MS);
  timer.unref();

  return {
    stop: () => {
      stopped = true;
      clearInterval(timer);
      for (const labels of shown.values()) metrics.lagRecords.remove(labels);
    },
  };
}
