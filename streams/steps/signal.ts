/** What an event means, before it is written: the parts in which its signals differ. What they share is the event, the catalog and the user. */
import type { Outcome, TimeMeasure } from '../../schemas/records.ts';

export type Signal =
  | { readonly class: 'action'; readonly outcome: Outcome | null }
  | { readonly class: 'error'; readonly fingerprint: string }
  | { readonly class: 'time'; readonly measure: TimeMeasure; readonly duration_ms: number; readonly expected_ms: number | null; readonly censored: boolean };

export type SignalClass = Signal['class'];

/** Where in the order of all signals of the partition these belong. */
export interface Place {
  readonly origin_offset: number;
  /** Of the first signal. */
  readonly ordinal: number;
  readonly watermark: number;
}
