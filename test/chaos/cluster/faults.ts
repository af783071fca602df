/** Carries out one fault on the brokers, and says how long no committed signals flowed. */
import type { LogReader } from '../../../infra/ports.ts';
import { partitionOf } from '../../../schemas/partition.ts';
import { topicName } from '../../../schemas/topics.ts';
import { BUSIEST_USER } from '../processor/traffic.ts';
import type { PlannedFault } from '../arena/deal.ts';
import type { Cluster } from './cluster.ts';
import type { Flow } from './flow.ts';
import type { ClusterFault } from './plan.ts';
import type { Roles } from './roles.ts';

export interface Outcome {
  /** Milliseconds from the SIGKILL, or each SIGTERM, until of each partition something that was fed after it had come through; null: not within the limit. */
  readonly recoveries: readonly (number | null)[];
  /** Of a kill: milliseconds until it led nothing any more; what comes after is the clients' share. */
  readonly takeovers: readonly number[];
  /** Nothing flowed while the broker was away. */
  readonly stalled: boolean;
}

export interface FaultsOn {
  readonly cluster: Cluster;
  readonly kafka: LogReader;
  readonly roles: Roles;
  readonly flow: Flow;
  readonly say: (text: string) => void;
}

/** A broker that is not brought back at once is so when the others have taken over, or have not within this time. */
const AWAY_AT_MOST_MS = 30_000;
const FLOWS_WITHIN_MS = 60_000;
const IN_SYNC_WITHIN_MS = 120_000;
const POLL_MS = 250;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
/** Nobody waits for it to come once what it limits has: a timer that is left would hold up the end of the process. */
const late = (ms: number): Promise<null> => new Promise((resolve) => { setTimeout(resolve, ms, null).unref(); });
const seconds = (ms: number | null): string => (ms === null ? 'not within the limit' : `after ${(ms / 1_000).toFixed(1)} s`);

export function faultsOn({ cluster, kafka, roles, flow, say }: FaultsOn): (fault: PlannedFault<ClusterFault>) => Promise<Outcome> {
  const events = topicName('events', '');
  const ids = [...cluster.byPort.values()];

  const target = async ({ kind, slot }: PlannedFault<ClusterFault>, partitions: number): Promise<number> => {
    const busiest = partitionOf(BUSIEST_USER, partitions);
    switch (kind) {
      case 'kill_leader': return roles.leader(events, busiest);
      case 'kill_group_coordinator': return roles.coordinator('group', 'processor');
      case 'kill_transaction_coordinator': return roles.coordinator('transaction', `processor-${busiest}`);
      case 'kill_controller': return roles.controller();
      case 'lose_disk': case 'rolling_restart': return ids[slot] ?? 1;
    }
  };

  /** Begins to measure: resolves when signals flow again. */
  const measure = async (): Promise<() => Promise<number>> => {
    const ends = await kafka.ends(events);
    const begun = performance.now();
    return () => flow.passes(ends).then(() => performance.now() - begun);
  };
  const limited = (recovery: Promise<number>, ms: number): Promise<number | null> => Promise.race([recovery, late(ms)]);

  const whole = async (): Promise<void> => {
    const until = performance.now() + IN_SYNC_WITHIN_MS;
    for (let left = await roles.notInSync(); left.length > 0; left = await roles.notInSync()) {
      if (performance.now() > until) throw new Error(`not in sync within ${IN_SYNC_WITHIN_MS / 1_000} s: ${left.join(', ')}`);
      await pause(POLL_MS);
    }
  };

  const takeover = async (id: number, begun: number): Promise<number | null> => {
    while (performance.now() < begun + AWAY_AT_MOST_MS) {
      if ((await roles.ledBy(id)) === 0) return performance.now() - begun;
      await pause(POLL_MS);
    }
    return null;
  };

  const killed = async (fault: PlannedFault<ClusterFault>, id: number): Promise<Outcome> => {
    const recovered = await measure();
    const begun = performance.now();
    await cluster.kill(id);
    const recovery = recovered();
    const taking = takeover(id, begun);
    const lost = fault.kind === 'lose_disk';
    // A coin: back at once, as a supervisor does it, or when the others have taken over.
    const waited = fault.heads && !lost ? 0 : await limited(recovery, AWAY_AT_MOST_MS);
    if (lost) cluster.loseDisk(id);
    await cluster.start(id);
    const ms = await limited(recovery, FLOWS_WITHIN_MS);
    const taken = await taking;
    await whole();
    say(`${fault.kind}: broker ${id}${fault.heads && !lost ? ', back at once' : ''}; others led ${seconds(taken)}, signals flowed again ${seconds(ms)}, all copies in sync ${seconds(performance.now() - begun)}`);
    return { recoveries: [ms], takeovers: taken === null ? [] : [taken], stalled: waited === null };
  };

  const restarted = async (first: number): Promise<Outcome> => {
    const recoveries: (number | null)[] = [];
    for (const id of [...ids.slice(ids.indexOf(first)), ...ids.slice(0, ids.indexOf(first))]) {
      const recovered = await measure();
      const begun = performance.now();
      const recovery = recovered();
      await cluster.end(id);
      const ended = performance.now() - begun;
      await cluster.start(id);
      const ms = await limited(recovery, FLOWS_WITHIN_MS);
      recoveries.push(ms);
      await whole();
      say(`rolling_restart: broker ${id}, ended ${seconds(ended)}; signals flowed again ${seconds(ms)}, all copies in sync ${seconds(performance.now() - begun)}`);
    }
    return { recoveries, takeovers: [], stalled: false };
  };

  return async (fault) => {
    const id = await target(fault, (await kafka.ends(events)).length);
    return fault.kind === 'rolling_restart' ? restarted(id) : killed(fault, id);
  };
}
