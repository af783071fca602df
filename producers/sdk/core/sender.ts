/** Carries out the queue's plan: timers, requests, the journal. Nothing here throws into a caller, and nothing heavy happens in `add`. */
import { withSentAt } from './event.ts';
import type { Journal } from './journal.ts';
import type { Batch, Entry, Queue, Settled } from './queue.ts';
import { verdictOf, type Answer, type Verdict } from './retry.ts';
import type { Transport } from './transport.ts';

export interface Clock {
  /** Milliseconds since 1970. */
  wall(): number;
  /** Milliseconds that never go back. */
  monotonic(): number;
  /** From 0 to 1. */
  chance(): number;
  /** Calls once; gives how to call it off. Keeps a process alive only where `hold` says so: somebody waits. */
  after(ms: number, call: () => void, hold?: boolean): () => void;
}

export interface SenderParts {
  readonly queue: Queue;
  readonly transport: Transport;
  readonly journal: Journal | null;
  readonly clock: Clock;
  readonly onSettled: (settled: Settled, verdict: Verdict, answer: Answer) => void;
}

export interface Sender {
  /** False: no room. */
  add(entry: Entry): boolean;
  flush(timeoutMs: number): Promise<boolean>;
  /** The page is hidden or left: the journal takes note of all, and as much as may outlive the page is sent. */
  leave(maxChars: number): void;
  wake(): void;
  /** Erases all that is not acknowledged; gives their number. */
  clear(): number;
  /** Takes over what others have left behind, piece by piece as there is room. */
  adopt(): Promise<void>;
  stop(): void;
}

/** Between looks for what others have left behind, at most; the first pauses are short and double, as a page that is being closed or reloaded still seems to live. */
const ADOPT_MS = 60_000;
const ADOPT_AGAIN_MS = 2_000;

export function createSender({ queue, transport, journal, clock, onSettled }: SenderParts): Sender {
  let stopped = false;
  /** Changes when everything is erased: what was being adopted is erased too. */
  let epoch = 0;
  let timer: { readonly at: number; readonly cancel: () => void } | null = null;
  let nextAdoption: (() => void) | null = null;
  let looks = 0;
  const flushing: (() => void)[] = [];

  const lookAt = (at: number): void => {
    if (stopped || (timer !== null && timer.at <= at)) return;
    timer?.cancel();
    const call = (): void => {
      timer = null;
      pump();
    };
    timer = { at, cancel: clock.after(Math.max(0, at - clock.monotonic()), call) };
  };

  const pump = (): void => {
    if (queue.hurried()) for (const done of flushing.splice(0)) done();
    const step = queue.next(clock.monotonic());
    if (step.do === 'wait') lookAt(step.until);
    else if (step.do === 'send') void send(step.batch, false);
  };

  const send = async (batch: Batch, leaving: boolean): Promise<void> => {
    const sentAt = clock.wall();
    const answer = await transport(batch.entries.map(({ text }) => withSentAt(text, sentAt)).join('\n'), leaving);
    const verdict = verdictOf(answer, clock.wall());
    const settled = queue.settle(batch, verdict, clock.monotonic(), clock.chance());
    journal?.remove([...settled.taken, ...settled.dropped]);
    onSettled(settled, verdict, answer);
    if (!stopped) pump();
  };

  const adopt = async (): Promise<void> => {
    nextAdoption?.();
    nextAdoption = null;
    if (journal === null || stopped) return;
    const since = epoch;
    const found = await journal.adopt(queue.room());
    if (since !== epoch) return;
    const now = clock.monotonic();
    // There was room for them; what has come meanwhile may have taken it, and then they stay in the journal for the next life.
    for (const entry of found) queue.offer(entry, now);
    if (found.length > 0) lookAt(now);
    nextAdoption = clock.after(Math.min(ADOPT_AGAIN_MS * 2 ** looks++, ADOPT_MS), () => void adopt());
  };

  return {
    add: (entry) => {
      const now = clock.monotonic();
      if (stopped || !queue.offer(entry, now)) return false;
      journal?.add(entry);
      // Sending is the timer's: the caller has other things to do.
      const at = queue.dueAt();
      if (at !== null && (timer === null || at < timer.at)) lookAt(at);
      return true;
    },
    flush: (timeoutMs) => {
      queue.hurry();
      if (queue.hurried()) return Promise.resolve(true);
      lookAt(-Infinity);
      return new Promise((resolve) => {
        const cancel = clock.after(timeoutMs, () => { resolve(false); }, true);
        flushing.push(() => {
          cancel();
          resolve(true);
        });
      });
    },
    leave: (maxChars) => {
      journal?.leave();
      const batch = stopped ? null : queue.last(clock.monotonic(), maxChars);
      if (batch !== null) void send(batch, true);
    },
    wake: () => {
      queue.wake();
      lookAt(-Infinity);
    },
    clear: () => {
      epoch++;
      nextAdoption?.();
      journal?.clear();
      return queue.clear();
    },
    adopt,
    stop: () => {
      stopped = true;
      timer?.cancel();
      nextAdoption?.();
    },
  };
}
