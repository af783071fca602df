import { partitionOf } from '../../schemas/partition.ts';
import type { PlatformEvent } from '../../schemas/records.ts';
import { PASSED, deadLetter, type DeadLettered, type Ok } from './result.ts';

/** Dedupe, pairing and distinct counts rest on a user's living in one partition. Clocks belong to every partition. */
export function checkPartition(event: PlatformEvent, partition: number, partitions: number): Ok<null> | DeadLettered {
  if (event.type === 'clock') return PASSED;
  const right = partitionOf(event.user_id, partitions);
  if (right === partition) return PASSED;
  return deadLetter('checkPartition', 'wrong_partition', `the event is in partition ${partition}, its user_id belongs to ${right}: produce with the murmur2 partitioner, keyed by user_id, or through the collector`);
}
