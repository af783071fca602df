/** How each counting of the rules reads in SQL: one row per user with what makes the user eligible and affected. Columns are those of the exact views. */
import type { Counted } from '../rules/rules.ts';
import { text } from './literal.ts';

/** Stands for a median that is infinite, because most attempts did not end: above every duration. */
export const INFINITE = '9223372036854775807';

export interface Counting {
  /** Columns of `met` besides user_id. */
  readonly columns: string;
  /** What of the window is looked at, besides. */
  readonly where: readonly string[];
  /** Columns of `people`: is_eligible, is_affected, for medians median_ms. */
  readonly people: readonly string[];
}

/** A user's lower median, attempts that did not end counted as infinite. Quantised only once compared: steps keep the order. */
export const USER_MEDIAN = `quantileExactLow(0.5)(if(ifNull(censored, false), ${INFINITE}, greatest(0, ifNull(duration_ms, 0))))`;

export interface WhatIsCounted {
  readonly counted: Counted;
  readonly feature: string;
  readonly stage: string;
  readonly fingerprint: string | null;
  /** Of medians: above this a user is affected; null where there is no bound. */
  readonly slow: number | null;
}

export function countingOf({ counted, feature, stage, fingerprint, slow }: WhatIsCounted): Counting {
  const here = `stage = ${text(stage)} AND feature = ${text(feature)}`;
  const isError = `class = 'error' AND cause != 'dependency' AND fingerprint = ${text(fingerprint ?? '')}`;
  switch (counted) {
    case 'saw':
      return { columns: `${isError} AS is_error`, where: [here], people: ['true AS is_eligible', 'max(is_error) = 1 AS is_affected'] };
    case 'keeps':
      return {
        columns: `toDate(occurred_at) AS day, ${isError} AS is_error`,
        where: [here],
        people: ['true AS is_eligible', '3 * uniqExactIf(day, is_error) > uniqExact(day) AS is_affected  -- on more than a third of the days with a signal'],
      };
    case 'median':
      return {
        columns: 'censored, duration_ms',
        where: [here, "class = 'time' AND measure = 'completion'"],
        people: [`${USER_MEDIAN} AS median_ms`, 'true AS is_eligible', slow === null ? 'false AS is_affected  -- nothing to compare with' : `median_ms >= arrayFirst(b -> b > ${String(slow)}, boundaries) AS is_affected  -- its step is above the threshold`],
      };
    case 'stuck':
      return {
        columns: 'outcome',
        where: [here, "class = 'action'"],
        people: ["countIf(outcome IN ('completed', 'failed', 'abandoned')) >= 3 AS is_eligible", "is_eligible AND 2 * countIf(outcome IN ('failed', 'abandoned')) > countIf(outcome IN ('completed', 'failed', 'abandoned')) AS is_affected"],
      };
    case 'used':
      return { columns: `class = 'action' AND ${here} AS is_use`, where: [], people: ['true AS is_eligible', 'max(is_use) = 1 AS is_affected'] };
  }
}
