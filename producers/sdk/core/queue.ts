/**
 * What waits to be sent, and the plan of sending it: a state machine that is told the time and what came of a batch, and says what to do next. Pure: no
 * timer, no clock, no chance of its own. What is in the queue leaves it only by an answer (or by `clear`): where there is no room, the newcomer is refused.
 * One batch is under way at a time, so that a user's events arrive in order; only a page that is being left adds a second.
 */
import { pauseMs, type Verdict } from './retry.ts';

export interface Entry {
  readonly id: string;
  /** The event as JSON, without sent_at. */
  readonly text: string;
}

export interface Limits {
  readonly queueEvents: number;
  readonly queueChars: number;
  readonly batchEvents: number;
  readonly batchChars: number;
  readonly batchMs: number;
}

export interface Batch {
  readonly entries: readonly Queued[];
}

interface Queued extends Entry {
  readonly order: number;
  /** Milliseconds on the monotonic clock. */
  readonly queuedAt: number;
}

type Step = { readonly do: 'send'; readonly batch: Batch } | { readonly do: 'wait'; readonly until: number } | { readonly do: 'rest' };

/** What an answer made of a batch's entries; those in neither list wait again. */
export interface Settled {
  readonly taken: readonly Entry[];
  readonly dropped: readonly Entry[];
}

const NOTHING: Settled = { taken: [], dropped: [] };
/** Full batches in a row after which a limit that a 413 has lowered is raised again. */
const RAISE_AFTER = 16;

export interface Queue {
  /** False: there is no room. */
  offer(entry: Entry, now: number): boolean;
  /** What to do now. A batch that is given out must be settled. */
  next(now: number): Step;
  /** When `next` is worth asking; null while it is not: nothing waits, or something is under way. */
  dueAt(): number | null;
  /** A page is being left: a batch of at most so many characters, whatever is under way; null where there is none, or the collector has asked for a pause. */
  last(now: number, maxChars: number): Batch | null;
  /** `chance` from 0 to 1. */
  settle(batch: Batch, verdict: Verdict, now: number, chance: number): Settled;
  /** What is queued now goes without waiting for a full batch; a pause that the collector has asked for still holds. */
  hurry(): void;
  /** The network is back: what is paused for want of it goes at once. */
  wake(): void;
  /** True once everything that was offered before `hurry` was last called is settled. */
  hurried(): boolean;
  /** Forgets everything; what is under way is not put back. Gives their number. */
  clear(): number;
  /** With what is under way. */
  size(): number;
  room(): { readonly events: number; readonly chars: number };
}

export function createQueue(limits: Limits): Queue {
  let waiting: Queued[] = [];
  const flying = new Set<Batch>();
  let [order, events, chars] = [0, 0, 0];
  let hurryTo = -1;
  let batchEvents = limits.batchEvents;
  let fullInRow = 0;
  let failures = 0;
  let taken = false;
  /** No attempt before that: our own pause, and the collector's. */
  let [notBefore, askedNotBefore] = [-Infinity, -Infinity];

  const take = (maxEvents: number, maxChars: number): Batch => {
    let [count, size] = [0, 0];
    for (const { text } of waiting) {
      if (count === maxEvents || (count > 0 && size + text.length > maxChars)) break;
      size += text.length + 1;
      count++;
    }
    const batch = { entries: waiting.splice(0, count) };
    flying.add(batch);
    return batch;
  };

  const putBack = (entries: readonly Queued[]): void => {
    const inOrder = (waiting[0]?.order ?? Infinity) > (entries.at(-1)?.order ?? -1);
    waiting = [...entries, ...waiting];
    if (!inOrder) waiting.sort((a, b) => a.order - b.order);
  };

  const leave = (entries: readonly Queued[]): void => {
    events -= entries.length;
    for (const { text } of entries) chars -= text.length;
  };

  const due = (head: Queued): number => {
    const full = waiting.length >= batchEvents || chars >= limits.batchChars;
    return Math.max(notBefore, full || head.order <= hurryTo ? -Infinity : head.queuedAt + limits.batchMs);
  };

  const later = (batch: Batch, verdict: Verdict & { kind: 'later' }, now: number, chance: number): Settled => {
    failures++;
    notBefore = Math.max(notBefore, now + pauseMs(verdict, failures, chance));
    if (verdict.retryAfterMs > 0) askedNotBefore = Math.max(askedNotBefore, now + verdict.retryAfterMs);
    putBack(batch.entries);
    return NOTHING;
  };

  /** Halves are tried at once, until it is known which event it is. */
  const split = (batch: Batch, reason: 'too_large' | 'unreadable', now: number, chance: number): Settled => {
    if (batch.entries.length > 1) {
      batchEvents = Math.floor(batch.entries.length / 2);
      fullInRow = 0;
      hurryTo = Math.max(hurryTo, batch.entries.at(-1)?.order ?? -1);
      putBack(batch.entries);
      return NOTHING;
    }
    // Who has never taken anything and cannot read this either is no collector: it is not the event's fault.
    if (reason === 'unreadable' && !taken) return later(batch, { kind: 'later', retryAfterMs: 0, misconfigured: true }, now, chance);
    leave(batch.entries);
    return { taken: [], dropped: batch.entries };
  };

  return {
    offer: (entry, now) => {
      if (events >= limits.queueEvents || chars + entry.text.length > limits.queueChars) return false;
      events++;
      chars += entry.text.length;
      waiting.push({ id: entry.id, text: entry.text, order: order++, queuedAt: now });
      return true;
    },
    next: (now) => {
      const head = waiting[0];
      if (head === undefined || flying.size > 0) return { do: 'rest' };
      const until = due(head);
      return until > now ? { do: 'wait', until } : { do: 'send', batch: take(batchEvents, limits.batchChars) };
    },
    dueAt: () => (waiting[0] === undefined || flying.size > 0 ? null : due(waiting[0])),
    last: (now, maxChars) => {
      const head = waiting[0];
      return head === undefined || head.text.length > maxChars || askedNotBefore > now ? null : take(batchEvents, maxChars);
    },
    settle: (batch, verdict, now, chance) => {
      // Cleared meanwhile: nobody waits for it any more.
      if (!flying.delete(batch)) return NOTHING;
      switch (verdict.kind) {
        case 'taken':
          taken = true;
          [failures, notBefore, askedNotBefore] = [0, -Infinity, -Infinity];
          fullInRow = batch.entries.length >= batchEvents ? fullInRow + 1 : fullInRow;
          if (fullInRow >= RAISE_AFTER) [fullInRow, batchEvents] = [0, Math.min(limits.batchEvents, batchEvents * 2)];
          leave(batch.entries);
          return { taken: batch.entries, dropped: [] };
        case 'split':
          return split(batch, verdict.reason, now, chance);
        case 'later':
          return later(batch, verdict, now, chance);
      }
    },
    hurry: () => { hurryTo = order - 1; },
    wake: () => {
      failures = 0;
      notBefore = askedNotBefore;
    },
    hurried: () => (waiting[0]?.order ?? Infinity) > hurryTo && [...flying].every(({ entries }) => (entries[0]?.order ?? Infinity) > hurryTo),
    clear: () => {
      const count = events;
      waiting = [];
      flying.clear();
      [events, chars] = [0, 0];
      return count;
    },
    size: () => events,
    room: () => ({ events: limits.queueEvents - events, chars: limits.queueChars - chars }),
  };
}
