/** Openings and resolutions of the oracle and of the production tasks, as lines that can be compared. */
import type { OracleResult } from './worldOracle.ts';
import type { WorldOutput } from './worldRun.ts';

const line = (rule: string, feature: string, what: string, tick: number): string => `${new Date(tick).toISOString().slice(0, 13)} ${what} ${rule} ${feature}`;

export const oracleLines = ({ courses }: OracleResult): string[] =>
  courses.flatMap(({ rule, feature, opened, resolved }) => [...opened.map((tick) => line(rule, feature, 'opened', tick)), ...resolved.map((tick) => line(rule, feature, 'resolved', tick))]).sort();

export const outputLines = ({ challenges }: WorldOutput): string[] =>
  challenges.filter(({ status }) => status !== 'updated').map(({ rule_id, feature, status, evaluated_at }) => line(rule_id, feature, status, evaluated_at)).sort();

/** What only one of them has. */
export function differences(oracle: OracleResult, output: WorldOutput): { expected: string[]; actual: string[] } {
  const [expected, actual] = [oracleLines(oracle), outputLines(output)];
  return { expected: expected.filter((one) => !actual.includes(one)), actual: actual.filter((one) => !expected.includes(one)) };
}
