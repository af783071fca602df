/** The faults of a group's members: their kinds, and how long those last that last. */
import { dealFaults, type DealOptions, type PlannedFault } from './deal.ts';

export const FAULT_KINDS = [
  'kill_random', 'kill_in_restore', 'kill_after_init', 'kill_after_send', 'kill_after_send_offsets', 'kill_before_commit', 'kill_after_commit',
  'zombie', 'broker_kill', 'rolling_restart', 'rebalance_storm', 'proxy_cut', 'proxy_stall', 'proxy_drop_responses', 'proxy_delay_end_txn',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** Around the session timeout of 6 s, so that others sometimes take over and sometimes not; a zombie is always past it. */
const LASTS: Partial<Record<FaultKind, readonly [number, number]>> = {
  zombie: [7_500, 10_500],
  proxy_stall: [500, 9_000],
  proxy_drop_responses: [300, 3_000],
  proxy_delay_end_txn: [500, 9_000],
};

export const planFaults = (options: Omit<DealOptions<FaultKind>, 'lasts'>): PlannedFault<FaultKind>[] => dealFaults({ ...options, lasts: LASTS });
