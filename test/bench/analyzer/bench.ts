/**
 * The bench of the analyzer. One broker, one history; in every round the processor takes it, and from the signals that it has just written the
 * analyzer counts, so that both figures are of the same minutes; then Kafka Streams and the limit of our client take the same signals. After that
 * what depends on how much there is: restoring a million users, ticks over many findings, training a million users.
 */
import { availableParallelism } from 'node:os';
import { limit, ours, profilePeer, type Contender, type Side } from '../contenders.ts';
import { feed } from '../feed.ts';
import { eventLog, type InputLog } from '../inputLog.ts';
import { learnShape, PROFILE_OUTPUTS, type OutputShape } from '../limit/shape.ts';
import { buildPeer } from '../peer/build.ts';
import { COUNTING, type StreamsSettings } from '../peer/settings.ts';
import { PARTITIONS, startPlatform, type Platform } from '../platform.ts';
import type { Measured } from '../report.ts';
import { measureThroughput, type Throughput } from '../throughput.ts';
import { measureTraining } from '../trainingStall.ts';
import { typicalPeople } from './population.ts';
import { analyzerResult, type AnalyzerResult } from './report.ts';
import { measureRestore, type Restored } from './restore.ts';
import { requireSameCounts, type SameCounts } from './sameCounts.ts';
import { signalLog, signalTopics } from './signalLog.ts';
import { measureTicks } from './ticks.ts';

export interface AnalyzerBenchOptions {
  readonly events: number;
  /** Of event time that they are spread over. */
  readonly days: number;
  readonly runs: number;
  /** With how many processes ours and the limit run. */
  readonly processes: readonly number[];
  readonly only: readonly Side[];
  /** To try others: each is a contender of its own. */
  readonly peers: Readonly<Record<string, StreamsSettings>>;
  /** 0: none. */
  readonly restoredUsers: number;
  /** Findings per measurement of ticks. */
  readonly findings: readonly number[];
  /** 0: none. */
  readonly trainedUsers: number;
  readonly say: (line: string) => void;
}

export const COUNTING_PEERS: AnalyzerBenchOptions['peers'] = { '1 thread': { ...COUNTING, threads: 1 }, '2 threads': COUNTING };

const SEED = 4;
/** The 28 that the state keeps, and one that has left it. */
export const FULL_HISTORY_DAYS = 29;
const DAY_MS = 86_400_000;

/** What the rounds have found. */
interface Rounds {
  readonly processor: Measured[];
  readonly measured: Measured[];
  readonly log: InputLog;
  readonly sameCounts: SameCounts | null;
  /** The app of the first run of ours: its state is what is restored. */
  readonly app: string | null;
}

export async function benchAnalyzer(options: AnalyzerBenchOptions): Promise<AnalyzerResult> {
  const { say, events: count, days } = options;
  const platform = await startPlatform();
  try {
    await platform.prepare('feed');
    say(`feeding ${count} events of ${days} days`);
    const events = eventLog(await feed(platform, count, SEED, { spanMs: days * DAY_MS, population: typicalPeople(count, days * DAY_MS) }));
    const jars = options.only.includes('peer') ? await buildPeer(platform.settings.local.cacheDir) : '';
    const { app, log, ...rounds } = await play(platform, options, jars, events);
    const restored: Restored | null = app === null || options.restoredUsers === 0 ? null : await measureRestore(platform, app, options.restoredUsers, say);
    const ticks = await measureTicks(options.findings, say);
    const training = options.trainedUsers === 0 ? null : await measureTraining(options.trainedUsers);
    if (training !== null) say(`training: ${JSON.stringify(training)}`);
    return analyzerResult({ ...rounds, restored, ticks, training, input: { events: events.records, signals: log.records, days, partitions: PARTITIONS, cores: availableParallelism(), runs: options.runs } });
  } finally {
    await platform.stop();
  }
}

async function play(platform: Platform, { only, peers, processes, runs, say }: AnalyzerBenchOptions, jars: string, events: InputLog): Promise<Rounds> {
  let shape: OutputShape | null = null;
  const learnt = (): OutputShape => {
    if (shape === null) throw new Error('the limit writes what a run of ours has written: it needs --only ours,limit');
    return shape;
  };
  /** Whose signals those read that write none themselves. */
  let source = '';
  let log: InputLog | null = null;
  let sameCounts: SameCounts | null = null;
  let app: string | null = null;
  const found = new Map<Contender, Throughput[]>();
  const measure = async (contender: Contender, of: string, what: string, taken: InputLog): Promise<void> => {
    const run = await measureThroughput(platform, contender, of, taken);
    found.set(contender, [...(found.get(contender) ?? []), run]);
    say(`${what}, ${contender.name}: ${Math.round(run.events_per_second)}/s, ${run.cpu_seconds_per_million.toFixed(1)} CPU s per million, ${Math.round(run.peak_rss_mb)} MiB`);
  };
  const pairs = processes.map((count) => ({ processor: ours(platform, count), analyzer: ours(platform, count, 'analyzer') }));
  const others: readonly { readonly contender: Contender; readonly settings?: StreamsSettings }[] = [
    ...Object.entries(peers).map(([name, settings]) => ({ settings, contender: profilePeer(platform, jars, name, settings, () => source) })),
    ...processes.map((count) => ({ contender: limit(platform, count, learnt, () => signalTopics(source)) })),
  ].filter(({ contender }) => only.includes(contender.side));

  for (let round = 0; round < runs; round++) {
    const apps: string[] = [];
    const nextApp = (): string => {
      apps.push(`r${round}n${apps.length}`);
      return apps.at(-1) ?? '';
    };
    for (const { processor, analyzer } of pairs) {
      const own = nextApp();
      await measure(processor, own, 'processor', events);
      log ??= await platform.reading((kafka) => signalLog(kafka, own));
      if (apps.length === 1) source = own;
      if (!only.includes('ours')) break;
      // Another number of processes gives the same signals, in other transactions: at other offsets.
      const taken = await platform.reading((kafka) => signalLog(kafka, own));
      await measure(analyzer, own, 'ours', taken);
      app ??= own;
      shape ??= await platform.reading((kafka) => learnShape(kafka, own, taken.records, PROFILE_OUTPUTS));
    }
    const taken = await platform.reading((kafka) => signalLog(kafka, source));
    for (const { contender } of others) {
      const own = nextApp();
      await measure(contender, own, contender.side, taken);
      if (contender.side !== 'peer' || app === null || sameCounts !== null) continue;
      const compared = [app, own] as const;
      sameCounts = await platform.reading((kafka) => requireSameCounts(kafka, compared));
      say(`the peer counted the same: ${JSON.stringify(sameCounts)}`);
    }
    for (const done of apps) if (done !== app) await platform.discard(`${done}.`);
  }
  const runsOf = ({ side, name }: Contender, runs: readonly Throughput[], settings?: StreamsSettings): Measured => ({ side, name, runs, ...(settings === undefined ? {} : { settings }) });
  const measured = [
    ...pairs.map(({ analyzer }) => runsOf(analyzer, found.get(analyzer) ?? [])),
    ...others.map(({ contender, settings }) => runsOf(contender, found.get(contender) ?? [], settings)),
  ];
  return { processor: pairs.map(({ processor }) => runsOf(processor, found.get(processor) ?? [])), measured, log: log ?? { ends: new Map(), records: 0 }, sameCounts, app };
}
