/** The levels that the oracle is given: rows of `expertise.levels`, as they stand at a tick. */
import type { ExpertiseLevel, Level } from '../../schemas/records.ts';

export interface GivenLevels {
  /** Moves on to a tick; ticks ascend. */
  moveTo(tick: number): void;
  readonly at: (user: string) => Level;
  /** As `at`, without what begins at this very tick. */
  readonly before: (user: string) => Level;
  /** Counts up when a user who had a level gets another. */
  version(): number;
}

/** `rows` in any order; of one user each begins later than the last. */
export function givenLevels(rows: readonly Pick<ExpertiseLevel, 'user_id' | 'level' | 'since'>[]): GivenLevels {
  const ordered = rows.toSorted((a, b) => a.since - b.since);
  const now = new Map<string, Level>();
  /** Of those that changed at the tick. */
  let changed = new Map<string, Level>();
  let next = 0;
  let version = 0;
  return {
    moveTo: (tick) => {
      changed = new Map();
      for (; next < ordered.length; next++) {
        const row = ordered[next];
        if (row === undefined || row.since > tick) break;
        const last = now.get(row.user_id);
        if (last !== undefined) version++;
        if (row.since === tick) changed.set(row.user_id, last ?? 'unclassified');
        now.set(row.user_id, row.level);
      }
    },
    at: (user) => now.get(user) ?? 'unclassified',
    before: (user) => changed.get(user) ?? now.get(user) ?? 'unclassified',
    version: () => version,
  };
}
