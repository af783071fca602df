/** One contender under load: throughput with a number of requests always under way, latency at a steady rate, memory under more than it can take. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Platform } from '../platform.ts';
import { cpuSeconds, peakRssMb, rssMb } from '../processes.ts';
import { median, quantile } from '../statistics.ts';
import type { Contender } from './contenders.ts';
import { runOpen, startClosed, type Closed } from './load.ts';

export interface Throughput {
  readonly events_per_second: number;
  readonly cpu_seconds_per_million: number;
  readonly peak_rss_mb: number;
  /** Informative: of the broker, which serves all alike. */
  readonly broker_cpu_seconds_per_million: number;
}

export interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Answers other than 202: more had come together than is let in. They are in none of the times. */
  readonly refused: number;
}

export interface Overload {
  readonly minutes: number;
  readonly accepted_events_per_second: number;
  /** Answers other than 202: there is no room, send it again. */
  readonly refused_requests: number;
  /** Resident memory, MiB: the most, and the medians of the second and of the last quarter of the time. */
  readonly rss_mb: { readonly max: number; readonly second_quarter: number; readonly last_quarter: number };
}

export interface Load {
  readonly requests: readonly Buffer[];
  readonly eventsPerRequest: number;
}

const SAMPLE_MS = 1_000;
/** A collector keeps 64 MiB of bodies under way: these many requests are more than that. */
const OVERLOAD_BYTES = 128 * 1024 * 1024;
const MOST_CONNECTIONS = 800;
/** What is measured goes on until something has been accepted, but no longer than that: a second may be over before the first append is. */
const FIRST_WITHIN_MS = 60_000;

export async function measureThroughput({ brokerPid }: Platform, { pid, port }: Contender, { requests, eventsPerRequest }: Load, options: { readonly connections: number; readonly warmUpSeconds: number; readonly seconds: number }): Promise<Throughput> {
  const load = await startClosed(port, requests, options.connections);
  await pause(options.warmUpSeconds * 1_000);
  const read = () => ({ accepted: load.accepted(), at: performance.now(), cpu: cpuSeconds([pid]), broker: cpuSeconds([brokerPid]) });
  await acceptedBeyond(0, load);
  const from = read();
  await pause(options.seconds * 1_000);
  await acceptedBeyond(from.accepted, load);
  const to = read();
  await load.stop();
  if (load.refused() > 0) throw new Error(`${load.refused()} requests were refused: the load is meant to be taken`);
  const events = (to.accepted - from.accepted) * eventsPerRequest;
  return {
    events_per_second: events / ((to.at - from.at) / 1_000),
    cpu_seconds_per_million: ((to.cpu - from.cpu) / events) * 1e6,
    peak_rss_mb: peakRssMb([pid]),
    broker_cpu_seconds_per_million: ((to.broker - from.broker) / events) * 1e6,
  };
}

async function acceptedBeyond(count: number, load: Closed): Promise<void> {
  for (const end = performance.now() + FIRST_WITHIN_MS; load.accepted() <= count && performance.now() < end; ) await pause(10);
}

export async function measureLatency({ port }: Contender, { requests, eventsPerRequest }: Load, eventsPerSecond: number, options: { readonly warmUpSeconds: number; readonly seconds: number }): Promise<Latency> {
  const perSecond = eventsPerSecond / eventsPerRequest;
  if (options.warmUpSeconds > 0) await runOpen(port, requests, perSecond, options.warmUpSeconds);
  const answered = await runOpen(port, requests, perSecond, options.seconds);
  const latencies = answered.filter((ms) => !Number.isNaN(ms));
  return { refused: answered.length - latencies.length, p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99), max: quantile(latencies, 1) };
}

export async function measureOverload({ pid, port }: Contender, { requests, eventsPerRequest }: Load, minutes: number): Promise<Overload> {
  const bytes = requests.reduce((sum, request) => sum + request.length, 0) / requests.length;
  const load = await startClosed(port, requests, Math.min(MOST_CONNECTIONS, Math.ceil(OVERLOAD_BYTES / bytes)));
  const begun = performance.now();
  const samples: number[] = [];
  const lastsMs = minutes * 60_000;
  while (performance.now() - begun < (load.accepted() > 0 ? lastsMs : Math.max(lastsMs, FIRST_WITHIN_MS))) {
    await pause(Math.min(SAMPLE_MS, lastsMs));
    samples.push(rssMb([pid]));
  }
  const seconds = (performance.now() - begun) / 1_000;
  const accepted = load.accepted();
  const refused = load.refused();
  await load.stop();
  const quarter = Math.max(1, Math.floor(samples.length / 4));
  return {
    minutes,
    accepted_events_per_second: (accepted * eventsPerRequest) / seconds,
    refused_requests: refused,
    rss_mb: { max: Math.max(...samples), second_quarter: median(samples.slice(quarter, 2 * quarter + 1)), last_quarter: median(samples.slice(-quarter)) },
  };
}
