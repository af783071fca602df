/** Follows `analyzer.references` for all profile tasks of the process: feedback from the cohort task comes this way only. */
import type { LogReader } from '../../../infra/ports.ts';
import type { Reference } from '../references.ts';
import { viewReference } from './referenceView.ts';
import type { ReferenceView } from './referenceView.ts';

/** One poll waits this long for something new; also the longest that `stop` waits. */
const POLL_MS = 500;
/** Pause after a failed poll: the broker is down, or the topic is not there yet. */
const RETRY_MS = 1_000;
/** Tasks of one process ask for the newest reference and the one before it; a few more cost little (ours). */
const VIEWS_KEPT = 8;

export interface References {
  /** Whether the reference of midnight tick D has come. */
  has(midnight: number): boolean;
  /** The newest with effective_from <= the instant, of those that have come. The same object for the same reference, while it is in use. */
  inForce(at: number): ReferenceView | null;
  /** Called after each arrival, until the returned function is called. */
  onArrival(listener: () => void): () => void;
  /** Resolves when all that was in the topic at the call has come. */
  caughtUp(): Promise<void>;
}

export interface ReferenceFollower extends References {
  stop(): Promise<void>;
}

export type Warn = (message: string, fields: Readonly<Record<string, unknown>>) => void;

interface Kept {
  readonly tick: number;
  readonly effectiveFrom: number;
  readonly json: string;
}

/** What has come, in memory: the follower without its loop. */
export function createReferenceStore(): References & { readonly add: (json: string) => void } {
  // One per midnight, ascending. As text, since nearly all are only ever looked past.
  const kept: Kept[] = [];
  const views = new Map<number, ReferenceView>();
  const listeners = new Set<() => void>();

  const viewOf = ({ tick, json }: Kept): ReferenceView => {
    let view = views.get(tick);
    if (view === undefined) {
      view = viewReference(JSON.parse(json) as Reference);
      views.set(tick, view);
      const [oldest] = views.keys();
      if (views.size > VIEWS_KEPT && oldest !== undefined) views.delete(oldest);
    }
    return view;
  };

  return {
    add: (json) => {
      const { v, tick, effective_from: effectiveFrom } = JSON.parse(json) as Reference;
      if ((v as number) !== 1) throw new Error(`profile: reference of tick ${String(tick)} has version ${String(v)}, this code reads 1: bring all analyzers to one version`);
      let at = kept.length;
      while (at > 0 && (kept[at - 1]?.tick ?? 0) >= tick) at -= 1;
      // A replayed one is the same: the first stays.
      if (kept[at]?.tick === tick) return;
      kept.splice(at, 0, { tick, effectiveFrom, json });
      for (const listener of [...listeners]) listener();
    },
    has: (midnight) => kept.some(({ tick }) => tick === midnight),
    inForce: (at) => {
      const found = kept.findLast(({ effectiveFrom }) => effectiveFrom <= at);
      return found === undefined ? null : viewOf(found);
    },
    onArrival: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    caughtUp: () => Promise.resolve(),
  };
}

/** Reads on until stopped; a failing broker is waited for. */
export function followReferences(log: LogReader, topic: string, warn: Warn): ReferenceFollower {
  const { add, ...store } = createReferenceStore();
  const waiting = new Set<{ readonly end: number; readonly resolve: () => void }>();
  let next = 0;
  let stopped = false;
  let interrupt: () => void = () => undefined;

  const advance = (to: number): void => {
    next = to;
    for (const waiter of waiting) {
      if (waiter.end > next) continue;
      waiting.delete(waiter);
      waiter.resolve();
    }
  };
  const pause = (): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, RETRY_MS);
      interrupt = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const run = async (): Promise<void> => {
    while (!isStopped()) {
      try {
        const { records, next: to } = await log.poll({ topic, partition: 0, offset: next }, POLL_MS);
        for (const { value } of records) if (value !== null) add(value.toString());
        advance(to);
      } catch (cause) {
        if (isStopped()) return;
        warn('references cannot be read, trying again', { topic, next, error: cause instanceof Error ? cause.message : String(cause) });
        await pause();
      }
    }
  };
  const isStopped = (): boolean => stopped;
  const ended = run();

  return {
    ...store,
    caughtUp: async () => {
      const end = (await log.ends(topic))[0] ?? 0;
      if (end <= next) return;
      await new Promise<void>((resolve) => {
        waiting.add({ end, resolve });
      });
    },
    stop: async () => {
      stopped = true;
      interrupt();
      for (const { resolve } of waiting) resolve();
      waiting.clear();
      await ended;
    },
  };
}
