/** From measurements to a bench's result: one JSON line for machines, a table for people. */
import type { Side } from './contenders.ts';
import type { Latency } from './latency.ts';
import type { StreamsSettings } from './peer/settings.ts';
import { rounded, spread, type Spread } from './statistics.ts';
import type { Throughput } from './throughput.ts';

/** Runs of one contender. */
export interface Measured {
  readonly side: Side;
  readonly name: string;
  readonly settings?: StreamsSettings;
  readonly runs: readonly Throughput[];
}

export interface MeasuredLatency {
  readonly side: Side;
  readonly settings?: StreamsSettings;
  readonly runs: readonly Latency[];
}

interface Figures {
  readonly events_per_second: Spread;
  readonly cpu_seconds_per_million: Spread;
  readonly peak_rss_mb: Spread;
  readonly broker_cpu_seconds_per_million: Spread;
  readonly settings?: StreamsSettings;
}

export interface SideResult {
  /** Medians of the contender with the most events per second, of the one with the least processor time, and of the former's memory. */
  readonly events_per_second: number;
  readonly cpu_seconds_per_million: number;
  readonly peak_rss_mb: number;
  readonly latency_ms: ({ readonly [name in 'p50' | 'p99' | 'max' | 'due_p99']: Spread } & { readonly settings?: StreamsSettings }) | null;
  readonly variants: Readonly<Record<string, Figures>>;
}

/** What every bench says. */
export interface Comparison {
  readonly ours: SideResult | null;
  readonly peers: { readonly 'kafka-streams'?: SideResult };
  readonly limit: SideResult | null;
  readonly ratios: { readonly [name in 'cpu' | 'wall' | 'limit' | 'latency_p99']: number | null };
}

export interface BenchResult extends Comparison {
  readonly bench: 'processor';
  readonly same_work: Readonly<Record<string, number>> | null;
  readonly input: { readonly events: number; readonly partitions: number; readonly cores: number; readonly runs: number };
}

export function resultOf(measured: readonly Measured[], latencies: readonly MeasuredLatency[], sameWork: BenchResult['same_work'], input: BenchResult['input']): BenchResult {
  return { bench: 'processor', ...comparisonOf(measured, latencies), same_work: sameWork, input };
}

export function comparisonOf(measured: readonly Measured[], latencies: readonly MeasuredLatency[]): Comparison {
  const side = (of: Side): SideResult | null => sideResult(measured.filter((one) => one.side === of), latencies.find((one) => one.side === of));
  const [ours, peer, limit] = [side('ours'), side('peer'), side('limit')];
  return {
    ours,
    peers: peer === null ? {} : { 'kafka-streams': peer },
    limit,
    ratios: {
      cpu: ratio(peer?.cpu_seconds_per_million, ours?.cpu_seconds_per_million),
      wall: ratio(ours?.events_per_second, peer?.events_per_second),
      limit: ratio(ours?.events_per_second, limit?.events_per_second),
      latency_p99: ratio(peer?.latency_ms?.p99.median, ours?.latency_ms?.p99.median),
    },
  };
}

/** Null where one of them was not measured. */
export function ratio(better: number | undefined, worse: number | undefined): number | null {
  return better === undefined || worse === undefined || Number.isNaN(better / worse) ? null : rounded(better / worse);
}

export function sideResult(measured: readonly Measured[], latency: MeasuredLatency | undefined): SideResult | null {
  const variants = measured.filter(({ runs }) => runs.length > 0).map(({ name, settings, runs }) => [name, { ...figures(runs), ...(settings === undefined ? {} : { settings }) }] as const);
  const fastest = variants.map(([, one]) => one).sort((a, b) => b.events_per_second.median - a.events_per_second.median)[0];
  if (fastest === undefined) return null;
  return {
    events_per_second: fastest.events_per_second.median,
    cpu_seconds_per_million: Math.min(...variants.map(([, one]) => one.cpu_seconds_per_million.median)),
    peak_rss_mb: fastest.peak_rss_mb.median,
    latency_ms: latency === undefined ? null : latencyOf(latency),
    variants: Object.fromEntries(variants),
  };
}

const over = <Run>(runs: readonly Run[], of: (run: Run) => number): Spread => {
  const { median, min, max } = spread(runs.map(of));
  return { median: rounded(median), min: rounded(min), max: rounded(max) };
};

function figures(runs: readonly Throughput[]): Figures {
  return {
    events_per_second: over(runs, (run) => run.events_per_second),
    cpu_seconds_per_million: over(runs, (run) => run.cpu_seconds_per_million),
    peak_rss_mb: over(runs, (run) => run.peak_rss_mb),
    broker_cpu_seconds_per_million: over(runs, (run) => run.broker_cpu_seconds_per_million),
  };
}

function latencyOf({ runs, settings }: MeasuredLatency): SideResult['latency_ms'] {
  return { p50: over(runs, ({ p50 }) => p50), p99: over(runs, ({ p99 }) => p99), max: over(runs, ({ max }) => max), due_p99: over(runs, ({ due_p99 }) => due_p99), ...(settings === undefined ? {} : { settings }) };
}

const HEADINGS = ['', 'a second', 'CPU s per million', 'peak RSS MiB', "broker's CPU s", 'p50 ms', 'p99 ms'];

/** Medians, with the least and the most in brackets. `more`: rows besides those of the comparison. */
export function tableOf(result: Comparison, more: readonly (readonly [string, SideResult | null])[] = []): string {
  const text = ({ median, min, max }: Spread): string => (min === max ? String(median) : `${median} [${min} to ${max}]`);
  const rows: string[][] = [HEADINGS];
  for (const [side, found] of [...more, ['ours', result.ours], ['kafka-streams', result.peers['kafka-streams']], ['limit', result.limit]] as const) {
    if (found === null || found === undefined) continue;
    for (const [name, one] of Object.entries(found.variants)) {
      rows.push([`${side}, ${name}`, text(one.events_per_second), text(one.cpu_seconds_per_million), text(one.peak_rss_mb), text(one.broker_cpu_seconds_per_million), '', '']);
    }
    if (found.latency_ms !== null) rows.push([`${side}, latency`, '', '', '', '', text(found.latency_ms.p50), text(found.latency_ms.p99)]);
  }
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const lines = rows.map((row) => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ').trimEnd());
  const { cpu, wall, limit, latency_p99 } = result.ratios;
  return [...lines, '', `ratios (above 1: ours is better): cpu ${String(cpu)}, wall ${String(wall)}, limit ${String(limit)} of it reached, latency p99 ${String(latency_p99)}`].join('\n');
}
