/** One run: a history of signals goes through one analyzer undisturbed, and through several under faults; the verifier compares all that came out. */
import { fileURLToPath } from 'node:url';
import { connectKafka } from '../../../infra/kafka/client.ts';
import type { Kafka } from '../../../infra/ports.ts';
import { createLog } from '../../../infra/service/log.ts';
import { readSettings } from '../../../infra/settings.ts';
import { cohortStandings } from '../../driver/cohortPassed.ts';
import type { Arena } from '../arena/arena.ts';
import { lastLineOf, startFeeder } from '../arena/children.ts';
import type { FaultCounts } from '../arena/conductor.ts';
import { carryOut } from '../arena/faults.ts';
import { complete, memberIn, undergo, type Program } from '../arena/ordeal.ts';
import { planFaults, type FaultKind } from '../arena/plan.ts';
import type { History } from './history.ts';
import type { Verdict } from './verifier.ts';
import type { WorldName } from './worlds.ts';

export interface RunOptions {
  readonly seed: number;
  readonly world: WorldName;
  readonly days: number;
  /** Before the faults begin, of history. */
  readonly undisturbedDays: number;
  readonly durationMs: number;
  readonly paceMs: number;
  readonly kinds: readonly FaultKind[];
  readonly transactions: boolean;
  readonly say: (text: string) => void;
}

export interface RunResult {
  readonly faults: FaultCounts;
  readonly acknowledged: number;
  readonly verdict: Verdict;
}

const CALM = 'calm';
const STORM = 'storm';
const DAY_MS = 86_400_000;
/** The tick of the time itself waits for the first signal behind it, and a quiet night may be between. */
const SLACK_MS = DAY_MS;
const POLL_MS = 250;
const CALM_WITHIN_MS = 600_000;
const COMPLETE_WITHIN_MS = 300_000;

const ANALYZER: Program = { file: fileURLToPath(new URL('../../../infra/cli/chokepoint.ts', import.meta.url)), args: ['analyzer'] };
const UNTRANSACTIONAL: Program = { file: fileURLToPath(new URL('untransactional.ts', import.meta.url)), args: [] };
const HISTORY = fileURLToPath(new URL('history.ts', import.meta.url));
const FEEDER = fileURLToPath(new URL('feeder.ts', import.meta.url));
const VERIFIER = fileURLToPath(new URL('verifier.ts', import.meta.url));

export async function runChaos(arena: Arena, options: RunOptions): Promise<RunResult> {
  const { seed, world, days, undisturbedDays, durationMs, paceMs, kinds, transactions, say } = options;
  await arena.createTopics(CALM);
  await arena.createTopics(STORM);
  const { startsAt, events, records, ends } = await lastLineOf<History>(HISTORY, [world, seed, days, CALM], arena.env);
  say(`${events} events gave ${records} signals and progress records`);
  const undisturbedUntil = startsAt + undisturbedDays * DAY_MS;
  const kafka = await connectKafka(readSettings(arena.env).kafka, { clientId: 'chaos', log: createLog('chaos') });
  try {
    const seconds = await runCalm(arena, () => behind(kafka, CALM, ends));
    say(`the uninterrupted run took ${seconds.toFixed(1)} s`);
    const { faults, acknowledged } = await undergo({
      arena, app: STORM, durationMs, say, carryOut, plan: (slots) => planFaults({ seed, durationMs, paceMs, slots, kinds }), program: transactions ? ANALYZER : UNTRANSACTIONAL, completeWithinMs: COMPLETE_WITHIN_MS,
      feed: () => startFeeder(FEEDER, [CALM, STORM, undisturbedUntil, durationMs], arena.env),
      undisturbed: async (feeder) => {
        await reached(kafka, STORM, undisturbedUntil - SLACK_MS);
        say(`faults begin after ${undisturbedDays} days of history`);
        feeder.go();
      },
      behind: () => behind(kafka, STORM, ends),
    });
    return { faults, acknowledged, verdict: await lastLineOf<Verdict>(VERIFIER, [CALM, STORM], arena.env) };
  } finally {
    await kafka.close();
  }
}

/** One member, which takes all that there is at once. Gives the seconds. */
async function runCalm(arena: Arena, behindNow: () => Promise<string[]>): Promise<number> {
  const begun = performance.now();
  const member = memberIn(arena, 0, 'member', CALM, ANALYZER);
  try {
    member.start();
    await complete(behindNow, CALM_WITHIN_MS, [member]);
    return (performance.now() - begun) / 1_000;
  } finally {
    await member.stop();
    await member.close();
  }
}

/** The cohort task has run the tick. */
async function reached(kafka: Kafka, app: string, tick: number): Promise<void> {
  for (const until = performance.now() + CALM_WITHIN_MS; performance.now() < until; await new Promise((resolve) => setTimeout(resolve, POLL_MS))) {
    if ((await cohortStandings(kafka, app)).some((standing) => standing.tick >= tick)) return;
  }
  throw new Error(`${app} has not come to ${new Date(tick).toISOString()} within ${CALM_WITHIN_MS / 1_000} s, without any fault`);
}

/** Partitions that the cohort task has not passed to the end, with all ticks run. */
async function behind(kafka: Kafka, app: string, ends: readonly number[]): Promise<string[]> {
  const standing = await cohortStandings(kafka, app);
  return ends.flatMap((end, partition) => {
    const { through, tick } = standing.find((one) => one.partition === partition) ?? { through: 0, tick: 0 };
    return through >= end ? [] : [`partition ${partition} is through ${through} of ${end}, at tick ${new Date(tick).toISOString()}`];
  });
}
