/** So many events a second, and no more: what is late is not caught up with a burst, as a platform would not either. */

/** Resolves when `events` more may go. Without a rate at once. */
export function createPace(rate: number | undefined, now: () => number, wait: (ms: number) => Promise<void>): (events: number) => Promise<void> {
  let next = -Infinity;
  return async (events) => {
    if (rate === undefined) return;
    const due = next - now();
    if (due > 0) await wait(due);
    next = Math.max(next, now()) + (events / rate) * 1000;
  };
}

/** Of a rate, what goes at once: half a second's worth, and at most `most`. */
export const eventsAtOnce = (rate: number | undefined, most: number): number => (rate === undefined ? most : Math.min(most, Math.max(1, Math.ceil(rate / 2))));
