/**
 * The time of the latest event, by which "the last days" are meant: events may be of a history. A client's clock may be ahead by years, and what it says is in events_raw although the
 * processor has refused it; the collector's clock is ours, and nothing happens after it was received.
 */
import type { Ask } from './ask.ts';

export const DAY_MS = 86_400_000;

/** Null where there is no event. Of the raw rows: a row that is there twice has the same time. */
export async function readLatest(ask: Ask): Promise<number | null> {
  const [latest] = await ask<{ rows: number; at: number }>('SELECT count() AS rows, toUnixTimestamp64Milli(max(least(occurred_at, received_at))) AS at FROM events_raw');
  return latest === undefined || latest.rows === 0 ? null : latest.at;
}

export const midnightBefore = (at: number): number => Math.floor(at / DAY_MS) * DAY_MS;
/** The epoch began on a Thursday. */
export const mondayBefore = (at: number): number => midnightBefore(at) - ((Math.floor(at / DAY_MS) + 3) % 7) * DAY_MS;
