/**
 * What is wrong with the demo's platform: 17 challenges of education and training, 6 of simplicity (the paper's counts), and decoys.
 * Days count from the start of the history. Shares and factors keep well clear of the rules' thresholds (semantics.md 5), since
 * thousands of hourly ticks test them; the decoys marked "just under" stay at least 8 points or a fifth below.
 */
import type { Cause, Dimension, SignalClass } from '../../schemas/records.ts';
import type { Random } from './random.ts';
import { SMALL_TEAM } from './teams.ts';
import type { PerBehaviour } from './types.ts';

interface ErrorText {
  readonly code: string;
  readonly cause: Cause;
  /** `{4..63}` stands for a number drawn anew each time. */
  readonly message: string;
}

export type Effect =
  /** Those concerned (`share` of the feature's users) meet the error on a visit with probability `rate`. */
  | ({ readonly kind: 'error'; readonly share: PerBehaviour; readonly rate: number; readonly team?: string } & ErrorText)
  /** Durations are multiplied. */
  | { readonly kind: 'slow'; readonly factor: PerBehaviour }
  /** Attempts of those concerned fail or are given up with probability `rate`, and are tried again. */
  | { readonly kind: 'stuck'; readonly share: PerBehaviour; readonly rate: number }
  /** Beginners do not go there. */
  | { readonly kind: 'unused' }
  /** Nothing is wrong, it only looks so. */
  | { readonly kind: 'none' };

export interface Problem {
  readonly feature: string;
  readonly from: number;
  /** Null: never fixed. */
  readonly until: number | null;
  /** Days over which it comes, and over which it goes when fixed. */
  readonly ramp: number;
  readonly effect: Effect;
  readonly planted: { readonly rule_id: string; readonly dimension: Dimension; readonly signal_class: SignalClass } | null;
  /** Decoys: why nothing may be found. */
  readonly why: string | null;
}

const per = (expert: number, intermediate: number, beginner: number, infrequent: number): PerBehaviour => ({ expert, intermediate, beginner, infrequent });

const EVERYONE = per(0.92, 0.95, 0.98, 0.8);
const NOVICES = per(0.01, 0.3, 0.92, 0.5);
const RATE = 0.93;
const STUCK_RATE = 0.88;
/** Against the ratio 2 × g that `slow-novices` asks for, this is twice the threshold. */
const SLOW_NOVICES = per(1, 1.6, 4.2, 3);
const SLOW_EVERYONE = per(5, 5, 5, 5);
/** Medians must move together: a sudden change reaches the levels at different times and looks like `slow-novices` for some days. */
const SLOW_RAMP_DAYS = 24;

type Span = readonly [from: number, until: number | null];
const planted = (rule_id: string, dimension: Dimension, signal_class: SignalClass, ramp: number, effect: Effect) => (feature: string, [from, until]: Span): Problem => ({
  feature, from, until, ramp, effect, planted: { rule_id, dimension, signal_class }, why: null,
});
const errorEveryone = (feature: string, span: Span, text: ErrorText): Problem => planted('error-everyone', 'SoP', 'error', 0, { kind: 'error', share: EVERYONE, rate: RATE, ...text })(feature, span);
const errorNovices = (feature: string, span: Span, text: ErrorText): Problem => planted('error-novices', 'ET', 'error', 0, { kind: 'error', share: NOVICES, rate: RATE, ...text })(feature, span);
const slowEveryone = planted('slow-everyone', 'SoP', 'time', SLOW_RAMP_DAYS, { kind: 'slow', factor: SLOW_EVERYONE });
const slowNovices = planted('slow-novices', 'ET', 'time', 0, { kind: 'slow', factor: SLOW_NOVICES });
const stuckEveryone = planted('abandoned-everyone', 'SoP', 'action', 0, { kind: 'stuck', share: EVERYONE, rate: STUCK_RATE });
const stuckNovices = planted('abandoned-novices', 'ET', 'action', 0, { kind: 'stuck', share: NOVICES, rate: STUCK_RATE });
const unusedByNovices = planted('unused-by-novices', 'ET', 'action', 0, { kind: 'unused' });
const decoy = (feature: string, from: number, effect: Effect, why: string): Problem => ({ feature, from, until: null, ramp: 0, effect, planted: null, why });

const text = (code: string, cause: Cause, message: string): ErrorText => ({ code, cause, message });

export const PROBLEMS: readonly Problem[] = [
  // Simplicity of the platform. (paper: creating a notebook)
  errorEveryone('create_notebook', [30, 92], text('RESOURCES_EXHAUSTED', 'quota', 'no node with {4..63} GiB free after {60..599} s')),
  errorEveryone('batch_scoring', [70, null], text('PARTITION_SKEW', 'platform', 'shard {0..63} of 64 exceeded its memory')),
  slowEveryone('backfill_features', [40, null]),
  slowEveryone('gpu_request', [27, 84]),
  stuckEveryone('label_review', [50, null]),
  stuckEveryone('canary_release', [22, 88]),

  // Education and training. (paper: model training and data connectors)
  errorNovices('train_model', [25, null], text('OUT_OF_MEMORY', 'user', 'container killed: asked for {2..7} GiB, used {9..38} GiB')),
  errorNovices('query_editor', [40, 86], text('UNKNOWN_COLUMN', 'user', "column 'c_{0..899}' is not in table 'stage_{0..89}'")),
  errorNovices('transform_pipeline', [60, null], text('SCHEMA_MISMATCH', 'user', 'step {1..9} gives {3..22} columns, the next takes {24..32}')),
  errorNovices('register_model', [76, null], text('SIGNATURE_MISSING', 'user', 'model {1000..9999} has no input signature')),
  errorNovices('api_keys', [50, 97], text('SCOPE_DENIED', 'user', 'the key lacks a scope for endpoint {100..999}')),
  slowNovices('clean_rules', [34, null]),
  slowNovices('feature_definition', [55, 96]),
  slowNovices('dataset_split', [65, null]),
  slowNovices('drift_alerts', [80, null]),
  stuckNovices('connect_source', [20, 90]),
  stuckNovices('schema_mapping', [62, null]),
  stuckNovices('feature_store_publish', [45, null]),
  stuckNovices('distributed_training', [30, 82]),
  stuckNovices('autoscaling', [72, null]),
  unusedByNovices('data_quality', [0, null]),
  unusedByNovices('feature_lineage', [58, null]),
  unusedByNovices('model_evaluation', [46, 93]),

  decoy('import_file', 30, { kind: 'error', share: per(0.01, 0.2, 0.38, 0.2), rate: RATE, ...text('BAD_ENCODING', 'user', 'byte {0..254} at row {0..89999}') }, 'error-novices, just under: 38 % of beginners'),
  decoy('run_notebook', 30, { kind: 'error', share: per(0.42, 0.55, 0.66, 0.4), rate: RATE, ...text('KERNEL_RESTARTED', 'platform', 'kernel {0..8999} restarted') }, 'error-everyone, just under: 42, 55 and 66 %'),
  decoy('embedding_builder', 30, { kind: 'slow', factor: per(1, 1.2, 1.45, 1.3) }, 'slow-novices, just under: three quarters of the ratio'),
  decoy('resume_checkpoint', 30, { kind: 'slow', factor: per(2.1, 2.1, 2.1, 2.1) }, 'slow-everyone, just under: experts at 1.4 × expected'),
  decoy('pipeline_release', 30, { kind: 'stuck', share: per(0.01, 0.15, 0.32, 0.2), rate: STUCK_RATE }, 'abandoned-novices, just under: a third of beginners'),
  decoy('rollback', 30, { kind: 'stuck', share: per(0.34, 0.6, 0.68, 0.5), rate: STUCK_RATE }, 'abandoned-everyone, just under: a third of experts'),
  decoy('endpoint_logs', 35, { kind: 'error', share: per(0.95, 0.95, 0.97, 0.9), rate: RATE, ...text('UPSTREAM_TIMEOUT', 'dependency', 'log store did not answer in {10..59} s') }, 'a flaky dependency: everyone sees it'),
  decoy('label_project', 55, { kind: 'error', share: per(0.98, 0.98, 0.98, 0.98), rate: RATE, team: SMALL_TEAM.team, ...text('GROUP_QUOTA', 'quota', 'the group has used {101..150} % of its quota') }, `one team only: ${SMALL_TEAM.team}`),
  decoy('hyperparameter_sweep', 0, { kind: 'stuck', share: per(1, 1, 1, 1), rate: 0.72 }, 'a sweep full of retries, by design'),
  decoy('experiment_tracking', 0, { kind: 'none' }, 'core, used by few beginners, but by enough (22 %)'),
];

/** A message with its numbers. */
export function fill(message: string, random: Random): string {
  return message.replace(/\{(\d+)\.\.(\d+)\}/g, (_, low: string, high: string) => String(Number(low) + random.int(Number(high) - Number(low) + 1)));
}

/** How strong a problem is on a day of the history: 0 to 1. */
export function strength(problem: Problem, day: number): number {
  if (day < problem.from) return 0;
  const up = problem.ramp === 0 ? 1 : Math.min(1, (day - problem.from + 1) / problem.ramp);
  if (problem.until === null || day < problem.until) return up;
  return problem.ramp === 0 ? 0 : Math.max(0, up - (day - problem.until + 1) / problem.ramp);
}
