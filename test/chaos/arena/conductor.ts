/** Plays a plan: each fault at its time, side by side with others, and again a little later where it had no effect; ends when all have ended. */
import type { Arena } from './arena.ts';
import { carryOut, type Leases } from './faults.ts';
import type { Member } from './member.ts';
import type { FaultKind, PlannedFault } from './plan.ts';

export type FaultCounts = Partial<Record<FaultKind, number>>;

export interface ConductOptions {
  readonly plan: readonly PlannedFault[];
  readonly durationMs: number;
  readonly arena: Arena;
  readonly members: readonly Member[];
  readonly visitor: Member;
  readonly say: (text: string) => void;
}

/** A member that was being started, or had no broker, may have one by then. */
const AGAIN_MS = 3_000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export async function conduct({ plan, durationMs, arena, members, visitor, say }: ConductOptions): Promise<FaultCounts> {
  const counts: FaultCounts = {};
  const leases = createLeases(members, visitor);
  const begun = performance.now();
  const elapsed = (): number => performance.now() - begun;
  const play = async (fault: PlannedFault): Promise<void> => {
    do {
      const effective = await carryOut(fault, arena, leases);
      say(`${(elapsed() / 1_000).toFixed(1)} s: ${fault.kind}${effective ? '' : ' (without effect)'}`);
      if (effective) {
        counts[fault.kind] = (counts[fault.kind] ?? 0) + 1;
        return;
      }
      await pause(AGAIN_MS);
    } while (elapsed() < durationMs);
  };
  const playing: Promise<void>[] = [];
  for (const fault of plan) {
    await pause(Math.max(0, fault.atMs - elapsed()));
    playing.push(play(fault));
    // Whatever fails is thrown below, once all have ended.
    playing.at(-1)?.catch(() => undefined);
  }
  const results = await Promise.allSettled(playing);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  return counts;
}

function createLeases(members: readonly Member[], visitor: Member): Leases {
  const busy = new Set<Member>();
  const waiting: (() => void)[] = [];
  let broker: Promise<unknown> = Promise.resolve();
  let visit: Promise<unknown> = Promise.resolve();
  /** The first of them that is free or becomes so. */
  const lease = async <T>(wanted: readonly Member[], use: (member: Member) => Promise<T>): Promise<T> => {
    const free = (): Member | undefined => wanted.find((member) => !busy.has(member));
    let member = free();
    while (member === undefined) {
      await new Promise<void>((resolve) => waiting.push(resolve));
      member = free();
    }
    busy.add(member);
    try {
      return await use(member);
    } finally {
      busy.delete(member);
      for (const wake of waiting.splice(0)) wake();
    }
  };
  return {
    member: (preferred, use) => lease([...members.slice(preferred, preferred + 1), ...members], use),
    inTurn: async (use) => {
      let all = true;
      for (const member of members) all = (await lease([member], use)) && all;
      return all;
    },
    broker: (use) => {
      const mine = broker.then(use);
      broker = mine.catch(() => undefined);
      return mine;
    },
    visitor: (use) => {
      const mine = visit.then(() => use(visitor));
      visit = mine.catch(() => undefined);
      return mine;
    },
  };
}
