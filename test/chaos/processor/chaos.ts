/** One run: traffic through processors under faults, and the verifier says what came out. */
import { fileURLToPath } from 'node:url';
import { connectKafka } from '../../../infra/kafka/client.ts';
import { createLog } from '../../../infra/service/log.ts';
import { readSettings } from '../../../infra/settings.ts';
import type { Arena } from '../arena/arena.ts';
import { lastLineOf, startFeeder } from '../arena/children.ts';
import type { FaultCounts } from '../arena/conductor.ts';
import { lags } from '../arena/lags.ts';
import { undergo, type Program } from '../arena/ordeal.ts';
import type { FaultKind } from '../arena/plan.ts';
import type { Verdict } from './verifier.ts';

export interface RunOptions {
  readonly seed: number;
  readonly durationMs: number;
  readonly paceMs: number;
  readonly kinds: readonly FaultKind[];
  readonly eventsPerSecond: number;
  /** Of the first event. */
  readonly start: number;
  readonly app: string;
  readonly transactions: boolean;
  readonly say: (text: string) => void;
}

export interface RunResult {
  readonly faults: FaultCounts;
  readonly acknowledged: number;
  readonly verdict: Verdict;
}

const COMPLETE_WITHIN_MS = 180_000;

export const PROCESSOR: Program = { file: fileURLToPath(new URL('../../../infra/cli/chokepoint.ts', import.meta.url)), args: ['processor'] };
const UNTRANSACTIONAL: Program = { file: fileURLToPath(new URL('untransactional.ts', import.meta.url)), args: [] };
export const FEEDER = fileURLToPath(new URL('feeder.ts', import.meta.url));
export const VERIFIER = fileURLToPath(new URL('verifier.ts', import.meta.url));

export async function runChaos(arena: Arena, options: RunOptions): Promise<RunResult> {
  const { seed, start, eventsPerSecond, app, transactions } = options;
  await arena.createTopics(app);
  const name = `${app}f${seed}`;
  const kafka = await connectKafka(readSettings(arena.env).kafka, { clientId: 'chaos', log: createLog('chaos') });
  try {
    const { faults, acknowledged } = await undergo({
      ...options, arena, program: transactions ? PROCESSOR : UNTRANSACTIONAL, completeWithinMs: COMPLETE_WITHIN_MS,
      feed: () => startFeeder(FEEDER, [seed, name, start, eventsPerSecond], arena.env),
      behind: () => lags(kafka, app),
    });
    return { faults, acknowledged, verdict: await lastLineOf<Verdict>(VERIFIER, [app, JSON.stringify({ [name]: acknowledged })], arena.env) };
  } finally {
    await kafka.close();
  }
}
