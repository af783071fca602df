/**
 * Says once a minute who was refused for a key or a limit, and how often: one line, whatever the number of requests. The address is what on-call
 * needs to find a service with an old key, or to block somebody.
 */
import type { Log } from '../../infra/service/log.ts';

export interface Refusals {
  /** `key`: the name of a key, null where it is none that is known. */
  readonly note: (address: string, status: 401 | 429, key: string | null) => void;
  readonly stop: () => void;
}

const INTERVAL_MS = 60_000;
/** Told apart in a minute; more are counted together. Ours. */
const MAX_ADDRESSES = 1_000;
const SHOWN = 5;
/** Of an IPv6 address with a zone; what a proxy says may be anything. */
const MAX_ADDRESS_CHARS = 64;
const OTHERS = 'others';

export function watchRefusals(log: Log, intervalMs = INTERVAL_MS): Refusals {
  let counts = new Map<string, number>();
  const tell = (): void => {
    if (counts.size === 0) return;
    const sorted = [...counts].sort(([, a], [, b]) => b - a);
    const total = sorted.reduce((sum, [, count]) => sum + count, 0);
    log('warn', 'requests were refused for their key or its limit', { requests: total, most: Object.fromEntries(sorted.slice(0, SHOWN)) });
    counts = new Map();
  };
  const timer = setInterval(tell, intervalMs);
  return {
    note: (address, status, key) => {
      const who = `${address.slice(0, MAX_ADDRESS_CHARS)} ${status} ${key ?? 'no valid key'}`;
      const counted = counts.has(who) || counts.size < MAX_ADDRESSES ? who : OTHERS;
      counts.set(counted, (counts.get(counted) ?? 0) + 1);
    },
    stop: () => {
      clearInterval(timer);
      tell();
    },
  };
}
