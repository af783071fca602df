/**
 * The bench of the collector against what the same machine can do at the least cost: a bare HTTP server that produces the same bytes. One broker, one
 * client, the same requests; each side once per round, so that what changes on the machine meets both.
 */
import { availableParallelism } from 'node:os';
import { PARTITIONS, startPlatform } from '../platform.ts';
import { rounded, spread, type Spread } from '../statistics.ts';
import { SIDES, startContender, type Contender, type Side } from './contenders.ts';
import { measureLatency, measureOverload, measureThroughput, type Latency, type Load, type Overload, type Throughput } from './measure.ts';
import { createPool, requestsOf, type BodyKind } from './pool.ts';

export interface CollectorBenchOptions {
  readonly body: BodyKind;
  readonly eventsPerRequest: number;
  /** Requests under way. */
  readonly connections: number;
  readonly runs: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  readonly overloadMinutes: number;
  readonly say: (line: string) => void;
}

type Spreads<Run> = { readonly [K in keyof Run]: Spread };

interface SideResult {
  /** Medians. */
  readonly events_per_second: number;
  readonly cpu_seconds_per_million: number;
  readonly peak_rss_mb: number;
  readonly latency_ms: Spreads<Latency>;
  readonly runs: Spreads<Throughput>;
}

export interface CollectorBench {
  readonly bench: 'collector';
  readonly ours: SideResult & { readonly overload: Overload | null };
  readonly peers: Readonly<Record<string, never>>;
  readonly limit: SideResult;
  /** Shares of the limit reached: of its events per second, and of its events per CPU second. There is no peer to be better than. */
  readonly ratios: { readonly cpu: null; readonly wall: null; readonly limit: number; readonly limit_cpu: number; readonly latency_p99: null };
  readonly input: { readonly body: BodyKind; readonly events_per_request: number; readonly request_bytes: number; readonly connections: number; readonly half_load_events_per_second: number; readonly partitions: number; readonly cores: number; readonly runs: number };
}

/** Different requests, sent again and again: enough that no cache holds them all. */
const REQUESTS = 64;

export async function benchCollector(options: CollectorBenchOptions): Promise<CollectorBench> {
  const { body, eventsPerRequest, connections, runs, say } = options;
  const platform = await startPlatform();
  try {
    await platform.prepare('bench');
    const pool = { requests: REQUESTS, eventsPerRequest, at: Date.now() };
    const requests = requestsOf(createPool(pool), body);
    const load: Load = { requests, eventsPerRequest };
    const started = <T>(side: Side, name: string, use: (contender: Contender) => Promise<T>): Promise<T> => whileUp(() => startContender(platform, side, `${side}-${name}`, pool), use);

    const throughputs = await rounds(runs, (side, round) => started(side, `throughput-${round}`, async (contender) => {
      const run = await measureThroughput(platform, contender, load, options);
      say(`${side}: ${Math.round(run.events_per_second)} events/s, ${run.cpu_seconds_per_million.toFixed(2)} CPU s per million, ${Math.round(run.peak_rss_mb)} MiB`);
      return run;
    }));
    const half = spread(throughputs.ours.map((run) => run.events_per_second)).median / 2;
    const latencies = await rounds(runs, (side, round) => started(side, `latency-${round}`, async (contender) => {
      const run = await measureLatency(contender, load, half, options);
      say(`${side}: at ${Math.round(half)} events/s p50 ${run.p50.toFixed(1)} ms, p99 ${run.p99.toFixed(1)} ms`);
      return run;
    }));
    const overload = options.overloadMinutes === 0 ? null : await started('ours', 'overload', (contender) => measureOverload(contender, load, options.overloadMinutes));
    const [ours, limit] = [sideOf(throughputs.ours, latencies.ours), sideOf(throughputs.limit, latencies.limit)];
    return {
      bench: 'collector',
      ours: { ...ours, overload },
      peers: {},
      limit,
      ratios: { cpu: null, wall: null, limit: rounded(ours.events_per_second / limit.events_per_second), limit_cpu: rounded(limit.cpu_seconds_per_million / ours.cpu_seconds_per_million), latency_p99: null },
      input: { body, events_per_request: eventsPerRequest, request_bytes: Math.round(requests.reduce((sum, { length }) => sum + length, 0) / requests.length), connections, half_load_events_per_second: Math.round(half), partitions: PARTITIONS, cores: availableParallelism(), runs },
    };
  } finally {
    await platform.stop();
  }
}

async function rounds<Run>(count: number, run: (side: Side, round: number) => Promise<Run>): Promise<Record<Side, Run[]>> {
  const found: Record<Side, Run[]> = { ours: [], limit: [] };
  for (let round = 0; round < count; round++) for (const side of SIDES) found[side].push(await run(side, round));
  return found;
}

async function whileUp<T>(start: () => Promise<Contender>, use: (contender: Contender) => Promise<T>): Promise<T> {
  const contender = await start();
  try {
    return await Promise.race([use(contender), contender.failed.then((error) => { throw error; })]);
  } finally {
    await contender.stop();
  }
}

function sideOf(throughputs: readonly Throughput[], latencies: readonly Latency[]): SideResult {
  const over = <Run extends object>(runs: readonly Run[], name: keyof Run): Spread => {
    const { median, min, max } = spread(runs.map((run) => run[name] as number));
    return { median: rounded(median), min: rounded(min), max: rounded(max) };
  };
  const runs: Spreads<Throughput> = {
    events_per_second: over(throughputs, 'events_per_second'), cpu_seconds_per_million: over(throughputs, 'cpu_seconds_per_million'),
    peak_rss_mb: over(throughputs, 'peak_rss_mb'), broker_cpu_seconds_per_million: over(throughputs, 'broker_cpu_seconds_per_million'),
  };
  return {
    events_per_second: runs.events_per_second.median, cpu_seconds_per_million: runs.cpu_seconds_per_million.median, peak_rss_mb: runs.peak_rss_mb.median,
    latency_ms: { p50: over(latencies, 'p50'), p99: over(latencies, 'p99'), max: over(latencies, 'max') }, runs,
  };
}
