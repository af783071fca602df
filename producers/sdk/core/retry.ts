/** What an answer of the collector means for a batch, and how long to wait before the next attempt. Pure: time and chance are arguments. */

/** What came back: `status` 0 where nothing did. */
export interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  /** Of a 202: how many of the batch were refused, with the first one's reason. */
  readonly rejected: number;
  /** In words, for people. */
  readonly detail: string;
}

export type Verdict =
  | { readonly kind: 'taken'; readonly rejected: number }
  /** Too much at once, or unreadable: halves are tried, and a single event is given up for this reason. */
  | { readonly kind: 'split'; readonly reason: 'too_large' | 'unreadable' }
  /** `retryAfterMs` is the least that the collector asks for. `misconfigured`: hardly a matter of seconds. */
  | { readonly kind: 'later'; readonly retryAfterMs: number; readonly misconfigured: boolean };

const FIRST_PAUSE_MS = 1_000;
/** A collector that comes back is found again within that time. */
const LONGEST_PAUSE_MS = 60_000;
/** More than that nobody means. */
const LONGEST_RETRY_AFTER_MS = 3_600_000;
const AT_ONCE_AGAIN = [0, 408, 425, 429];

/** `now`: milliseconds since 1970, for a Retry-After that is a date. */
export function verdictOf({ status, retryAfter, rejected }: Answer, now: number): Verdict {
  // Only a 202 says that Kafka has it: a captive portal answers 200 to anything.
  if (status === 202) return { kind: 'taken', rejected };
  if (status === 413) return { kind: 'split', reason: 'too_large' };
  if (status === 400) return { kind: 'split', reason: 'unreadable' };
  // A wrong key or address is mended by a person; the events are as good as before.
  return { kind: 'later', retryAfterMs: retryAfterMs(retryAfter, now), misconfigured: !AT_ONCE_AGAIN.includes(status) && status < 500 };
}

function retryAfterMs(text: string | null, now: number): number {
  const value = text?.trim() ?? '';
  if (value === '') return 0;
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - now;
  return ms > 0 ? Math.min(ms, LONGEST_RETRY_AFTER_MS) : 0;
}

/** Full jitter, so that thousands of clients do not come back at once. `failures` in a row, from 1; `chance` from 0 to 1. */
export function pauseMs({ retryAfterMs: asked, misconfigured }: Verdict & { kind: 'later' }, failures: number, chance: number): number {
  const ceiling = misconfigured ? LONGEST_PAUSE_MS : Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 16));
  // Never sooner than was asked for, and not all at that very moment.
  return Math.max(asked * (1 + 0.2 * chance), ceiling * (0.2 + 0.8 * chance));
}
