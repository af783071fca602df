/**
 * One contender once over the whole log. All are measured the same way, from outside: by the committed offsets of their group, asked for every
 * 50 ms; the first fifth warms up (JIT, caches, the group's balance); what counts is from there until everything is committed.
 */
import type { Contender } from './contenders.ts';
import { offsetsOf, type InputLog } from './inputLog.ts';
import type { Platform } from './platform.ts';
import { cpuSeconds, peakRssMb } from './processes.ts';
import { whileRunning } from './running.ts';

export interface Throughput {
  /** Or signals: what the log is made of. */
  readonly events_per_second: number;
  readonly cpu_seconds_per_million: number;
  readonly peak_rss_mb: number;
  /** Informative: of the broker, which serves all alike. */
  readonly broker_cpu_seconds_per_million: number;
}

const WARM_UP_SHARE = 0.2;

interface Reading {
  readonly events: number;
  readonly at: number;
  readonly cpu: number;
  readonly broker: number;
}

export function measureThroughput(platform: Platform, contender: Contender, app: string, log: InputLog): Promise<Throughput> {
  const total = offsetsOf(log);
  return whileRunning(platform, contender, app, log, async ({ pids, reach }) => {
    const read = (offsets: number): Reading => ({ events: (offsets / total) * log.records, at: performance.now(), cpu: cpuSeconds(pids), broker: cpuSeconds([platform.brokerPid]) });
    const begun = read(0);
    const warm = read(await reach(Math.floor(total * WARM_UP_SHARE)));
    const done = read(await reach(total));
    // A log so short that all of it was taken between two questions: only with a start's cost in it is there anything to measure.
    const from = warm.events < done.events ? warm : begun;
    const events = done.events - from.events;
    return {
      events_per_second: events / ((done.at - from.at) / 1_000),
      cpu_seconds_per_million: ((done.cpu - from.cpu) / events) * 1e6,
      peak_rss_mb: peakRssMb(pids),
      broker_cpu_seconds_per_million: ((done.broker - from.broker) / events) * 1e6,
    };
  });
}
