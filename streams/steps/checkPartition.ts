import { partitionOfBytes } from '../../schemas/partition.ts';
import type { EventView } from '../wire/eventView.ts';
import { PASSED, deadLetter, type DeadLettered, type Ok } from './result.ts';

/** Dedupe, pairing and distinct counts rest on a user's living in one partition. Clocks belong to every partition. */
export function checkPartition({ type, bytes, userIdAt, userIdEnd }: Pick<EventView, 'type' | 'bytes' | 'userIdAt' | 'userIdEnd'>, partition: number, partitions: number): Ok<null> | DeadLettered {
  if (type === 'clock') return PASSED;
  const right = partitionOfBytes(bytes, userIdAt, userIdEnd, partitions);
  if (right === partition) return PASSED;
  return deadLetter('checkPartition', 'wrong_partition', `the event is in partition ${partition}, its user_id belongs to ${right}: produce with the murmur2 partitioner, keyed by user_id, or through the collector`);
}
