/** Many worlds' verdicts as the one result that `npm run verify -- detection --json` prints (design 9), and a world's as a line. */
import type { Outcome } from './flow.ts';
import type { World } from './history.ts';
import type { Levelled, Verdict } from './judge.ts';

/** All that the result is made of; small, and JSON, so that slices of a run add up. */
export interface Score {
  readonly world: number;
  readonly rows: number;
  /** Rows of which the oracle or production alone knows. */
  readonly mismatches: number;
  readonly planted: number;
  readonly clear: number;
  readonly found: number;
  readonly right: number;
  readonly wrong: number;
  readonly levels: Levelled | null;
  readonly delays: readonly number[];
  readonly isNull: boolean;
  readonly judgedMs: number;
  readonly openings: number;
}

export interface Result {
  readonly worlds: number;
  readonly oracle_mismatches: number;
  /** Null where nothing was opened, or was to be found. */
  readonly precision: number | null;
  readonly recall: number | null;
  readonly ari: number | null;
  readonly ari_share: number | null;
  /** Null without a null world. */
  readonly false_openings_per_year: number | null;
  readonly delay_ticks: { readonly p50: number | null; readonly max: number | null };
}

const YEAR_MS = 365.25 * 86_400_000;

export const scoreOf = (world: World, { differences, clear, found, right, wrong, planted, levels, delays, isNull, judgedMs, openings }: Verdict): Score => ({
  world: world.plan.number, rows: differences.rows, mismatches: Math.max(differences.expected.length, differences.actual.length), planted, clear: clear.length, found: found.length, right, wrong: wrong.length, levels, delays, isNull, judgedMs, openings,
});

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : Math.round((part / whole) * 10_000) / 10_000);

export function resultOf(scores: readonly Score[]): Result {
  const levelled = scores.flatMap(({ levels }) => (levels === null ? [] : [levels]));
  const well = levelled.filter(({ wellSeparated }) => wellSeparated);
  const nulls = scores.filter(({ isNull }) => isNull);
  const delays = scores.flatMap((score) => score.delays).sort((a, b) => a - b);
  const right = sum(scores.map((score) => score.right));
  return {
    worlds: scores.length,
    oracle_mismatches: sum(scores.map(({ mismatches }) => mismatches)),
    precision: ratio(right, right + sum(scores.map(({ wrong }) => wrong))),
    recall: ratio(sum(scores.map(({ found }) => found)), sum(scores.map(({ clear }) => clear))),
    ari: ratio(sum(well.map(({ ari }) => ari)), well.length),
    ari_share: ratio(sum(levelled.map(({ ari }) => ari)), sum(levelled.map(({ informed }) => informed))),
    false_openings_per_year: ratio(sum(nulls.map(({ openings }) => openings)), sum(nulls.map(({ judgedMs }) => judgedMs)) / YEAR_MS),
    delay_ticks: { p50: delays[Math.ceil(delays.length / 2) - 1] ?? null, max: delays.at(-1) ?? null },
  };
}

const FIRST = 6;

/** What a person wants to see of a world: its parameters, its verdict, and how to see it again where it is not as it should be. */
export function linesOf({ plan, platform }: World, { logs, models, seconds, deadLetters }: Outcome, verdict: Verdict): string[] {
  const { differences, wrong, missed, levels, clear, found, planted, right, delays } = verdict;
  const events = sum(logs.map(({ length }) => length));
  const isWhole = differences.expected.length + differences.actual.length === 0;
  const head = `world ${String(plan.number)} (${plan.kind}, ${plan.flow}): ${String(plan.users)} users (${Object.values(plan.people).join('/')}), separation ${plan.separation.toFixed(2)}, noise ${plan.noise.toFixed(2)}, margin ${plan.margin.toFixed(2)}, ${String(plan.days)} days, ${String(plan.partitions)} partitions${plan.holiday === null ? '' : ', a holiday'}, bots ${String(plan.bots.declared)}+${String(plan.bots.undeclared)}; ${String(events)} records, ${String(deadLetters)} dead letters, ${seconds.toFixed(0)} s`;
  const level = levels === null ? 'no model' : `ARI ${levels.ari.toFixed(3)} of ${levels.informed.toFixed(3)}${levels.wellSeparated ? ' (well separated)' : ''}`;
  const decoyOf = (feature: string): string => {
    const plan_ = platform.find(({ entry }) => entry.feature === feature);
    return plan_?.decoy ?? plan_?.planted?.rule_id ?? 'nothing';
  };
  return [
    `${head}: ${isWhole ? `as the oracle (${String(differences.rows)} rows)` : 'NOT AS THE ORACLE'}; planted ${String(planted)}, opened ${String(right)}, clear ${String(clear.length)}, of them found ${String(found.length)}; ${level}; delays ${delays.join(' ') || '-'}`,
    ...(isWhole ? [] : [`  ${String(differences.expected.length)} rows of the oracle's alone, ${String(differences.actual.length)} of production's; again: npm run verify -- detection --seed ${String(plan.seed)} --world ${String(plan.number)}`]),
    ...differences.expected.slice(0, FIRST).map((line) => `  oracle:     ${line}`),
    ...differences.actual.slice(0, FIRST).map((line) => `  production: ${line}`),
    ...wrong.map(({ summary, feature }) => `  FALSE (${decoyOf(feature)}): ${summary}`),
    ...missed.map(({ rule_id, feature }) => `  MISSED: ${rule_id} on ${feature}`),
    ...(levels !== null && levels.ari >= 0.9 * levels.informed ? [] : models.map(({ decision, sizes, why }) => `  model: ${decision} ${sizes.join('/')}, ${why}`)),
  ];
}
