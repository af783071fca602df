/**
 * Rates by key, as token buckets: a bucket fills at the key's rate up to ten seconds' worth, and lets through as long as there is something in it.
 * A batch may take more than there is, so that none is too large for ever; the next one waits until that is paid off. A bucket lives as long as
 * its caller: no more of them than keys.
 */
import type { Caller } from './key.ts';

/** What a client that was quiet may send at once, in seconds of its rate. Ours. */
const BURST_SECONDS = 10;

interface Bucket {
  tokens: number;
  /** Milliseconds. */
  at: number;
}

export interface Limiter {
  /** Before a request is read: takes it in, or gives the seconds to wait. */
  request(caller: Caller): number | null;
  /** Once its events are counted: takes them in, or gives the seconds to wait. */
  events(caller: Caller, count: number): number | null;
}

/** `now`: milliseconds, monotonic. */
export function createLimiter(now: () => number): Limiter {
  const [requests, events] = [new WeakMap<Caller, Bucket>(), new WeakMap<Caller, Bucket>()];

  const filled = (buckets: WeakMap<Caller, Bucket>, caller: Caller, rate: number): Bucket => {
    const most = Math.max(1, rate * BURST_SECONDS);
    const bucket = buckets.get(caller) ?? { tokens: most, at: now() };
    bucket.tokens = Math.min(most, bucket.tokens + ((now() - bucket.at) / 1_000) * rate);
    bucket.at = now();
    buckets.set(caller, bucket);
    return bucket;
  };
  /** Until `bucket` has `least` again. */
  const wait = (bucket: Bucket, least: number, rate: number): number | null => (bucket.tokens >= least ? null : Math.max(1, Math.ceil((least - bucket.tokens) / rate)));

  return {
    request: (caller) => {
      const { requests: rate, events: eventRate } = caller.limits;
      // Whose events are not paid off is told so before a body is read.
      const owing = eventRate === null ? null : wait(filled(events, caller, eventRate), Math.min(1, eventRate), eventRate);
      if (owing !== null) return owing;
      if (rate === null) return null;
      const bucket = filled(requests, caller, rate);
      const seconds = wait(bucket, 1, rate);
      if (seconds === null) bucket.tokens--;
      return seconds;
    },
    events: (caller, count) => {
      const { events: rate } = caller.limits;
      if (rate === null || count === 0) return null;
      const bucket = filled(events, caller, rate);
      const seconds = wait(bucket, Math.min(1, rate), rate);
      if (seconds === null) bucket.tokens -= count;
      return seconds;
    },
  };
}
