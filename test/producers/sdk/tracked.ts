/** A tracker whose time, network and journal are the test's: the environment is an argument of the core. */
import type { Journal } from '../../../producers/sdk/core/journal.ts';
import type { Entry } from '../../../producers/sdk/core/queue.ts';
import type { Answer } from '../../../producers/sdk/core/retry.ts';
import { createTracker, type Inside } from '../../../producers/sdk/core/tracker.ts';
import type { Options, TrackedEvent } from '../../../producers/sdk/core/types.ts';

type Sent = TrackedEvent & { readonly sent_at: number };

export interface Tracked extends Inside {
  /** Every request's events. */
  readonly requests: Sent[][];
  /** What the collector says next; by default 202. */
  answer: (events: readonly Sent[]) => Answer | Promise<Answer>;
  /** Lets so much time pass, timers and answers included. */
  readonly pass: (ms: number) => Promise<void>;
  readonly kept: Map<string, string>;
}

export const START = 1_790_000_000_000;
export const answer = (status: number, over: Partial<Answer> = {}): Answer => ({ status, retryAfter: null, rejected: 0, detail: `${status}`, ...over });
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export function track(options: Partial<Options> = {}, { enabled = true, left = [] }: { enabled?: boolean; left?: readonly Entry[] } = {}): Tracked {
  let now = 0;
  let timers: { readonly at: number; readonly call: () => void }[] = [];
  const kept = new Map<string, string>();
  const requests: Sent[][] = [];
  let orphans = left;
  const journal: Journal = {
    add: ({ id, text }) => { kept.set(id, text); },
    remove: (entries) => { for (const { id } of entries) kept.delete(id); },
    adopt: () => {
      const found = orphans;
      orphans = [];
      return Promise.resolve(found);
    },
    leave: () => undefined,
    clear: () => { kept.clear(); },
    close: () => Promise.resolve(),
  };
  const world = { answer: () => answer(202) } as { answer: Tracked['answer'] };
  const inside = createTracker({ url: 'http://collector', key: 'k', user_id: 'ada', ...options }, {
    enabled,
    clock: {
      wall: () => START + now,
      monotonic: () => now,
      chance: () => 0.5,
      after: (ms, call) => {
        const timer = { at: now + ms, call };
        timers.push(timer);
        return () => { timers = timers.filter((one) => one !== timer); };
      },
    },
    fill: (words) => crypto.getRandomValues(words),
    transport: async (lines) => {
      const events = lines.split('\n').map((line) => JSON.parse(line) as Sent);
      requests.push(events);
      return world.answer(events);
    },
    journal: () => journal,
    batchChars: 400_000,
  });
  return Object.assign(world, {
    ...inside,
    requests,
    kept,
    pass: async (ms: number) => {
      const until = now + ms;
      await settle();
      for (;;) {
        const next = timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        timers = timers.filter((one) => one !== next);
        now = Math.max(now, next.at);
        next.call();
        await settle();
      }
      now = until;
    },
  });
}
