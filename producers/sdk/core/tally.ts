/** What became of the events, and what is said about it. */
import type { DropReason, Problem, Stats } from './types.ts';

/** Of each kind of problem, a host is told at most once in that time; the counters have all of it. */
const SAY_AGAIN_MS = 60_000;

export interface Tally {
  dropped(reason: DropReason, count: number): void;
  taken(acknowledged: number, rejected: number, detail: string): void;
  retried(detail: string): void;
  problem(problem: Problem): void;
  counts(): Omit<Stats, 'state' | 'queued'>;
}

export function createTally(monotonic: () => number, tell: ((problem: Problem) => void) | undefined): Tally {
  const dropped = { queue_full: 0, too_large: 0, invalid: 0, before_send: 0, no_consent: 0, unreadable: 0 };
  let [acknowledged, rejected, retries] = [0, 0, 0];
  let last: string | null = null;
  const said = new Map<string, number>();

  const problem: Tally['problem'] = (one) => {
    if (one.kind !== 'dropped') last = one.detail;
    const now = monotonic();
    if (tell === undefined || now - (said.get(one.kind) ?? -Infinity) < SAY_AGAIN_MS) return;
    said.set(one.kind, now);
    try {
      tell(one);
    } catch {
      // The host's own, and no reason to stop.
    }
  };

  return {
    problem,
    dropped: (reason, count) => {
      if (count === 0) return;
      dropped[reason] += count;
      // Wanted by the host: no problem.
      if (reason !== 'before_send' && reason !== 'no_consent') problem({ kind: 'dropped', detail: `${dropped[reason]} events dropped so far: ${reason}` });
    },
    taken: (count, refused, detail) => {
      acknowledged += count - refused;
      rejected += refused;
      last = null;
      if (refused > 0) problem({ kind: 'rejected', detail });
    },
    retried: (detail) => {
      retries++;
      problem({ kind: 'unreachable', detail });
    },
    counts: () => ({ acknowledged, rejected, dropped: { ...dropped }, retries, problem: last }),
  };
}
