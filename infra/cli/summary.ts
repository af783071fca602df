/** The demo's result in words: levels, challenges in a line each, and the comparison with what was planted. */
import type { Comparison } from '../../producers/simulator/compare.ts';
import type { World } from '../../producers/simulator/types.ts';
import type { Found } from './found.ts';

/** The contract's summary (`npm start -- --once --json`). */
export interface Summary {
  readonly events: number;
  readonly levels: { readonly expert: number; readonly intermediate: number; readonly beginner: number; readonly infrequent: number };
  /** Distinct (rule, finding) ever opened. */
  readonly challenges: { readonly ET: number; readonly SoP: number };
  readonly planted: { readonly found: number; readonly missed: number; readonly false: number };
  /** From the first post to the last stage caught up. */
  readonly seconds: number;
  readonly events_per_second: number;
}

const LEVELS = ['expert', 'intermediate', 'beginner', 'infrequent'] as const;

export function summaryText(summary: Summary, world: World, found: Found, comparison: Comparison): string {
  const { planted } = summary;
  return [
    '',
    `${summary.events} events in ${summary.seconds} s: ${summary.events_per_second} events/s from HTTP to ClickHouse`,
    '',
    'Levels (the analyzer sees events only; planted behaviour in rows, found level in columns):',
    overlap(world, found),
    `  model: sizes ${found.model?.sizes.join(' / ') ?? '-'}, silhouette ${found.model?.silhouette?.toFixed(2) ?? '-'}`,
    '',
    `Challenges: ${summary.challenges.ET} ET (teach), ${summary.challenges.SoP} SoP (simplify)`,
    ...found.challenges.map((challenge) => `  ${challenge.first_opened.slice(0, 10)}  ${challenge.dimension.padEnd(3)} ${challenge.last_status.padEnd(8)} ${challenge.summary}`),
    '',
    `Planted problems: ${planted.found} found, ${planted.missed} missed, ${planted.false} false. This is a demonstration on a simulated world, not a validation.`,
    ...comparison.missed.map((problem) => `  missed: ${problem.rule_id} on ${problem.feature}`),
    ...comparison.false.map((challenge) => `  false:  ${challenge.rule_id} on ${challenge.feature}`),
  ].join('\n');
}

function overlap(world: World, found: Found): string {
  const counts = new Map<string, number>();
  for (const user of world.users) {
    const key = `${user.behaviour}/${found.level_of.get(user.user_id) ?? 'none'}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const row = (label: string, cells: readonly string[]): string => `  ${label.padEnd(14)}${cells.map((cell) => cell.padStart(14)).join('')}`;
  return [row('', LEVELS), ...LEVELS.map((behaviour) => row(behaviour, LEVELS.map((level) => String(counts.get(`${behaviour}/${level}`) ?? 0))))].join('\n');
}
