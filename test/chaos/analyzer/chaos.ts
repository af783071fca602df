/** One run: a history of signals goes through one analyzer undisturbed, and through several under faults; the verifier compares all that came out. */
import { fileURLToPath } from 'node:url';
import { connectKafka } from '../../../infra/kafka/client.ts';
import type { Kafka } from '../../../infra/ports.ts';
import { createLog } from '../../../infra/service/log.ts';
import { readSettings } from '../../../infra/settings.ts';
import { appName, topicName } from '../../../schemas/topics.ts';
import type { Arena } from '../arena/arena.ts';
import { lastLineOf, startFeeder } from '../arena/children.ts';
import type { FaultCounts } from '../arena/conductor.ts';
import { complete, memberIn, undergo, type Program } from '../arena/ordeal.ts';
import type { FaultKind } from '../arena/plan.ts';
import type { History } from './history.ts';
import type { Verdict } from './verifier.ts';
import type { WorldName } from './worlds.ts';

export interface RunOptions {
  readonly seed: number;
  readonly world: WorldName;
  readonly days: number;
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
const CALM_WITHIN_MS = 600_000;
const COMPLETE_WITHIN_MS = 300_000;

const ANALYZER: Program = { file: fileURLToPath(new URL('../../../infra/cli/chokepoint.ts', import.meta.url)), args: ['analyzer'] };
const UNTRANSACTIONAL: Program = { file: fileURLToPath(new URL('untransactional.ts', import.meta.url)), args: [] };
const HISTORY = fileURLToPath(new URL('history.ts', import.meta.url));
const FEEDER = fileURLToPath(new URL('feeder.ts', import.meta.url));
const VERIFIER = fileURLToPath(new URL('verifier.ts', import.meta.url));

export async function runChaos(arena: Arena, options: RunOptions): Promise<RunResult> {
  const { seed, world, days, durationMs, transactions, say } = options;
  await arena.createTopics(CALM);
  await arena.createTopics(STORM);
  const { events, records, ends } = await lastLineOf<History>(HISTORY, [world, seed, days, CALM], arena.env);
  say(`${events} events gave ${records} signals and progress records`);
  const kafka = await connectKafka(readSettings(arena.env).kafka, { clientId: 'chaos', log: createLog('chaos') });
  try {
    const seconds = await runCalm(arena, () => behind(kafka, CALM, ends));
    say(`the uninterrupted run took ${seconds.toFixed(1)} s`);
    const { faults, acknowledged } = await undergo({
      ...options, arena, app: STORM, program: transactions ? ANALYZER : UNTRANSACTIONAL, completeWithinMs: COMPLETE_WITHIN_MS,
      feed: () => startFeeder(FEEDER, [CALM, STORM, durationMs], arena.env),
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

/** Partitions that the cohort task has not passed to the end, with all ticks run. */
async function behind(kafka: Kafka, app: string, ends: readonly number[]): Promise<string[]> {
  const standing = new Map((await kafka.committed(appName('cohort', app), [topicName('partials', app)])).map(({ partition, metadata }) => [partition, metadata === '' ? NOTHING : (JSON.parse(metadata) as typeof NOTHING)]));
  return ends.flatMap((end, partition) => {
    const { through, tick } = standing.get(partition) ?? NOTHING;
    return through >= end ? [] : [`partition ${partition} is through ${through} of ${end}, at tick ${new Date(tick).toISOString()}`];
  });
}

const NOTHING = { through: 0, tick: 0 };
