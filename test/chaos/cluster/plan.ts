/** What is done to brokers, from a seed, pure. One after the other: the next comes when every copy is in sync again. */
import { dealFaults, type PlannedFault } from '../arena/deal.ts';

export const CLUSTER_FAULTS = ['kill_leader', 'kill_group_coordinator', 'kill_transaction_coordinator', 'kill_controller', 'lose_disk', 'rolling_restart'] as const;
export type ClusterFault = (typeof CLUSTER_FAULTS)[number];

/** Shorter than any of them takes, so that there are always enough. */
const LEAST_MS = 4_000;

export const planFaults = (seed: number, durationMs: number, kinds: readonly ClusterFault[]): PlannedFault<ClusterFault>[] => dealFaults({ seed, durationMs, paceMs: LEAST_MS, slots: 3, kinds, lasts: {} });
