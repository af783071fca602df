import type { Slice } from '../../infra/ports.ts';
import type { RecordCodec } from '../../schemas/codec.ts';
import { createHash, hash128, type Hash } from '../state/hash128.ts';
import type { OpenTask } from '../state/tasks.ts';
import { HEADER_BYTES } from '../wire/eventView.ts';
import type { TimerSignal } from '../wire/timerWriter.ts';

export interface Abandonment {
  /** The start's signal, as this version would have written it. */
  readonly start: Slice;
  readonly identity: Hash;
  readonly signals: readonly TimerSignal[];
}

const ABANDONED: TimerSignal = { class: 'action', outcome: 'abandoned' };

/**
 * The signals of a timer: what the start said, at the deadline. Everything comes from the start's signal as it was sent, user and catalog included,
 * so that the bytes do not depend on when the timer fires.
 */
export function abandon(codec: RecordCodec, { start, deadline, user, eventId, startedAt, expectedMs }: OpenTask): Abandonment {
  const identity = createHash();
  hash128(user, eventId, identity);
  const completion: TimerSignal = { class: 'time', measure: 'completion', duration_ms: deadline - startedAt, expected_ms: expectedMs, censored: true };
  return { start: isOurs(codec, start) ? start : asOurs(codec, start), identity, signals: [ABANDONED, completion] };
}

const isOurs = (codec: RecordCodec, { bytes, from }: Slice): boolean => bytes.readInt32BE(from + HEADER_BYTES - 4) === codec.schemaId('ActionSignal');

/** Begun before an upgrade, with a schema of its own. */
function asOurs(codec: RecordCodec, { bytes, from, to }: Slice): Slice {
  const ours = codec.encode('ActionSignal', codec.decode('ActionSignal', bytes.subarray(from, to)));
  return { bytes: ours, from: 0, to: ours.length };
}
