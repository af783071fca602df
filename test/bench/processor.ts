/**
 * The bench of the processor: one broker, one log, and over it in turn our processor (1 and 2 processes), Kafka Streams, and the limit of our client;
 * throughput first, then latency, each with every contender once per round, so that what changes on the machine meets all of them.
 */
import { availableParallelism } from 'node:os';
import { limit, ours, peer, type Contender, type Side } from './contenders.ts';
import { feed } from './feed.ts';
import { measureLatency, type Latency, type LatencyOptions } from './latency.ts';
import { eventLog, type InputLog } from './inputLog.ts';
import { learnShape, PROCESSOR_OUTPUTS, type OutputShape } from './limit/shape.ts';
import { buildPeer } from './peer/build.ts';
import { LATENCY, THROUGHPUT, type PeerSettings } from './peer/settings.ts';
import { PARTITIONS, startPlatform, type Platform } from './platform.ts';
import { resultOf, type BenchResult, type Measured, type MeasuredLatency } from './report.ts';
import { requireSameWork } from './sameWork.ts';
import { measureThroughput, type Throughput } from './throughput.ts';

export interface BenchOptions {
  readonly events: number;
  readonly runs: number;
  /** Of each run of latency; 0 `seconds`: none. */
  readonly latency: Pick<LatencyOptions, 'warmUpSeconds' | 'seconds'>;
  /** With how many processes ours and the limit run. */
  readonly processes: readonly number[];
  readonly only: readonly Side[];
  /** To try others: each is a contender of its own. */
  readonly peers: Readonly<Record<string, PeerSettings>>;
  readonly latencyPeer: PeerSettings;
  readonly say: (line: string) => void;
}

export const DEFAULT_PEERS: BenchOptions['peers'] = { '1 thread': { ...THROUGHPUT, threads: 1 }, '2 threads': THROUGHPUT, '1 thread, GenericRecord': { ...THROUGHPUT, threads: 1, codec: 'generic' } };
export const DEFAULT_LATENCY_PEER: PeerSettings = LATENCY;

const SEED = 4;
const STEADY_PER_SECOND = 2_000;

export async function benchProcessor(options: BenchOptions): Promise<BenchResult> {
  const { say } = options;
  const platform = await startPlatform();
  try {
    // Its own topics stay empty; platform.* comes with them.
    await platform.prepare('feed');
    say(`feeding ${options.events} events`);
    const log = eventLog(await feed(platform, options.events, SEED));
    const jars = options.only.includes('peer') ? await buildPeer(platform.settings.local.cacheDir) : '';
    const { measured, sameWork } = await throughput(platform, options, jars, log);
    const latencies = options.latency.seconds > 0 ? await latency(platform, options, jars) : [];
    return resultOf(measured, latencies, sameWork, { events: log.records, partitions: PARTITIONS, cores: availableParallelism(), runs: options.runs });
  } finally {
    await platform.stop();
  }
}

async function throughput(platform: Platform, { only, peers, processes, runs, say }: BenchOptions, jars: string, log: InputLog): Promise<{ measured: Measured[]; sameWork: BenchResult['same_work'] }> {
  let shape: OutputShape | null = null;
  const learnt = (): OutputShape => {
    if (shape === null) throw new Error('the limit writes what a run of ours has written: it needs --only ours,limit');
    return shape;
  };
  const contenders: readonly (readonly [Contender, PeerSettings | null])[] = [
    ...processes.map((count) => [ours(platform, count), null] as const),
    ...Object.entries(peers).map(([name, settings]) => [peer(platform, jars, name, settings), settings] as const),
    ...processes.map((count) => [limit(platform, count, learnt, () => [...log.ends.keys()]), null] as const),
  ].filter(([{ side }]) => only.includes(side));
  const found = contenders.map(() => [] as Throughput[]);
  /** Apps of the first round whose output is compared. */
  const compared: Partial<Record<Side, string>> = {};
  let sameWork: BenchResult['same_work'] = null;
  for (let round = 0; round < runs; round++) {
    for (const [n, [contender]] of contenders.entries()) {
      const app = `r${round}c${n}`;
      const run = await measureThroughput(platform, contender, app, log);
      found[n]?.push(run);
      say(`${contender.side}, ${contender.name}: ${Math.round(run.events_per_second)} events/s, ${run.cpu_seconds_per_million.toFixed(1)} CPU s per million, ${Math.round(run.peak_rss_mb)} MiB`);
      if (contender.side === 'ours') shape ??= await platform.reading((kafka) => learnShape(kafka, app, log.records, PROCESSOR_OUTPUTS));
      const first = sameWork === null && contender.side !== 'limit' && compared[contender.side] === undefined;
      if (first) compared[contender.side] = app;
      if (first && compared.ours !== undefined && compared.peer !== undefined) {
        const apps = [compared.ours, compared.peer] as const;
        sameWork = (await platform.reading((kafka) => requireSameWork(kafka, platform.codec, apps))).counts;
        say(`the peer did the same work: ${JSON.stringify(sameWork)}`);
        for (const done of apps) await platform.discard(done);
      } else if (!first) await platform.discard(app);
    }
  }
  return { measured: contenders.map(([{ side, name }, settings], n) => ({ side, name, runs: found[n] ?? [], ...(settings === null ? {} : { settings }) })), sameWork };
}

async function latency(platform: Platform, { only, latencyPeer, latency: timing, runs, say }: BenchOptions, jars: string): Promise<MeasuredLatency[]> {
  const contenders = [
    { contender: ours(platform, 1), settings: {} },
    { contender: peer(platform, jars, 'latency', latencyPeer), settings: { settings: latencyPeer } },
  ].filter(({ contender }) => only.includes(contender.side));
  const found = contenders.map(() => [] as Latency[]);
  for (let round = 0; round < runs; round++) {
    for (const [n, { contender }] of contenders.entries()) {
      const app = `l${round}c${n}`;
      // Every run other events: those of an earlier one are in the log, and would be duplicates.
      const measured = await measureLatency(platform, contender, app, { ...timing, perSecond: STEADY_PER_SECOND, seed: SEED + 1 + round * contenders.length + n });
      found[n]?.push(measured);
      const { p50, p99, max, due_p99, events } = measured;
      say(`${contender.side}, latency over ${events} events: p50 ${p50}, p99 ${p99}, max ${max} ms; p99 from when they were due ${Math.round(due_p99)} ms`);
      await platform.discard(app);
    }
  }
  return contenders.map(({ contender: { side }, settings }, n) => ({ side, runs: found[n] ?? [], ...settings }));
}
