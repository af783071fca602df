/** Which letters are meant. What the letter itself says is looked at first: originals are opened only where the filter asks about them. */
import { SYMBOLS, type DeadLetterReason } from '../../schemas/records.ts';
import { named, type Letter, type Original } from './letter.ts';

export const REASONS: readonly DeadLetterReason[] = SYMBOLS.DeadLetterReason;

/** Null: not asked about. */
export interface Filter {
  readonly id: string | null;
  readonly reasons: ReadonlySet<DeadLetterReason> | null;
  readonly step: string | null;
  readonly eventId: string | null;
  /** Of the dead-letter topic. */
  readonly partition: number | null;
  /** failed_at at or after, and before; epoch milliseconds. */
  readonly since: number | null;
  readonly until: number | null;
  readonly feature: string | null;
  readonly user: string | null;
}

export const EVERYTHING: Filter = { id: null, reasons: null, step: null, eventId: null, partition: null, since: null, until: null, feature: null, user: null };

export const namesSomething = (filter: Filter): boolean => Object.values(filter).some((value) => value !== null);

export const asksOriginal = ({ feature, user }: Filter): boolean => feature !== null || user !== null;

export function matchesLetter({ record, partition }: Letter, filter: Filter): boolean {
  const { dead_letter_id, reason, step, event_id, failed_at } = record;
  return (
    (filter.id === null || filter.id === dead_letter_id) &&
    (filter.reasons === null || filter.reasons.has(reason)) &&
    (filter.step === null || filter.step === step) &&
    (filter.eventId === null || filter.eventId === event_id) &&
    (filter.partition === null || filter.partition === partition) &&
    (filter.since === null || failed_at >= filter.since) &&
    (filter.until === null || failed_at < filter.until)
  );
}

export function matchesOriginal(original: Original, { feature, user }: Filter): boolean {
  return (feature === null || named(original, 'feature') === feature) && (user === null || named(original, 'user_id') === user);
}
