/** A world's events and clocks as records of platform.events, as a collector would append them: its validation is the production one. */
import { validateEvent } from '../../producers/collector/validate.ts';
import type { SimulatedEvent } from '../../producers/simulator/types.ts';
import type { OutRecord } from '../../infra/ports.ts';
import type { RecordCodec } from '../../schemas/codec.ts';
import { partitionOf } from '../../schemas/partition.ts';
import type { PlatformEvent } from '../../schemas/records.ts';
import { topicName } from '../../schemas/topics.ts';

export interface WorldRecords {
  /** In the given order. Throws where the collector would reject one. */
  events(batch: readonly SimulatedEvent[]): OutRecord[];
  /** One in every partition, of the highest time so far, or of `at` where that is later. */
  clocks(at?: number): OutRecord[];
}

/** `receivedAt`: the collector's clock, ms. */
export function worldRecords(codec: RecordCodec, partitions: number, receivedAt: number): WorldRecords {
  const context = { receivedAt, source: 'simulator', newId: () => { throw new Error('every simulated event brings its id'); } };
  let latest = 0;
  const recordOf = (event: PlatformEvent, partition: number): OutRecord => ({ topic: topicName('events', ''), partition, key: event.user_id, value: codec.encode('PlatformEvent', event) });
  return {
    events: (batch) =>
      batch.map((given) => {
        const event = validateEvent(given, context);
        latest = Math.max(latest, event.occurred_at);
        return recordOf(event, partitionOf(event.user_id, partitions));
      }),
    clocks: (at = 0) => {
      latest = Math.max(latest, at);
      const clock: PlatformEvent = {
        event_id: `clock-${String(latest)}`, user_id: '', session_id: null, occurred_at: latest, sent_at: null, received_at: receivedAt, source: 'collector', type: 'clock', feature: '', action: null,
        task_id: null, outcome: null, duration_ms: null, waiting_ms: null, release: null, error: null, properties: {},
      };
      return Array.from({ length: partitions }, (_, partition) => recordOf(clock, partition));
    },
  };
}
