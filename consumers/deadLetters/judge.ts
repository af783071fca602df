/**
 * Would a replay of this letter be of use now? Judged by the bytes and the catalog of today, not by the reason of then: what was undecodable may have
 * its schema by now, what was in the future may have come. What would only fail again is not sent.
 */
import type { PlatformEvent } from '../../schemas/records.ts';
import { originOf, type Letter, type Original } from './letter.ts';

/** In the order in which they are looked at; each with what to do about it. */
export const SKIPS = {
  superseded: 'a later letter has the same origin and is judged in its place',
  collector_rejected: 'the collector refused this text, so it never was a record: post the corrected event to /v1/events with the same event_id',
  no_value: 'the record had no value: there is nothing to send',
  too_large: 'it would be refused again: post a smaller event to /v1/events with the same event_id',
  undecodable: 'the bytes are no event of a schema that the registry has: bring the schema back if it is missing there, or let the producer send the event again',
  clock: 'a clock is no event; collectors append new ones by themselves',
  invalid: 'the same bytes are refused again, unless the processor was at fault and has been mended (then name them: --reason invalid, or --id); otherwise post the corrected event to /v1/events with the same event_id',
  still_future: 'its time has not come yet: replay it once occurred_at has passed, or post it with the right time and the same event_id',
  too_old: 'occurred_at is more than 400 days ago and would be refused again: post it with the right time and the same event_id',
  unknown_feature: 'its feature is not in the catalog: post it to /v1/features first',
  attempts: 'it has been replayed in vain as often as --attempts allows: read the detail, mend the cause, then raise --attempts',
  already_counted: 'signals of this event are in ClickHouse: it has been counted, by an earlier replay or a retry of its client',
} as const;

export type Skip = keyof typeof SKIPS;

/** What the topic says about an origin. */
export interface History {
  /** Letters that a replay left. */
  readonly failedReplays: number;
  readonly last: { readonly partition: number; readonly offset: number; readonly failed_at: number };
}

export interface Today {
  readonly now: number;
  /** Replays of one origin, at most. */
  readonly attempts: number;
  /** `invalid` letters were asked for by name. */
  readonly invalidToo: boolean;
  readonly hasFeature: (feature: string) => boolean;
}

export type Verdict =
  | { readonly kind: 'send'; readonly event: PlatformEvent; readonly origin: string; readonly attempt: number }
  | { readonly kind: 'skip'; readonly why: Skip };

/** As the processor has them (semantics 1): it decides, by the broker's clock; here they only spare an attempt that must fail. */
const FUTURE_MS = 5 * 60_000;
const TOO_OLD_MS = 400 * 86_400_000;

export function judge({ record, partition, offset }: Letter, original: Original, history: History | undefined, today: Today): Verdict {
  const skip = (why: Skip): Verdict => ({ kind: 'skip', why });
  const origin = originOf(record);
  if (origin === null) return skip('collector_rejected');
  if (history !== undefined && (history.last.partition !== partition || history.last.offset !== offset)) return skip('superseded');
  if (original.kind === 'nothing') return skip('no_value');
  // Only these are cut, so their bytes may not even be whole.
  if (record.reason === 'too_large') return skip('too_large');
  if (original.kind !== 'event') return skip('undecodable');
  const { event } = original;
  if (event.type === 'clock') return skip('clock');
  if (record.reason === 'invalid' && !today.invalidToo) return skip('invalid');
  if (event.occurred_at > today.now + FUTURE_MS) return skip('still_future');
  if (event.occurred_at < today.now - TOO_OLD_MS) return skip('too_old');
  if (!today.hasFeature(event.feature)) return skip('unknown_feature');
  const failed = history?.failedReplays ?? 0;
  if (failed >= today.attempts) return skip('attempts');
  return { kind: 'send', event, origin, attempt: failed + 1 };
}
