/**
 * One contender once over the whole log. All are measured the same way, from outside: by the committed offsets of their group, asked for every
 * 50 ms; the first fifth warms up (JIT, caches, the group's balance); what counts is from there until everything is committed.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Contender } from './contenders.ts';
import type { Platform } from './platform.ts';
import { cpuSeconds, peakRssMb } from './processes.ts';

export interface Throughput {
  readonly events_per_second: number;
  readonly cpu_seconds_per_million: number;
  readonly peak_rss_mb: number;
  /** Informative: of the broker, which serves all alike. */
  readonly broker_cpu_seconds_per_million: number;
}

const WARM_UP_SHARE = 0.2;
const ASK_EVERY_MS = 50;
const LIMIT_MS = 15 * 60_000;

interface Reading {
  readonly events: number;
  readonly at: number;
  readonly cpu: number;
  readonly broker: number;
}

export async function measureThroughput(platform: Platform, contender: Contender, app: string, total: number): Promise<Throughput> {
  await platform.prepare(app);
  const parts = await contender.start(app);
  const pids = parts.map(({ pid }) => pid);
  const failed = Promise.race(parts.map((part) => part.failed.then((error) => Promise.reject(error))));
  try {
    const read = async (): Promise<Reading> => {
      const events = await platform.progress(contender.group(app));
      return { events, at: performance.now(), cpu: cpuSeconds(pids), broker: cpuSeconds([platform.brokerPid]) };
    };
    const reach = async (events: number): Promise<Reading> => {
      for (const until = performance.now() + LIMIT_MS; performance.now() < until; ) {
        const reading = await read();
        if (reading.events >= events) return reading;
        await Promise.race([pause(ASK_EVERY_MS), failed]);
      }
      throw new Error(`${contender.side} (${contender.name}) has not taken ${events} events within ${LIMIT_MS / 60_000} minutes: see ${parts[0]?.logFile ?? 'its log'}`);
    };
    const warm = await reach(Math.floor(total * WARM_UP_SHARE));
    const done = await reach(total);
    const events = done.events - warm.events;
    return {
      events_per_second: events / ((done.at - warm.at) / 1_000),
      cpu_seconds_per_million: ((done.cpu - warm.cpu) / events) * 1e6,
      peak_rss_mb: peakRssMb(pids),
      broker_cpu_seconds_per_million: ((done.broker - warm.broker) / events) * 1e6,
    };
  } finally {
    await Promise.all(parts.map((part) => part.stop()));
  }
}
