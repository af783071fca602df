import type { OpenTask } from '../state/tasks.ts';
import { signalId, type Place, type Signal } from './classify.ts';

/**
 * The signals of a timer: what the start said, at the deadline. Everything comes from the start as it was processed, user and catalog included,
 * so that the bytes do not depend on when the timer fires.
 */
export function abandon({ start, deadline, expectedMs }: OpenTask, { origin_offset, ordinal, watermark }: Place): Signal[] {
  const { event_id, user_id, session_id, received_at, source, stage, feature, tool, user, release, action, task_id } = start;
  const properties = { ...start.properties, timer: 'true' };
  const head = { event_id, user_id, session_id, occurred_at: deadline, received_at, source, stage, feature, tool, user, release, origin_offset, watermark, properties };
  return [
    { class: 'action', record: { ...head, signal_id: signalId(start, 'action', 'abandoned'), ordinal, action, task_id, outcome: 'abandoned' } },
    { class: 'time', record: { ...head, signal_id: signalId(start, 'time', 'completion'), ordinal: ordinal + 1, measure: 'completion', duration_ms: deadline - start.occurred_at, expected_ms: expectedMs, censored: true } },
  ];
}
