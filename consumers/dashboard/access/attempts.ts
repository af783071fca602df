/** How often a sign-in may fail: per address and over all, in windows of a minute. Bounded: past that many addresses the oldest is forgotten, and the limit over all still holds. */
export interface Attempts {
  /** Seconds to wait before another attempt, or null where one may be made. */
  waitSeconds(address: string): number | null;
  failed(address: string): void;
}

/** Ours: a person who mistypes has ten tries a minute; keys have 192 random bits. */
const PER_ADDRESS = 10;
const OVER_ALL = 100;
const WINDOW_MS = 60_000;
const MOST_ADDRESSES = 1_000;

interface Window {
  readonly began: number;
  failures: number;
}

/** `now`: milliseconds. */
export function createAttempts(now: () => number): Attempts {
  const windows = new Map<string, Window>();
  let all: Window = { began: -Infinity, failures: 0 };
  const current = (window: Window | undefined): Window => (window === undefined || now() - window.began >= WINDOW_MS ? { began: now(), failures: 0 } : window);
  const wait = (window: Window, most: number): number | null => (window.failures < most ? null : Math.max(1, Math.ceil((window.began + WINDOW_MS - now()) / 1_000)));
  return {
    waitSeconds: (address) => wait(current(windows.get(address)), PER_ADDRESS) ?? wait(current(all), OVER_ALL),
    failed: (address) => {
      const own = current(windows.get(address));
      own.failures += 1;
      windows.delete(address);
      windows.set(address, own);
      const [oldest] = windows.keys();
      if (windows.size > MOST_ADDRESSES && oldest !== undefined) windows.delete(oldest);
      all = current(all);
      all.failures += 1;
    },
  };
}
