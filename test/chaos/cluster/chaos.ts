/** One run: traffic through processors on three brokers while one after the other is killed or restarted; the processor's verifier says what came out. */
import { join } from 'node:path';
import { connectKafka } from '../../../infra/kafka/client.ts';
import { asError } from '../../../infra/kafka/errors.ts';
import type { Kafka } from '../../../infra/ports.ts';
import { createLog } from '../../../infra/service/log.ts';
import { readSettings } from '../../../infra/settings.ts';
import { topicName } from '../../../schemas/topics.ts';
import { lastLineOf, startFeeder, type Feeder } from '../arena/children.ts';
import type { FaultCounts } from '../arena/conductor.ts';
import { lags } from '../arena/lags.ts';
import { createPlainMember, type PlainMember } from '../arena/member.ts';
import { complete } from '../arena/ordeal.ts';
import { FEEDER, PROCESSOR, VERIFIER } from '../processor/chaos.ts';
import { startBefore } from '../processor/traffic.ts';
import type { Verdict } from '../processor/verifier.ts';
import type { Cluster } from './cluster.ts';
import { faultsOn } from './faults.ts';
import { watchFlow, type Flow } from './flow.ts';
import { planFaults, type ClusterFault } from './plan.ts';
import { connectRoles, type Roles } from './roles.ts';

export interface RunOptions {
  readonly seed: number;
  readonly durationMs: number;
  readonly kinds: readonly ClusterFault[];
  readonly eventsPerSecond: number;
  readonly say: (text: string) => void;
}

export interface RunResult {
  readonly faults: FaultCounts;
  readonly acknowledged: number;
  readonly verdict: Verdict;
  /** Milliseconds, in order of size; Infinity: not within the limit. */
  readonly killRecoveries: readonly number[];
  readonly restartRecoveries: readonly number[];
  /** How long a killed broker was still the leader of something, likewise. */
  readonly takeovers: readonly number[];
  /** The same without any fault, once. */
  readonly undisturbedMs: number;
  /** Kills after which nothing flowed until the broker was back. */
  readonly stalled: number;
  /** Whether all that was fed came through in the end. */
  readonly complete: boolean;
}

const MEMBERS = 2;
const COMPLETE_WITHIN_MS = 180_000;
const FIRST_WITHIN_MS = 60_000;
const UNDISTURBED_MS = 5_000;
const SAY_EVERY_MS = 10_000;

export async function runCluster(cluster: Cluster, options: RunOptions): Promise<RunResult> {
  await cluster.createTopics();
  const settings = readSettings(cluster.env);
  const kafka = await connectKafka(settings.kafka, { clientId: 'chaos', log: createLog('chaos') });
  const roles = await connectRoles(cluster);
  const members = Array.from({ length: MEMBERS }, (_, index) => createPlainMember({ name: `member-${index}`, ...PROCESSOR, env: cluster.env, logFile: join(cluster.dataDir, `member-${index}.log`) }));
  const name = `f${options.seed}`;
  const feeder = startFeeder(FEEDER, [options.seed, name, startBefore(Date.now()), options.eventsPerSecond], cluster.env);
  const flow = await watchFlow(kafka);
  try {
    const found = await underFaults({ cluster, kafka, roles, members, feeder, flow }, options);
    return { ...found, verdict: await lastLineOf<Verdict>(VERIFIER, ['', JSON.stringify({ [name]: found.acknowledged })], cluster.env) };
  } finally {
    await Promise.all([feeder.kill(), ...members.map((member) => member.close()), flow.stop()]);
    await Promise.all([roles.close(), kafka.close()]);
  }
}

interface World {
  readonly cluster: Cluster;
  readonly kafka: Kafka;
  readonly roles: Roles;
  readonly members: readonly PlainMember[];
  readonly feeder: Feeder;
  readonly flow: Flow;
}

async function underFaults(world: World, { seed, durationMs, kinds, say }: RunOptions): Promise<Omit<RunResult, 'verdict'>> {
  const { kafka, members, feeder, flow } = world;
  const events = topicName('events', '');
  await feeder.started;
  for (const member of members) member.start();
  const passesSoon = async (what: string): Promise<number> => {
    const [ends, begun] = [await kafka.ends(events), performance.now()];
    await Promise.race([flow.passes(ends), new Promise((_, reject) => { setTimeout(() => { reject(new Error(`${what} within ${FIRST_WITHIN_MS / 1_000} s\n${members.map((member) => member.lastLines(15)).join('\n')}`)); }, FIRST_WITHIN_MS).unref(); })]);
    return performance.now() - begun;
  };
  await passesSoon('no signals');
  await new Promise((resolve) => setTimeout(resolve, UNDISTURBED_MS));
  const undisturbedMs = await passesSoon('no signals any more');
  say(`without a fault, signals of what is fed now come after ${(undisturbedMs / 1_000).toFixed(1)} s`);

  const saying = setInterval(() => { say(`fed ${feeder.acknowledged()}`); }, SAY_EVERY_MS);
  const counts = new Map<ClusterFault, number>();
  const [killRecoveries, restartRecoveries, takeovers]: [number[], number[], number[]] = [[], [], []];
  let stalled = 0;
  try {
    const carryOut = faultsOn({ ...world, say });
    const until = performance.now() + durationMs;
    for (const fault of planFaults(seed, durationMs, kinds)) {
      if (performance.now() > until) break;
      const outcome = await carryOut(fault);
      counts.set(fault.kind, (counts.get(fault.kind) ?? 0) + 1);
      (fault.kind === 'rolling_restart' ? restartRecoveries : killRecoveries).push(...outcome.recoveries.map((ms) => ms ?? Infinity));
      takeovers.push(...outcome.takeovers);
      if (outcome.stalled) stalled += 1;
    }
  } finally {
    clearInterval(saying);
  }
  say('faults are over');
  const acknowledged = await feeder.stop();
  const unfinished = await complete(() => lags(kafka, ''), COMPLETE_WITHIN_MS, members).then(() => null, (error: unknown) => asError(error).message);
  say(unfinished ?? `complete; ${members.reduce((sum, member) => sum + member.endedByItself(), 0)} processes ended by themselves, ${members.reduce((sum, member) => sum + member.logged('task failed, opening it again'), 0)} times a task was opened again`);
  const sorted = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);
  return { faults: Object.fromEntries(counts), acknowledged, killRecoveries: sorted(killRecoveries), restartRecoveries: sorted(restartRecoveries), takeovers: sorted(takeovers), undisturbedMs, stalled, complete: unfinished === null };
}
