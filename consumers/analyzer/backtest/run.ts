/**
 * Rules tried on the history: the cohort task's own code (sums, evaluator, life cycle) over the partials that profile tasks wrote, in memory.
 * What profile tasks say and which levels users have does not depend on the rules, so with the rules that were in force the same challenges
 * come out, to the last field. Reads only; memory is that of one cohort task, and a board more for each further set of rules.
 */
import type { LogReader } from '../../../infra/ports.ts';
import { topicName, TOPICS } from '../../../schemas/topics.ts';
import type { Challenge } from '../../../schemas/records.ts';
import { createBoard } from '../cohort/board.ts';
import type { Board } from '../cohort/board.ts';
import { createDetails } from '../cohort/details.ts';
import type { Pair } from '../cohort/pairs.ts';
import { labelText } from '../cohort/summary.ts';
import { createSums } from '../cohort/sums.ts';
import { inForceAt, judge, takeTick } from '../cohort/tick.ts';
import type { Said } from '../cohort/tick.ts';
import type { Rule } from '../rules/rules.ts';
import { TICK_MS } from '../time.ts';
import { readHistory } from './history.ts';
import { readReferences } from './references.ts';

export interface Trial {
  readonly rules: readonly Rule[];
  /** Told of each judged tick: the transitions, and the pairs whose verdict may be another than at the tick before. */
  readonly observe: (tick: number, challenges: readonly Challenge[], judged: Iterable<Pair>) => void;
}

export interface BacktestInput {
  readonly log: LogReader;
  readonly app: string;
  /** Of platform.events. */
  readonly partitions: number;
  readonly trials: readonly Trial[];
  /** Inclusive, ms; null: from where the history begins, to where it ends. */
  readonly from: number | null;
  readonly to: number | null;
  readonly onTick?: (tick: number) => void;
}

/** What was looked at. Ticks, inclusive. */
export interface Covered {
  /** The first tick that could be judged: what comes before `from` is the run-up, in which lives come to be what they are. */
  readonly begins: number;
  /** Whether that is where the platform's history begins. If not, what began before is not known. */
  readonly isFromBeginning: boolean;
  readonly from: number;
  readonly to: number;
}

/** The history does not have what was asked for; the message says what it has. */
export class HistoryError extends Error {
  readonly code = 'HISTORY';
}

export const utc = (at: number): string => new Date(at).toISOString().replace('.000Z', 'Z');

const kept = `analyzer.partials keeps ${String(TOPICS.partials.retentionDays)} days where it was created with the default retention`;

/** Throws HistoryError where the history does not cover the range. */
export async function runBacktest({ log, app, partitions, trials, from, to, onTick }: BacktestInput): Promise<Covered> {
  const topic = topicName('partials', app);
  const references = await readReferences(log, topicName('references', app));
  const numbers = Array.from({ length: partitions }, () => ({ evaluatedTo: -1, reset: null }));
  const said: Said = { sums: createSums(partitions), details: createDetails(partitions), standings: numbers };
  const boards = trials.map(({ rules }): Board => createBoard(rules, (fingerprint) => {
    const label = said.details.label(fingerprint);
    return label === null ? null : labelText(label);
  }));
  let begins: number | null = null;
  let isFromBeginning = true;
  let last: number | null = null;
  for await (const { tick, taken, isWhole, isFromBeginning: isSo } of readHistory(log, topic, partitions)) {
    if (to !== null && tick > to) break;
    const takenTick = takeTick(said, tick, taken, inForceAt(references, tick));
    if (!isWhole) continue;
    begins ??= tick;
    isFromBeginning &&= isSo;
    if (from !== null && from < begins) throw new HistoryError(`the history in ${topic} begins at ${utc(begins)}, after --from ${utc(from)} (${kept})`);
    for (const [n, { observe }] of trials.entries()) {
      const board = boards[n];
      if (board !== undefined) observe(tick, judge(board, said, takenTick).challenges, board.judged());
    }
    last = tick;
    onTick?.(tick);
  }
  if (begins === null || last === null) throw new HistoryError(`there is no history in ${topic}${to === null ? '' : ` up to --to ${utc(to)}`}: no tick that every partition has reached and given a full account of (${kept})`);
  if (to !== null && to >= last + TICK_MS) throw new HistoryError(`the history in ${topic} ends at ${utc(last)}, before --to ${utc(to)}; it begins at ${utc(begins)}`);
  if (from !== null && from > last) throw new HistoryError(`the history in ${topic} ends at ${utc(last)}, before --from ${utc(from)}; it begins at ${utc(begins)}`);
  return { begins, isFromBeginning, from: from ?? begins, to: to ?? last };
}
