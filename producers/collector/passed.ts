/**
 * Whether a group has passed the ends of its topics. Transactions end with control records, which have offsets but are nothing to read: where a
 * position lies before the end, only reading tells whether something is left. Progress records (no key, no value) are nothing to land either.
 */
import type { InRecord, LogReader, Position, TopicPartition } from '../../infra/ports.ts';
import { readTail } from './tail.ts';

interface TopicEnds {
  readonly topic: string;
  readonly ends: readonly number[];
}

export type Passed = (topics: readonly TopicEnds[], committed: readonly Position[]) => Promise<boolean>;

const isData = (record: InRecord): boolean => record.key !== null || record.value !== null;

export function createPassed(log: Pick<LogReader, 'read'>): Passed {
  // Found empty of data once, a stretch stays so: a log is only appended to, and its compaction only takes away.
  const empty = new Map<string, { readonly from: number; readonly to: number }>();

  const onlyControl = async (at: TopicPartition, from: number, to: number): Promise<boolean> => {
    const name = `${at.topic}/${at.partition}`;
    const known = empty.get(name);
    if (known !== undefined && known.from <= from && known.to >= to) return true;
    for await (const records of readTail(log, at, from, to)) if (records.some(isData)) return false;
    empty.set(name, { from, to });
    return true;
  };

  return async (topics, committed) => {
    const positions = new Map(committed.map((one) => [`${one.topic}/${one.partition}`, one.offset]));
    const behind = topics.flatMap(({ topic, ends }) =>
      ends.flatMap((end, partition) => {
        const from = positions.get(`${topic}/${partition}`) ?? 0;
        return from < end ? [{ topic, partition, from, end }] : [];
      }),
    );
    // One after the other: the first that is really behind ends the search, and reading is the dear part.
    for (const { topic, partition, from, end } of behind) if (!(await onlyControl({ topic, partition }, from, end))) return false;
    return true;
  };
}
