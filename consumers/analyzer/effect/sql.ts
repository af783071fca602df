/**
 * The SQL of a fix's effect. It picks the cohort as the evidence's SQL counts it, at the tick that it is frozen at, and looks at the same users before and after.
 * Nothing of it is stored: watermarks only grow, so what a tick has seen is the same for good. One row per value before and after, with how many users have it;
 * no id leaves ClickHouse.
 */
import type { Challenge } from '../../../schemas/records.ts';
import { countingOf, INFINITE } from '../evidence/counting.ts';
import { list, time } from '../evidence/literal.ts';
import { BOUNDARIES, columnsOf, SEEN, slowBound, type RuleShape } from '../evidence/sql.ts';
import { FEWEST_SHOWN } from '../rules/shownTeams.ts';
import { startOfDay } from '../time.ts';
import { daysEarlier, earlier, type Periods } from './periods.ts';

/** Of these the cohort is. */
export type Frozen = Pick<Challenge, 'stage' | 'feature' | 'fingerprint' | 'window_from' | 'evaluated_at' | 'evaluated_to' | 'evidence'>;

export interface EffectRow {
  /** The users who were affected, or those who could have been and were not. */
  readonly is_affected: boolean;
  /** Users of the cohort, seen before and after or not. */
  readonly picked: number;
  /** 1: affected in the period; of medians the user's, in ms; null: most attempts had no end. */
  readonly before: number | null;
  readonly after: number | null;
  readonly users: number;
}

/** Ours: more users make no interval narrower than one would look at. */
const MOST_USERS = 10_000;

const UNSEEN = "watermark < tick AND properties['late'] != 'true'";

function statement(frozen: Frozen, rule: RuleShape, { before_from, before_to, after_from, after_to }: Periods, evaluatedTo: readonly number[] | null): string {
  const { stage, feature, fingerprint, evaluated_at: tick, window_from: from } = frozen;
  const isMedian = rule.counted === 'median';
  const { columns, where, people } = countingOf({ counted: rule.counted, stage, feature, fingerprint, slow: slowBound(frozen, rule) });
  // Of what is not used, the trouble is with those who do not.
  const affected = rule.counted === 'used' ? 'NOT is_affected' : 'is_affected';
  const seen = evaluatedTo === null ? `occurred_at >= window_from AND ${UNSEEN}` : SEEN;
  return [
    'WITH',
    `  ${time(tick)} AS tick,`,
    `  ${time(from)} AS window_from,`,
    ...(evaluatedTo === null ? [] : [`  [${evaluatedTo.join(', ')}] AS evaluated_to,`]),
    `  ${time(before_from)} AS before_from, ${time(before_to)} AS before_to,`,
    `  ${time(after_from)} AS after_from, ${time(after_to)} AS after_to,  -- the day of the fix is in neither`,
    ...(isMedian ? [`  ${BOUNDARIES}`] : []),
    '  levels AS (  -- that the rule is about, as they were at the tick',
    `    SELECT user_id FROM expertise_history WHERE valid_from <= tick AND tick < valid_to AND level IN ${list(rule.harmed)}`,
    '  ),',
    '  met AS (',
    `    SELECT user_id, ${columns} FROM signals`,
    `    WHERE ${[...where, seen].join('\n      AND ')}`,
    '  ),',
    '  people AS (',
    '    SELECT user_id,',
    ...columnsOf(people),
    '    FROM met GROUP BY user_id',
    '  ),',
    `  cohort AS (SELECT user_id, ${affected} AS was_affected FROM people INNER JOIN levels USING (user_id) WHERE is_eligible),`,
    '  met_around AS (  -- as the midnight after the last of these days has seen it',
    `    SELECT user_id, occurred_at >= after_from AS is_after, ${columns} FROM signals`,
    `    WHERE ${[...where, '(occurred_at >= before_from AND occurred_at < before_to OR occurred_at >= after_from AND occurred_at < after_to)', "watermark < after_to AND properties['late'] != 'true'", 'user_id IN (SELECT user_id FROM cohort)'].join('\n      AND ')}`,
    '  ),',
    '  around AS (',
    '    SELECT user_id, is_after,',
    ...columnsOf(people),
    '    FROM met_around GROUP BY user_id, is_after',
    '  ),',
    '  both AS (  -- users with enough before and after; others are in neither',
    '    SELECT user_id, true AS is_seen, anyIf(value, NOT is_after) AS before, anyIf(value, is_after) AS after',
    `    FROM (SELECT user_id, is_after, ${isMedian ? `nullIf(median_ms, ${INFINITE})` : `toUInt8(${affected})`} AS value FROM around WHERE is_eligible)`,
    '    GROUP BY user_id HAVING count() = 2',
    '  ),',
    '  ranked AS (',
    '    SELECT was_affected, before, after, is_seen, count() OVER (PARTITION BY was_affected) AS picked, countIf(is_seen) OVER (PARTITION BY was_affected) AS seen,',
    '      row_number() OVER (PARTITION BY was_affected ORDER BY is_seen DESC, cityHash64(user_id)) AS place',
    '    FROM cohort LEFT JOIN both USING (user_id)',
    '  )',
    `-- Where fewer than ${String(FEWEST_SHOWN)} of them were not seen, as many more are left out, by the hash of the id: else subtraction would tell of few users.`,
    'SELECT was_affected AS is_affected, picked, before, after, count() AS users',
    'FROM ranked',
    `WHERE is_seen AND place <= least(${String(MOST_USERS)}, if(picked - seen BETWEEN 1 AND ${String(FEWEST_SHOWN - 1)}, toInt64(picked) - ${String(FEWEST_SHOWN)}, toInt64(seen)))`,
    'GROUP BY is_affected, picked, before, after',
    'ORDER BY is_affected DESC, before, after',
  ].join('\n');
}

export const effectSql = (frozen: Frozen, rule: RuleShape, periods: Periods): string => statement(frozen, rule, periods, frozen.evaluated_to);

/**
 * The same picking and the same periods, some weeks earlier, before anything was fixed. Offsets of that tick are not at hand and not needed: what a tick has seen has a
 * watermark below it.
 */
export function yardstickSql(frozen: Frozen, rule: RuleShape, periods: Periods): string {
  const ms = startOfDay(daysEarlier(periods));
  return statement({ ...frozen, evaluated_at: frozen.evaluated_at - ms, window_from: frozen.window_from - ms }, rule, earlier(periods), null);
}
