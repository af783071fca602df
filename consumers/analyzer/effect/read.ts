/** The effect of a fix from ClickHouse: of the cohort that was affected when it was marked fixed, before and after, beside those who were not. */
import type { ClickHouse } from '../../../infra/ports.ts';
import type { Challenge } from '../../../schemas/records.ts';
import type { RuleShape } from '../evidence/sql.ts';
import { estimate, type EffectNumbers, type Estimate } from './estimate.ts';
import { daysEarlier, periodsOf, type Periods } from './periods.ts';
import { effectSql, yardstickSql, type EffectRow } from './sql.ts';

export interface Effect {
  readonly fixed_at: number;
  /** The tick whose evidence says who was affected. */
  readonly frozen_at: number;
  readonly measure: 'share' | 'median_ms';
  /** Null: the first week is not over. */
  readonly periods: Periods | null;
  /** The midnight at which there is more to tell; null: these numbers stay. */
  readonly next_at: number | null;
  readonly numbers: EffectNumbers | null;
  /** The effect that the same picking shows so many days earlier, when nothing was fixed. `effect` null: fewer than five users then. */
  readonly yardstick: { readonly days_earlier: number; readonly effect: Estimate | null } | null;
  readonly sql: readonly { readonly what: string; readonly sql: string }[];
}

export type Query = ClickHouse['query'];

/**
 * The last transition of an open challenge at or before the fix: later ones do not move the cohort. Null where there is none. That the analyzer may lag behind people's clocks does
 * no harm: before the first numbers it has passed the week after the fix.
 */
export function frozenOf(transitions: readonly Challenge[], fixedAt: number): Challenge | null {
  return transitions.filter(({ status, evaluated_at }) => status !== 'resolved' && evaluated_at <= fixedAt).reduce<Challenge | null>((last, one) => (last === null || one.evaluated_at >= last.evaluated_at ? one : last), null);
}

/** The last midnight of which there are findings; 0 where there is none. */
async function lastMidnight(query: Query): Promise<number> {
  const [row] = await query<{ at: number }>('SELECT toUnixTimestamp64Milli(max(evaluated_at)) AS at FROM findings');
  return row?.at ?? 0;
}

/** When the challenge was last marked fixed and not reopened since; null where it was not. */
export async function fixedAtOf(query: Query, challengeId: string): Promise<number | null> {
  const [row] = await query<{ at: number | null }>('SELECT toUnixTimestamp64Milli(fixed_at) AS at FROM challenge_states WHERE challenge_id = {id:String}', { id: challengeId });
  return row?.at ?? null;
}

/** `fixedAt`: in ms. Null where no transition comes before the fix. */
export async function readEffect(query: Query, transitions: readonly Challenge[], rule: RuleShape, fixedAt: number): Promise<Effect | null> {
  const frozen = frozenOf(transitions, fixedAt);
  if (frozen === null) return null;
  const { periods, next_at } = periodsOf(fixedAt, await lastMidnight(query));
  const isMedian = rule.counted === 'median';
  const head = { fixed_at: fixedAt, frozen_at: frozen.evaluated_at, measure: isMedian ? 'median_ms' : 'share', next_at } as const;
  if (periods === null) return { ...head, periods, numbers: null, yardstick: null, sql: [] };
  const sql = [{ what: 'effect', sql: effectSql(frozen, rule, periods) }, { what: 'yardstick', sql: yardstickSql(frozen, rule, periods) }] as const;
  const [numbers, yardstick] = await Promise.all(sql.map(async (one) => estimate(await query<EffectRow>(one.sql), isMedian)));
  return { ...head, periods, numbers: numbers ?? null, yardstick: { days_earlier: daysEarlier(periods), effect: yardstick?.effect ?? null }, sql };
}
