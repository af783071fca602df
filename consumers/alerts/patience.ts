/** When the next attempt is: after failures further and further apart, and not before the hour at which something may be told. */
import type { Delivery } from './webhook.ts';

export interface Clock {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Calls back once; gives what cancels it. */
  readonly after: (ms: number, call: () => void) => () => void;
}

/** Tells health and metrics how it goes. */
export interface Outcome {
  /** Of an attempt; milliseconds until the next one, null where it was delivered. */
  attempt(delivery: Delivery, retryInMs: number | null): void;
  /** Something waits for an hour (epoch milliseconds), and not for the receiver; null: nothing does. */
  waits(until: number | null): void;
}

export interface Patience {
  /** True where an attempt may be made now; else the task will be woken when it may. `notBefore`: epoch milliseconds. */
  isOver(notBefore: number): boolean;
  /** True where it was delivered; else the task will be woken for the next attempt. */
  learn(delivery: Delivery): boolean;
  readonly close: () => void;
}

/** Ours: first and longest pause after a delivery that failed; what the receiver asks for may be longer, up to the last of these. */
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 5 * 60_000;
const LONGEST_ASKED_MS = 60 * 60_000;
/** Ours: a clock that was set, or a machine that slept, is noticed this soon. */
const LONGEST_SLEEP_MS = 60 * 60_000;

/** Milliseconds until the next attempt: doubling, and never sooner than the receiver asked for. */
export function retryInMs(failures: number, askedMs: number | null): number {
  return Math.max(Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LAST_RETRY_MS), Math.min(askedMs ?? 0, LONGEST_ASKED_MS));
}

export function createPatience({ outcome, clock, wake }: { readonly outcome: Outcome; readonly clock: Clock; readonly wake: () => void }): Patience {
  let failures = 0;
  let retryAt = 0;
  let cancelAlarm: () => void = () => undefined;

  const wakeAt = (at: number): void => {
    cancelAlarm();
    cancelAlarm = clock.after(Math.min(Math.max(0, at - clock.now()), LONGEST_SLEEP_MS), wake);
  };
  return {
    isOver: (notBefore) => {
      const now = clock.now();
      outcome.waits(notBefore > now ? notBefore : null);
      const at = Math.max(retryAt, notBefore);
      if (at > now) wakeAt(at);
      return at <= now;
    },
    learn: (delivery) => {
      failures = delivery.ok ? 0 : failures + 1;
      const again = delivery.ok ? null : retryInMs(failures, delivery.retryAfterMs);
      outcome.attempt(delivery, again);
      retryAt = again === null ? 0 : clock.now() + again;
      if (again !== null) wakeAt(retryAt);
      return again === null;
    },
    close: () => { cancelAlarm(); },
  };
}
