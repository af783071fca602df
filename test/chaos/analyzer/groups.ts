/** What was written at one instant by one writer, in one transaction, over all topics: there as a whole or not at all. */
import type { Tally } from '../arena/counts.ts';

export interface Groups {
  seen(group: string): void;
  missing(group: string): void;
  finish(tally: Tally): void;
}

export function createGroups(): Groups {
  const seen = new Map<string, number>();
  const missing = new Map<string, number>();
  const add = (to: Map<string, number>, group: string): void => void to.set(group, (to.get(group) ?? 0) + 1);
  return {
    seen: (group) => { add(seen, group); },
    missing: (group) => { add(missing, group); },
    finish: (tally) => {
      for (const [group, times] of missing) if (seen.has(group)) tally.count('torn', `${group}: ${seen.get(group) ?? 0} there, ${times} not`);
    },
  };
}
