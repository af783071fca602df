/**
 * A signal's id: the hash of (user_id, event_id) that dedupe knows the event by, and in its last word which of the event's signals it is. 128 bits, in hex. Rows of
 * ClickHouse are told apart by class, user and this id, so a collision would have to be one of a single user's (docs/decisions/0008).
 */
import type { Hash } from '../state/hash128.ts';
import type { Signal } from './signal.ts';

/** Never renumber: an event that is processed again must get the same ids. */
const KINDS = { action: 1, started: 2, completed: 3, failed: 4, abandoned: 5, error: 6, dwell: 7, completion: 8, waiting: 9 } as const;

export function kindOf(signal: Signal): number {
  switch (signal.class) {
    case 'action':
      return KINDS[signal.outcome ?? 'action'];
    case 'error':
      return KINDS.error;
    case 'time':
      return KINDS[signal.measure];
  }
}

export const signalId = (event: Hash, signal: Signal): string => idOf(event, kindOf(signal));

export type Kind = keyof typeof KINDS;

export const idOfKind = (event: Hash, kind: Kind): string => idOf(event, KINDS[kind]);

function idOf(event: Hash, kind: number): string {
  return `${hex(event[0])}${hex(event[1])}${hex(event[2])}${hex((event[3] ?? 0) ^ kind)}`;
}

const hex = (word: number | undefined): string => ((word ?? 0) >>> 0).toString(16).padStart(8, '0');
