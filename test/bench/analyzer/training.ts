/** How long training takes for so many frequent users, in its thread as the cohort task has it, and how long it holds up the main thread: heartbeats come from there. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { trainInWorker } from '../../../consumers/analyzer/expertise/trainer.ts';
import type { UserVector } from '../../../consumers/analyzer/partials.ts';
import { randomStream } from '../../../producers/simulator/random.ts';
import { rounded } from '../statistics.ts';

export interface Training {
  readonly users: number;
  readonly seconds: number;
  /** The main thread's longest, from handing over the users to having the model. */
  readonly longest_stall_ms: number;
  readonly decision: string;
}

/** A Monday. */
const TICK = Date.UTC(2026, 5, 1);
/** Three kinds of people, as far apart as the demo's. */
const KINDS = [
  { weight: 0.22, values: [6, 25, 0.92, 0.7] },
  { weight: 0.3, values: [4, 14, 0.85, 1] },
  { weight: 0.48, values: [2.5, 7, 0.72, 1.6] },
] as const;
const SPREAD = 0.18;
const SAMPLING_MS = 1;

function vectors(users: number): UserVector[] {
  const random = randomStream(1, 'training');
  return Array.from({ length: users }, (_, n) => {
    const draw = random.next();
    const { values } = (draw < KINDS[0].weight ? KINDS[0] : draw < KINDS[0].weight + KINDS[1].weight ? KINDS[1] : KINDS[2]);
    const [features, actions, completion, relative] = values;
    return { user_id: `user-${String(n).padStart(7, '0')}`, level: 'unclassified', values: [features * random.logNormal(SPREAD), actions * random.logNormal(SPREAD), Math.min(0.99, completion * random.logNormal(SPREAD / 2)), relative * random.logNormal(SPREAD)] };
  });
}

export async function measureTraining(users: number, say: (line: string) => void): Promise<Training> {
  const input = { tick: TICK, users: vectors(users), last: null, lastFrequent: null };
  const delays = monitorEventLoopDelay({ resolution: SAMPLING_MS });
  delays.enable();
  // The first sample has nothing before it.
  await new Promise((resolve) => setTimeout(resolve, 10 * SAMPLING_MS));
  delays.reset();
  const begun = performance.now();
  const { record } = await trainInWorker(input);
  const seconds = (performance.now() - begun) / 1_000;
  await new Promise((resolve) => setTimeout(resolve, 10 * SAMPLING_MS));
  delays.disable();
  const training = { users, seconds: rounded(seconds), longest_stall_ms: rounded(delays.max / 1e6), decision: record.decision };
  say(`training: ${JSON.stringify(training)}`);
  return training;
}
