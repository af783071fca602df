import type { RecordCodec } from '../../schemas/codec.ts';
import { createHash, hash128 } from '../state/hash128.ts';
import type { OpenTask } from '../state/tasks.ts';
import type { Place, Signal, SignalRecord } from './signal.ts';
import { signalId } from './signalId.ts';

const ABANDONED = { class: 'action', outcome: 'abandoned' } as const satisfies Signal;

/**
 * The signals of a timer: what the start said, at the deadline. Everything comes from the start's signal as it was sent, user and catalog included,
 * so that the bytes do not depend on when the timer fires.
 */
export function abandon(codec: RecordCodec, { start, deadline, expectedMs }: OpenTask, { origin_offset, ordinal, watermark }: Place): SignalRecord[] {
  const begun = codec.decode('ActionSignal', start.bytes.subarray(start.from, start.to));
  const { event_id, user_id, session_id, received_at, source, stage, feature, tool, user, release, action, task_id } = begun;
  const properties = { ...begun.properties, timer: 'true' };
  const head = { event_id, user_id, session_id, occurred_at: deadline, received_at, source, stage, feature, tool, user, release, origin_offset, watermark, properties };
  const completion = { measure: 'completion', duration_ms: deadline - begun.occurred_at, expected_ms: expectedMs, censored: true } as const;
  const identity = createHash();
  hash128(user_id, event_id, identity);
  return [
    { class: 'action', record: { ...head, signal_id: signalId(identity, ABANDONED), ordinal, action, task_id, outcome: 'abandoned' } },
    { class: 'time', record: { ...head, signal_id: signalId(identity, { class: 'time', ...completion }), ordinal: ordinal + 1, ...completion } },
  ];
}
