/**
 * The bench of the sink: one broker, one log of signals, and into the same table of a fresh ClickHouse each time, in turn, the production sink, the same rows
 * from memory by the same client (the limit; and once more with all blocks finished beforehand), and ClickHouse's own Kafka engine (the peer). A row's processor time is that of ClickHouse and of whoever feeds it.
 */
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connectClickHouse } from '../../../infra/clickhouse/client.ts';
import { connector } from '../../../infra/kafka/kafkajs.ts';
import { startLocalClickHouse } from '../../../infra/local/clickhouse.ts';
import { startPart, type PartProcess } from '../../../infra/local/supervise.ts';
import type { ClickHouse } from '../../../infra/ports.ts';
import { readSettings } from '../../../infra/settings.ts';
import { appName } from '../../../schemas/topics.ts';
import { PARTITIONS, startPlatform, type Platform } from '../platform.ts';
import { cpuSeconds, peakRssMb } from '../processes.ts';
import { rounded, spread, type Spread } from '../statistics.ts';
import { startEngine, type EngineSettings } from './engine.ts';
import { fill, topicOf } from './signals.ts';

export const SIDES = ['ours', 'limit', 'blocks', 'engine'] as const;
type Side = (typeof SIDES)[number];

export interface SinkBenchOptions {
  readonly signals: number;
  /** Of which the engine gets the first: it takes minutes for a million. */
  readonly engineSignals: number;
  readonly runs: number;
  readonly only: readonly Side[];
  readonly engine: EngineSettings;
  readonly say: (line: string) => void;
}

interface Run {
  readonly rows_per_second: number;
  /** Of ClickHouse and of whoever feeds it. */
  readonly cpu_seconds_per_million: number;
  /** Of which of whoever feeds it; 0 for the engine, which is part of ClickHouse. */
  readonly feeder_cpu_seconds_per_million: number;
  readonly feeder_peak_rss_mb: number;
  readonly clickhouse_peak_rss_mb: number;
  /** Informative. */
  readonly broker_cpu_seconds_per_million: number;
}

type SideResult = { readonly [K in keyof Run]: number } & { readonly runs: { readonly [K in keyof Run]: Spread } };

export interface SinkBench {
  readonly bench: 'sink';
  readonly ours: SideResult | null;
  readonly peers: Readonly<Record<string, SideResult>>;
  readonly limit: SideResult | null;
  /** Nothing but the inserts of finished blocks. */
  readonly blocks: SideResult | null;
  /** Above 1: ours is better. `limit`: the share of the limit's rows per second that ours reaches; `limit_cpu`: of its rows per CPU second; `blocks`, `blocks_cpu`: the same of the finished blocks. */
  readonly ratios: { readonly cpu: number | null; readonly wall: number | null; readonly limit: number | null; readonly limit_cpu: number | null; readonly blocks: number | null; readonly blocks_cpu: number | null; readonly latency_p99: null };
  readonly input: { readonly signals: number; readonly engine_signals: number; readonly record_bytes: number; readonly partitions: number; readonly cores: number; readonly runs: number; readonly engine: EngineSettings };
}

const APP = 'bench';
/** Of the shorter log. */
const ENGINE_APP = 'engine';
const SEED = 20;
const ENGINE_NAME = 'ClickHouse Kafka engine';
/** The first fifth warms up; the last twentieth is left out, since whoever waits for more rows waits there. */
const FROM = 0.2;
const TO = 0.95;
/** Seen only now, the rest may well be on its way already, and its cost in what was before: a log so short is measured from the start, with a start's cost in it. */
const LATEST_FROM = 0.5;
const ASK_EVERY_MS = 50;
const LIMIT_MS = 15 * 60_000;

const BINARY = fileURLToPath(new URL('../../../infra/cli/chokepoint.ts', import.meta.url));
const LIMIT_MEMBER = fileURLToPath(new URL('limitMember.ts', import.meta.url));

export async function benchSink(options: SinkBenchOptions): Promise<SinkBench> {
  const { signals, runs, only, say } = options;
  const platform = await startPlatform();
  try {
    const filling = { signals, seed: SEED, end: Date.now() - 600_000 };
    await platform.prepare(APP);
    const bytes = await fill(platform, { ...filling, app: APP });
    await platform.prepare(ENGINE_APP);
    await fill(platform, { ...filling, app: ENGINE_APP, first: Math.min(options.engineSignals, signals) });
    say(`${signals} signals of ${Math.round(bytes)} bytes in ${PARTITIONS} partitions`);
    const found: Record<Side, Run[]> = { ours: [], limit: [], blocks: [], engine: [] };
    const sums = new Map<Side, string>();
    for (let round = 0; round < runs; round++) {
      for (const side of SIDES) {
        if (!only.includes(side)) continue;
        const run = await measured(platform, side, `${side}-${round}`, options, (sum) => sums.set(side, sum));
        say(`${side}: ${Math.round(run.rows_per_second)} rows/s, ${run.cpu_seconds_per_million.toFixed(2)} CPU s per million (${run.feeder_cpu_seconds_per_million.toFixed(2)} of them outside of ClickHouse)`);
        found[side].push(run);
      }
    }
    const [one, other] = [sums.get('ours'), sums.get('engine')];
    if (one !== undefined && other !== undefined && one !== other) throw new Error(`the engine's table is not ours: ${one}, ${other}`);
    const [ours, limit, blocks, engine] = SIDES.map((side) => (found[side].length === 0 ? null : sideOf(found[side])));
    const ratio = (a: number | undefined, b: number | undefined): number | null => (a === undefined || b === undefined ? null : rounded(a / b));
    return {
      bench: 'sink',
      ours: ours ?? null, limit: limit ?? null, blocks: blocks ?? null, peers: engine === null || engine === undefined ? {} : { [ENGINE_NAME]: engine },
      ratios: {
        cpu: ratio(engine?.cpu_seconds_per_million, ours?.cpu_seconds_per_million), wall: ratio(ours?.rows_per_second, engine?.rows_per_second),
        limit: ratio(ours?.rows_per_second, limit?.rows_per_second), limit_cpu: ratio(limit?.cpu_seconds_per_million, ours?.cpu_seconds_per_million),
        blocks: ratio(ours?.rows_per_second, blocks?.rows_per_second), blocks_cpu: ratio(blocks?.cpu_seconds_per_million, ours?.cpu_seconds_per_million), latency_p99: null,
      },
      input: { signals, engine_signals: Math.min(options.engineSignals, signals), record_bytes: Math.round(bytes), partitions: PARTITIONS, cores: availableParallelism(), runs, engine: options.engine },
    };
  } finally {
    await platform.stop();
  }
}

async function measured(platform: Platform, side: Side, name: string, options: SinkBenchOptions, onSum: (sum: string) => void): Promise<Run> {
  const app = side === 'engine' ? ENGINE_APP : APP;
  const signals = side === 'engine' ? Math.min(options.engineSignals, options.signals) : options.signals;
  const dataDir = join(platform.dataDir, name);
  mkdirSync(dataDir);
  const server = await startLocalClickHouse({ dataDir, port: 0, log: platform.log });
  const env = { ...process.env, ...platform.env, CHOKEPOINT_APP: app, CLICKHOUSE_URL: server.url, SINK_PORT: '0' };
  const clickhouse = connectClickHouse({ ...readSettings(env).clickhouse, database: 'default' });
  let feeder: PartProcess | null = null;
  try {
    if (side === 'engine') await startEngine(env, app, options.engine);
    else {
      const args = side === 'ours' ? [BINARY, 'sink'] : [LIMIT_MEMBER, APP, side === 'limit' ? 'rows' : 'blocks'];
      feeder = await startPart({ name, command: process.execPath, args, env, dataDir, ready: () => true });
    }
    const failed = Promise.race([server.failed, ...(feeder === null ? [] : [feeder.failed])]);
    const pids = feeder === null ? [] : [feeder.pid];
    const read = (rows: number) => ({ rows, at: performance.now(), feeder: cpuSeconds(pids), clickhouse: cpuSeconds([server.pid]), broker: cpuSeconds([platform.brokerPid]) });
    const begun = read(0);
    const warm = read(await reach(clickhouse, app, signals * FROM, failed));
    const from = warm.rows <= signals * LATEST_FROM ? warm : begun;
    const to = read(await reach(clickhouse, app, signals * TO, failed));
    const million = (to.rows - from.rows) / 1e6;
    if (side === 'ours' || side === 'engine') {
      await reach(clickhouse, app, signals, failed);
      onSum(await sumOf(clickhouse, app, await platform.kafka.ends(topicOf(ENGINE_APP))));
    }
    return {
      rows_per_second: (million * 1e6) / ((to.at - from.at) / 1_000),
      cpu_seconds_per_million: (to.feeder - from.feeder + to.clickhouse - from.clickhouse) / million,
      feeder_cpu_seconds_per_million: (to.feeder - from.feeder) / million,
      feeder_peak_rss_mb: peakRssMb(pids),
      clickhouse_peak_rss_mb: peakRssMb([server.pid]),
      broker_cpu_seconds_per_million: (to.broker - from.broker) / million,
    };
  } finally {
    await feeder?.stop();
    await clickhouse.close();
    await server.stop();
    if (side === 'ours') await forget(platform);
  }
}

/** Resolves with the number of rows once it is at least this. Raw rows: nothing is there twice, and counting them costs nothing. */
async function reach(clickhouse: ClickHouse, app: string, rows: number, failed: Promise<Error>): Promise<number> {
  for (const until = performance.now() + LIMIT_MS; performance.now() < until; ) {
    // Before the sink has made the table there is none.
    const [count] = await clickhouse.query<{ rows: number }>(`SELECT count() AS rows FROM \`${app}\`.signals_raw`).catch(() => []);
    if (count !== undefined && count.rows >= rows) return count.rows;
    const failure = await Promise.race([pause(ASK_EVERY_MS, null), failed]);
    if (failure !== null) throw failure;
  }
  throw new Error(`${app} has not inserted ${rows} rows within ${LIMIT_MS / 60_000} minutes`);
}

/** The same for the same rows, of the shorter log alone: those before its ends, per partition. */
async function sumOf(clickhouse: ClickHouse, app: string, ends: readonly number[]): Promise<string> {
  const [row] = await clickhouse.query<{ sum: string }>(
    `SELECT concat(toString(count()), ' rows, ', toString(sum(cityHash64(toString(tuple(*)))))) AS sum FROM \`${app}\`.signals WHERE origin_offset < [${ends.join(', ')}][partition + 1]`,
  );
  return row?.sum ?? '';
}

/** The next run begins at offset 0 again. */
async function forget(platform: Platform): Promise<void> {
  const admin = connector(platform.settings.kafka, { clientId: 'bench', log: platform.log }).admin();
  await admin.connect();
  try {
    await admin.deleteGroups([appName('sink', APP)]);
  } finally {
    await admin.disconnect();
  }
}

function sideOf(runs: readonly Run[]): SideResult {
  const over = (name: keyof Run): Spread => {
    const { median, min, max } = spread(runs.map((run) => run[name]));
    return { median: rounded(median), min: rounded(min), max: rounded(max) };
  };
  const names = ['rows_per_second', 'cpu_seconds_per_million', 'feeder_cpu_seconds_per_million', 'feeder_peak_rss_mb', 'clickhouse_peak_rss_mb', 'broker_cpu_seconds_per_million'] as const satisfies readonly (keyof Run)[];
  const spreads = Object.fromEntries(names.map((name) => [name, over(name)])) as Record<keyof Run, Spread>;
  return { ...(Object.fromEntries(names.map((name) => [name, spreads[name].median])) as Record<keyof Run, number>), runs: spreads };
}
