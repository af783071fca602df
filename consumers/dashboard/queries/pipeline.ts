/** The pipeline as ClickHouse knows it: what came in by hour, dead letters, what rules and model gave. */
import { CANARY_FEATURE } from '../../../schemas/topics.ts';
import type { PipelineShape } from '../shapes.ts';
import type { Ask } from './ask.ts';
import { modelRow, readModels } from './expertise.ts';

export type StoredHealth = NonNullable<PipelineShape['tables']>;

const HOURS = 48;
/** An example is for a person to recognise the kind by; a whole event has no place on a page. */
const EXAMPLE_CHARS = 300;

export async function readStoredHealth(ask: Ask): Promise<StoredHealth> {
  const [hours, letters, rules, [model], precision, [canary]] = await Promise.all([
    ask<StoredHealth['hours'][number]>(
      `SELECT toUnixTimestamp(toStartOfHour(received_at)) * 1000 AS hour, count() AS events, round(quantile(0.99)(greatest(0, dateDiff('millisecond', occurred_at, received_at))) / 1000, 1) AS p99_late_seconds
FROM events WHERE received_at >= (SELECT max(received_at) FROM events_raw) - toIntervalHour({hours:UInt16}) GROUP BY hour ORDER BY hour DESC LIMIT 60`,
      { hours: HOURS },
    ),
    ask<StoredHealth['dead_letters'][number]>(
      `SELECT toString(reason) AS reason, toString(step) AS step, count() AS letters, toUnixTimestamp64Milli(min(failed_at)) AS first, toUnixTimestamp64Milli(max(failed_at)) AS last, substringUTF8(argMax(detail, failed_at), 1, {chars:UInt16}) AS example
FROM dead_letters GROUP BY reason, step ORDER BY letters DESC LIMIT 50`,
      { chars: EXAMPLE_CHARS },
    ),
    ask<StoredHealth['rules'][number]>(
      `SELECT toString(rule_id) AS rule_id, countIf(state = 'holds') AS holds, countIf(state = 'near') AS near, countIf(state = 'below') AS below, countIf(state = 'insufficient_data') AS insufficient_data, toUnixTimestamp64Milli(max(f.evaluated_at)) AS evaluated_at
FROM findings AS f WHERE f.evaluated_at = (SELECT max(evaluated_at) FROM findings) GROUP BY rule_id ORDER BY rule_id LIMIT 200`,
    ),
    readModels(ask, 1),
    ask<StoredHealth['precision'][number]>('SELECT toString(p.week) AS week, dimension, useful, not_useful, precision FROM challenge_precision AS p ORDER BY p.week DESC, dimension LIMIT 52'),
    // Of the raw table: twice the same is as good here, and the page asks often. Of all time, so that a canary that is dead does not disappear: rows are not in the order of time, so days would
    // spare no row but cost a second column of each; the feature alone is a byte or two a row, and the canary's rows lie together.
    ask<{ at: number; seen: number }>('SELECT toUnixTimestamp64Milli(max(occurred_at)) AS at, count() AS seen FROM signals_raw WHERE feature = {feature:String}', { feature: CANARY_FEATURE }),
  ]);
  return { hours, dead_letters: letters, canary_at: canary === undefined || canary.seen === 0 ? null : canary.at, rules, precision, model: model === undefined ? null : modelRow(model) };
}
