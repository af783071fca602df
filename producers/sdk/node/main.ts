/** The SDK in Node: `import { createTracker } from 'chokepoint/sdk'`. docs/producers.md says how to use it and what it guarantees. */
import { createTracker as create, type Inside } from '../core/tracker.ts';
import { createTransport } from '../core/transport.ts';
import type { Options, Tracker } from '../core/types.ts';
import { openSpool } from './spool.ts';

export type { Cause, Details, DropReason, EventType, Options, Outcome, Problem, Stats, Task, TrackedError, TrackedEvent, Tracker, Tracking } from '../core/types.ts';

export interface NodeOptions extends Options {
  /** A directory where events wait that the collector has not taken, across restarts. Many processes may name the same, but of one collector. Without it, memory only. */
  spool?: string | undefined;
}

/** Below the collector's 1.5 MiB even where every character takes three bytes. */
const BATCH_CHARS = 400_000;
/** A script that ends without `close` is held up no longer than that. */
const LAST_FLUSH_MS = 2_000;

/** Never throws: with wrong options every call does nothing, and `stats().problem` (and `onProblem`, else a warning on the console) says why. */
export function createTracker(options: NodeOptions): Tracker {
  const { spool } = options;
  const inside = create(options, {
    enabled: !optedOut(process.env['DO_NOT_TRACK']),
    clock: { wall: Date.now, monotonic: () => performance.now(), chance: Math.random, after },
    fill: (words) => crypto.getRandomValues(words),
    transport: createTransport({ url: options.url, key: options.key, fetch: globalThis.fetch, timeoutMs: options.timeout_ms ?? 20_000, keepaliveBytes: 0 }),
    journal: spool === undefined ? null : (onProblem) => openSpool({ directory: spool, owner: crypto.randomUUID().replaceAll('-', '').slice(0, 16), after, onFailure: (detail) => { onProblem({ kind: 'storage', detail }); } }),
    batchChars: BATCH_CHARS,
  });
  return inside.tracker.stats().state === 'off' ? inside.tracker : untilExit(inside);
}

/** consoledonottrack.com: any value but 0, false and the empty one. */
const optedOut = (value: string | undefined): boolean => value !== undefined && !['', '0', 'false'].includes(value.toLowerCase());

function after(ms: number, call: () => void, hold = false): () => void {
  const timer = setTimeout(call, Math.min(ms, 2 ** 31 - 1));
  if (!hold) timer.unref();
  return () => { clearTimeout(timer); };
}

/** A process that ends by itself sends what it has; one that exits keeps it in the spool. Signals are the host's: on SIGTERM it calls `close`. */
function untilExit({ tracker, sender }: Inside): Tracker {
  const flushOnce = (): void => { void tracker.flush(LAST_FLUSH_MS); };
  const leave = (): void => { sender.leave(0); };
  process.once('beforeExit', flushOnce);
  process.once('exit', leave);
  return {
    ...tracker,
    close: async (timeout) => {
      const stats = await tracker.close(timeout);
      process.off('beforeExit', flushOnce);
      process.off('exit', leave);
      return stats;
    },
  };
}
