/** A clock as the log has it: the same record in every partition, of no user and no feature. */
import { topicName } from '../../schemas/topics.ts';
import type { PlatformEvent } from '../../schemas/records.ts';
import type { OutRecord } from '../../infra/ports.ts';
import type { IntakeContext } from './intake.ts';

export function clockRecords(occurredAt: number, { codec, app, partitions, receivedAt, newId }: Pick<IntakeContext, 'codec' | 'app' | 'partitions' | 'receivedAt' | 'newId'>): OutRecord[] {
  const clock: PlatformEvent = {
    event_id: newId(), user_id: '', session_id: null, occurred_at: occurredAt, sent_at: null, received_at: receivedAt, source: 'collector', type: 'clock', feature: '',
    action: null, task_id: null, outcome: null, duration_ms: null, waiting_ms: null, release: null, error: null, properties: {},
  };
  const value = codec.encode('PlatformEvent', clock);
  return Array.from({ length: partitions }, (_, partition) => ({ topic: topicName('events', app), partition, key: '', value }));
}

