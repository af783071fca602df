/** From a seed to the faults of a run, pure: which, when, on which member first, and how long. */
import { randomOf } from './random.ts';

export const FAULT_KINDS = [
  'kill_random', 'kill_in_restore', 'kill_after_init', 'kill_after_send', 'kill_after_send_offsets', 'kill_before_commit', 'kill_after_commit',
  'zombie', 'broker_kill', 'rolling_restart', 'rebalance_storm', 'proxy_cut', 'proxy_stall', 'proxy_drop_responses', 'proxy_delay_end_txn',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface PlannedFault {
  readonly kind: FaultKind;
  /** Milliseconds from the begin of the run. */
  readonly atMs: number;
  /** The member that it is for; another where that one is in the middle of a fault. */
  readonly slot: number;
  /** How long it lasts, of the kinds that last. */
  readonly lastsMs: number;
  /** A coin, for kinds that have two ways. */
  readonly heads: boolean;
}

export interface PlanOptions {
  readonly seed: number;
  readonly durationMs: number;
  /** Between two faults, on average. */
  readonly paceMs: number;
  readonly slots: number;
  readonly kinds: readonly FaultKind[];
}

/** Shortest and longest, in milliseconds. Around the session timeout of 6 s, so that others sometimes take over and sometimes not; a zombie is always past it. */
const LASTS: Partial<Record<FaultKind, readonly [number, number]>> = {
  zombie: [7_500, 10_500],
  proxy_stall: [500, 9_000],
  proxy_drop_responses: [300, 3_000],
  proxy_delay_end_txn: [500, 9_000],
};

/** Kinds are dealt from a shuffled bag that is filled again when it is empty: each comes equally often, in no order that repeats. */
export function planFaults({ seed, durationMs, paceMs, slots, kinds }: PlanOptions): PlannedFault[] {
  const random = randomOf(seed);
  const plan: PlannedFault[] = [];
  let bag: FaultKind[] = [];
  for (let atMs = paceMs / 2; atMs < durationMs; atMs += paceMs * (0.6 + 0.8 * random())) {
    if (bag.length === 0) bag = shuffled(kinds, random);
    const kind = bag.pop();
    if (kind === undefined) break;
    const [shortest, longest] = LASTS[kind] ?? [0, 0];
    plan.push({ kind, atMs: Math.round(atMs), slot: Math.floor(random() * slots), lastsMs: Math.round(shortest + random() * (longest - shortest)), heads: random() < 0.5 });
  }
  return plan;
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const all = [...items];
  for (let i = all.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [all[i], all[j]] = [all[j] as T, all[i] as T];
  }
  return all;
}
