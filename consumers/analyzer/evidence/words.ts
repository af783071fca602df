/** The evidence of a challenge as a table for people. Of fewer than five users nothing is said. */
import type { Challenge, Evidence } from '../../../schemas/records.ts';
import { FEWEST_SHOWN } from '../rules/shownTeams.ts';

const HEAD = ['level', 'affected', 'eligible', 'value', 'rule', '95 % interval'];

const percent = (share: number): string => `${String(Math.round(share * 1000) / 10)} %`;

function cells({ level, measure, affected, eligible, value, op, threshold, low, high }: Evidence): string[] {
  const show = (of: number): string => (measure === 'share' ? percent(of) : `${String(Math.round(of))} ms`);
  const rule = op === null ? '-' : `${op} ${threshold === null ? 'unknown' : show(threshold)}`;
  if (eligible < FEWEST_SHOWN) return [level, '-', eligible === 0 ? '0' : `fewer than ${String(FEWEST_SHOWN)}`, '-', rule, '-'];
  return [level, String(affected), String(eligible), value === null ? 'no end' : show(value), rule, low === null || high === null ? '-' : `${percent(low)} to ${percent(high)}`];
}

export function evidenceTable({ evidence }: Pick<Challenge, 'evidence'>): string {
  const rows = [HEAD, ...evidence.map(cells)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd()).join('\n');
}
