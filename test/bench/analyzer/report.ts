/** From measurements to the result of the analyzer's bench. */
import { comparisonOf, ratio, sideResult, tableOf, type Comparison, type Measured, type SideResult } from '../report.ts';
import { rounded } from '../statistics.ts';
import type { TrainingCost } from '../trainingStall.ts';
import type { Restored } from './restore.ts';
import type { SameCounts } from './sameCounts.ts';
import type { TickCost } from './ticks.ts';

/** `events_per_second` and what is per million: of signals, but for the processor's. */
export interface AnalyzerResult extends Comparison {
  readonly bench: 'analyzer';
  /** In the same run, over the events that the signals come of. */
  readonly processor: SideResult | null;
  /** Signals of ours over events of the processor, a second and per CPU second; each side's best. */
  readonly beside_processor: { readonly wall: number | null; readonly cpu: number | null };
  readonly same_counts: SameCounts | null;
  readonly restore: Restored | null;
  /** Bytes of memory per restored user. */
  readonly bytes_per_user: number | null;
  readonly ticks: readonly TickCost[];
  readonly training: TrainingCost | null;
  readonly input: { readonly events: number; readonly signals: number; readonly days: number; readonly partitions: number; readonly cores: number; readonly runs: number };
}

interface Found {
  readonly processor: readonly Measured[];
  readonly measured: readonly Measured[];
  readonly sameCounts: SameCounts | null;
  readonly restored: Restored | null;
  readonly ticks: readonly TickCost[];
  readonly training: TrainingCost | null;
  readonly input: AnalyzerResult['input'];
}

export function analyzerResult({ processor: runs, measured, sameCounts, restored, ticks, training, input }: Found): AnalyzerResult {
  const comparison = comparisonOf(measured, []);
  const processor = sideResult(runs, undefined);
  const { ours } = comparison;
  return {
    bench: 'analyzer',
    ...comparison,
    processor,
    beside_processor: { wall: ratio(ours?.events_per_second, processor?.events_per_second), cpu: ratio(processor?.cpu_seconds_per_million, ours?.cpu_seconds_per_million) },
    same_counts: sameCounts,
    restore: restored,
    bytes_per_user: restored?.bytes_per_user?.counted ?? null,
    ticks,
    training,
    input,
  };
}

export function analyzerTable(result: AnalyzerResult): string {
  const { beside_processor: beside, restore, ticks, training } = result;
  return [
    tableOf(result, [['processor', result.processor]]),
    `beside the processor's events: ${String(beside.wall)} a second, ${String(beside.cpu)} per CPU second`,
    ...(restore === null ? [] : [`restore: ${JSON.stringify(restore)}`]),
    ...ticks.map(({ findings, profile, cohort }) => `ticks, ${findings} findings: profile ${rounded(profile.hourly_ms)} ms hourly, ${rounded(profile.midnight_ms)} ms at midnight; cohort ${rounded(cohort.hourly_ms)} and ${rounded(cohort.midnight_ms)} ms`),
    ...(training === null ? [] : [`training: ${JSON.stringify(training)}`]),
  ].join('\n');
}
