/** The model of levels as a picture: users over its axes, sizes at each training, movements between levels. */
import type { Scaling } from '../../../schemas/records.ts';
import type { ExpertiseShape, ModelRow } from '../shapes.ts';
import type { Ask } from './ask.ts';
import { FEWEST_SHOWN, isFew, MODELLED, shownLevels, shownParts, shownUsers } from './few.ts';

/** Ours: a quarter and more of Mondays; points beyond that many do not tell more. */
const MOST_MODELS = 26;
const MOST_POINTS = 1_500;
const MOVES_DAYS = 84;

interface Row extends Omit<ModelRow, 'trained_at' | 'sizes' | 'moved_users' | 'moved_model'> {
  readonly at: number;
  readonly sizes: readonly number[];
  readonly moved_users: number;
  readonly moved_model: number;
  readonly trained_on: { readonly from_ms: number; readonly to_ms: number; readonly users: number };
  readonly features: readonly string[];
  readonly scaling: readonly Scaling[];
  readonly centroids: readonly (readonly number[])[];
}

const modelsSql = (most: number): string =>
  `SELECT toUnixTimestamp64Milli(trained_at) AS at, decision, why, labels, sizes, silhouette, churn, moved_users, moved_model, features, scaling, centroids,
  CAST((toUnixTimestamp64Milli(trained_on.from), toUnixTimestamp64Milli(trained_on.to), trained_on.users), 'Tuple(from_ms Int64, to_ms Int64, users Int64)') AS trained_on FROM expertise_models ORDER BY trained_at DESC LIMIT ${String(most)}`;

/** `why` tells of how many users, so the sizes are parts of a whole; and a share of at most so many is a number of them. */
export function modelRow({ at, decision, why, labels, sizes, silhouette, churn, moved_users, moved_model, trained_on }: Row): ModelRow {
  const few = churn !== null && churn > 0 && Math.floor(churn * trained_on.users + 1e-9) < FEWEST_SHOWN;
  return { trained_at: at, decision, why, labels, sizes: shownParts(sizes), silhouette, churn: few ? null : churn, moved_users: shownUsers(moved_users), moved_model: shownUsers(moved_model) };
}

export const readModels = (ask: Ask, most: number): Promise<Row[]> => ask<Row>(modelsSql(most));

export async function readExpertise(ask: Ask): Promise<ExpertiseShape> {
  const models = await readModels(ask, MOST_MODELS);
  const [latest] = models;
  const [sizes, moves, [since], points] = await Promise.all([
    ask<{ at: number; level: string; users: number }>(
      `SELECT toUnixTimestamp64Milli(trained_at) AS at, toString(h.level) AS level, count() AS users
FROM (SELECT trained_at, effective_from FROM expertise_models ORDER BY trained_at DESC LIMIT {most:UInt32}) AS m CROSS JOIN expertise_history AS h
WHERE h.valid_from <= m.effective_from AND m.effective_from < h.valid_to AND level IN {levels:Array(String)} GROUP BY at, level ORDER BY at, level`,
      { most: MOST_MODELS, levels: MODELLED },
    ),
    ask<{ from: string; to: string; users: number; median_days_before: number }>(
      `SELECT toString(from_level) AS from, toString(to_level) AS to, count() AS users, quantileExactLow(0.5)(days_before) AS median_days_before
FROM level_transitions WHERE since > (SELECT max(since) FROM expertise_levels) - toIntervalDay({days:UInt16}) GROUP BY from, to ORDER BY from, to LIMIT 60`,
      { days: MOVES_DAYS },
    ),
    ask<{ rows: number; at: number }>('SELECT count() AS rows, toUnixTimestamp64Milli(max(since) - toIntervalDay({days:UInt16})) AS at FROM expertise_levels', { days: MOVES_DAYS }),
    latest === undefined || latest.centroids.length === 0 ? Promise.resolve([]) : readPoints(ask, latest),
  ]);
  return {
    models: models.map(modelRow),
    axes: latest?.features ?? [], labels: latest?.labels ?? [],
    // The center of few users is what those do.
    centroids: (latest?.centroids ?? []).map((centroid, at) => (isFew(latest?.sizes[at] ?? 0) ? null : centroid)),
    points: shownPoints(points, latest),
    sizes: [...Map.groupBy(sizes, ({ at }) => at)].flatMap(([at, rows]) => shownLevels(rows).map((row) => ({ at, ...row }))),
    moves: moves.map((move) => (isFew(move.users) ? { ...move, users: null, median_days_before: null } : move)),
    moves_since: since === undefined || since.rows === 0 ? null : since.at,
  };
}

/** None of a level that has few, nor of one whose size is not told: they could be counted. */
export function shownPoints(points: ExpertiseShape['points'], latest: Pick<Row, 'labels' | 'sizes'> | undefined): ExpertiseShape['points'] {
  const sizes = shownParts(latest?.sizes ?? []);
  const untold = new Set((latest?.labels ?? []).filter((_, at) => sizes[at] === null));
  return [...Map.groupBy(points, ({ level }) => level)].flatMap(([level, own]) => (isFew(own.length) || untold.has(level) ? [] : own));
}

/**
 * The vectors that the model was trained on are not kept. These are made again from the signals as docs/expertise.md defines them, of the same 28 days, but for the
 * reference's medians, for which those of the days themselves stand. No id leaves ClickHouse.
 */
async function readPoints(ask: Ask, { trained_on, scaling }: Row): Promise<ExpertiseShape['points']> {
  const rows = await ask<{ level: string; values: readonly (number | null)[] }>(
    `WITH fromUnixTimestamp64Milli({from:Int64}, 'UTC') AS start, fromUnixTimestamp64Milli({to:Int64}, 'UTC') AS end,
  levels AS (SELECT user_id, toString(level) AS level FROM expertise_current WHERE level IN {levels:Array(String)} ORDER BY cityHash64(user_id) LIMIT {most:UInt32}),
  seen AS (SELECT user_id, toString(class) AS class, stage, feature, ifNull(outcome, '') AS outcome, ifNull(measure, '') AS measure, duration_ms, ifNull(censored, false) AS open_end, properties['timer'] = 'true' AS by_timer, toDate(occurred_at) AS day
    FROM signals WHERE occurred_at >= start AND occurred_at < end AND class IN ('action', 'time') AND properties['late'] != 'true'),
  medians AS (SELECT feature, quantileExactLow(0.5)(duration_ms) AS median_ms FROM seen WHERE measure = 'completion' AND NOT open_end GROUP BY feature)
SELECT any(level) AS level, [
  log(uniqExact(feature) / uniqExact(stage)),
  log(countIf(class = 'action' AND NOT by_timer) / uniqExactIf(day, NOT by_timer)),
  (countIf(outcome = 'completed') + 4) / (countIf(outcome IN ('completed', 'failed', 'abandoned')) + 5),
  if(countIf(measure = 'completion' AND NOT open_end) = 0, NULL, -log(quantileExactLowIf(0.5)(greatest(1, ifNull(duration_ms, 1)) / greatest(1, ifNull(median_ms, 1)), measure = 'completion' AND NOT open_end)))] AS values
FROM seen INNER JOIN levels USING (user_id) LEFT JOIN medians USING (feature) GROUP BY user_id LIMIT {most:UInt32}`,
    { from: trained_on.from_ms, to: trained_on.to_ms, levels: MODELLED, most: MOST_POINTS },
  );
  const scaled = (value: number | null | undefined, { low, high, center, scale }: Scaling): number => (value === null || value === undefined || !Number.isFinite(value) ? 0 : (Math.min(Math.max(value, low), high) - center) / scale);
  return rows.map(({ level, values }) => ({ level, at: scaling.map((one, axis) => Math.round(scaled(values[axis], one) * 1_000) / 1_000) }));
}
