/** What a step says of an event. Bad data is a value; only a broken world throws. */
import type { DeadLetterReason } from '../../schemas/records.ts';

export interface Ok<T> {
  readonly kind: 'ok';
  readonly value: T;
}

/** Rightly left out: nothing is lost. */
export interface Drop {
  readonly kind: 'drop';
  readonly why: 'duplicate' | 'clock' | 'erased';
}

export interface DeadLettered {
  readonly kind: 'deadLetter';
  readonly reason: DeadLetterReason;
  /** Names the field, what is wrong with it, and what to do. */
  readonly detail: string;
  readonly step: string;
}

export type Result<T> = Ok<T> | Drop | DeadLettered;

export const ok = <T>(value: T): Ok<T> => ({ kind: 'ok', value });

export const deadLetter = (step: string, reason: DeadLetterReason, detail: string): DeadLettered => ({ kind: 'deadLetter', step, reason, detail });

/** Of steps that only check: the event goes on as it is. Shared, because every event passes several. */
export const PASSED: Ok<null> = ok(null);
