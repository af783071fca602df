/**
 * The committed records of a partition from an offset on, up to `to`. Where retention has taken that offset away, what is left is read from its
 * beginning: it is less than what was asked for.
 */
import type { InRecord, LogReader, TopicPartition } from '../../infra/ports.ts';

export async function* readTail(log: Pick<LogReader, 'read'>, at: TopicPartition, from: number, to: number): AsyncGenerator<readonly InRecord[]> {
  try {
    yield* log.read({ ...at, offset: from }, to);
  } catch (error) {
    // Offset 0 is never out of range: it stands for the beginning.
    if (from === 0 || (error as { code?: unknown }).code !== 'OFFSET_OUT_OF_RANGE') throw error;
    yield* log.read({ ...at, offset: 0 }, to);
  }
}
