/** Who is in the middle of a fault, and who waits for whom. */
import type { Member } from './member.ts';

/** Takes care that no two faults have the same member, or the broker, at once. */
export interface Leases {
  /** That member where it is free, any other that is, or the first to become so. */
  readonly member: <T>(preferred: number, use: (member: Member) => Promise<T>) => Promise<T>;
  readonly broker: <T>(use: () => Promise<T>) => Promise<T>;
  /** Each member in turn, once it is free; true if all uses gave true. */
  readonly inTurn: (use: (member: Member) => Promise<boolean>) => Promise<boolean>;
  /** The member that only storms have. */
  readonly visitor: <T>(use: (member: Member) => Promise<T>) => Promise<T>;
}

/** One at a time, in the order of asking. */
export function createTurns(): <T>(use: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (use) => {
    const mine = last.then(use);
    last = mine.catch(() => undefined);
    return mine;
  };
}

export function createLeases(members: readonly Member[], visitor: Member): Leases {
  const busy = new Set<Member>();
  const waiting: (() => void)[] = [];
  const visit = createTurns();
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
    broker: createTurns(),
    visitor: (use) => visit(() => use(visitor)),
  };
}
