/** Rows of the evidence's SQL beside the evidence itself. */
import type { Challenge } from '../../../schemas/records.ts';

export interface LevelRow {
  readonly level: string;
  readonly affected: number;
  readonly eligible: number;
  readonly value: number | null;
  readonly low?: number | null;
  readonly high?: number | null;
}

export interface TeamRow {
  readonly team: string;
  readonly affected: number;
  readonly eligible: number;
}

export interface ThresholdRow {
  readonly level: string;
  readonly threshold: number | null;
}

/** Intervals go through a square root, which need not be the same to the last bit everywhere. */
const LAST_BITS = 1e-12;

const close = (a: number | null, b: number | null): boolean => a === b || (a !== null && b !== null && Math.abs(a - b) <= LAST_BITS);

/** One line for each number that is another; none where all are the same. */
export function levelDifferences({ evidence }: Pick<Challenge, 'evidence'>, rows: readonly LevelRow[]): string[] {
  return evidence.flatMap((expected) => {
    const { level } = expected;
    const row = rows.find((one) => one.level === level);
    if (row === undefined) return [`${level}: ClickHouse gives no row`];
    const differ = (['affected', 'eligible', 'value'] as const).filter((name) => row[name] !== expected[name]);
    const ends = (['low', 'high'] as const).filter((name) => !close(row[name] ?? null, expected[name]));
    return [...differ, ...ends].map((name) => `${level}: ${name} is ${String(expected[name])} in the challenge and ${String(row[name] ?? null)} in ClickHouse`);
  });
}

export function teamDifferences({ teams }: Pick<Challenge, 'teams'>, rows: readonly TeamRow[]): string[] {
  return teams.flatMap(({ team, affected, eligible }) => {
    const row = rows.find((one) => one.team === team);
    return row?.affected === affected && row.eligible === eligible ? [] : [`team ${team}: ${String(affected)} of ${String(eligible)} in the challenge and ${String(row?.affected ?? 0)} of ${String(row?.eligible ?? 0)} in ClickHouse`];
  });
}

export function thresholdDifferences({ evidence }: Pick<Challenge, 'evidence'>, rows: readonly ThresholdRow[]): string[] {
  return rows.flatMap(({ level, threshold }) => {
    const expected = evidence.find((one) => one.level === level)?.threshold ?? null;
    return threshold === expected ? [] : [`${level}: threshold is ${String(expected)} in the challenge and ${String(threshold)} in ClickHouse`];
  });
}
