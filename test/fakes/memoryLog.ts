/** Topics in memory: per partition an array of committed records, and the next offset, which may run ahead of them (control markers). */
import type { InRecord, OutRecord, TopicConfig, TopicPartition } from '../../infra/ports.ts';
import { KafkaError, outOfRange } from '../../infra/kafka/errors.ts';

interface Partition {
  /** The topic's max.message.bytes. */
  readonly maxBytes: number;
  readonly records: InRecord[];
  /** First offset that is still there. */
  start: number;
  /** Offset of the next record. */
  end: number;
  /** Told once when something is appended. */
  readonly waiting: Set<() => void>;
}

export interface MemoryLog {
  readonly create: (topics: readonly TopicConfig[]) => void;
  readonly topic: (name: string) => readonly Partition[];
  readonly partition: (input: TopicPartition) => Partition;
  /** Appends in order; with `marker` an offset more is used up in each partition touched, as a transaction's end does. */
  readonly append: (records: readonly OutRecord[], marker: boolean) => void;
  /** Up to `limit` records from an offset on, and where to go on. */
  readonly slice: (input: TopicPartition, from: number, limit: number, to?: number) => { records: InRecord[]; next: number };
  /** What an aborted transaction leaves: its records' offsets and its marker's, and nothing in them. */
  readonly skip: (records: readonly OutRecord[]) => void;
  /** Removes what is before an offset, as retention does. */
  readonly truncate: (input: TopicPartition, before: number) => void;
  /** Keeps the newest record of each key. */
  readonly compact: (input: TopicPartition) => void;
}

/** The broker's message.max.bytes. */
const DEFAULT_MAX_BYTES = 8 * 1024 * 1024;

export function createMemoryLog(options: { now: () => number; partitions: number | null; onAppend: (topics: ReadonlySet<string>) => void }): MemoryLog {
  const topics = new Map<string, Partition[]>();
  const make = (count: number, maxBytes = DEFAULT_MAX_BYTES): Partition[] => Array.from({ length: count }, () => ({ maxBytes, records: [], start: 0, end: 0, waiting: new Set() }));

  const topic = (name: string): Partition[] => {
    let found = topics.get(name);
    if (found === undefined) {
      if (options.partitions === null) throw new KafkaError('UNKNOWN_TOPIC', `Topic ${name} does not exist: create it first.`);
      found = make(options.partitions);
      topics.set(name, found);
    }
    return found;
  };
  const partition = (input: TopicPartition): Partition => {
    const found = topic(input.topic)[input.partition];
    if (found === undefined) throw new KafkaError('UNKNOWN_TOPIC', `Topic ${input.topic} has no partition ${input.partition}.`);
    return found;
  };

  return {
    create: (configs) => {
      for (const config of configs) if (!topics.has(config.topic)) topics.set(config.topic, make(config.partitions, Number(config.config['max.message.bytes'] ?? DEFAULT_MAX_BYTES)));
    },
    topic,
    partition,
    append: (records, marker) => {
      const timestamp = options.now();
      const touched = new Set<Partition>();
      const names = new Set<string>();
      // All or nothing: a record that is refused must leave no trace of the others.
      for (const record of records) {
        const { maxBytes } = partition(record);
        if ((record.value?.length ?? 0) > maxBytes) throw new KafkaError('TOO_LARGE', `A record of ${record.value?.length ?? 0} bytes is more than ${record.topic} takes: raise its max.message.bytes.`);
      }
      for (const record of records) {
        const target = partition(record);
        const { key } = record;
        target.records.push({
          topic: record.topic,
          partition: record.partition,
          offset: target.end++,
          timestamp,
          // As a broker has them: bytes of its own, whatever the sender does with his.
          key: key === null ? null : Buffer.from(key),
          value: record.value === null ? null : Buffer.from(record.value),
          headers: record.headers ?? {},
        });
        touched.add(target);
        names.add(record.topic);
      }
      for (const target of touched) {
        if (marker) target.end += 1;
        const waiting = [...target.waiting];
        target.waiting.clear();
        for (const wake of waiting) wake();
      }
      if (names.size > 0) options.onAppend(names);
    },
    slice: (input, from, limit, to = Infinity) => {
      const { records, start, end } = partition(input);
      if (from !== 0 && (from < start || from > end)) throw outOfRange(input.topic, input.partition, from, start, end);
      const first = lowerBound(records, from);
      let last = Math.min(records.length, first + limit);
      if (to < end) last = Math.min(last, lowerBound(records, to));
      const next = last < records.length ? (records[last]?.offset ?? end) : end;
      return { records: records.slice(first, last), next: Math.min(next, Math.max(to, from)) };
    },
    skip: (records) => {
      const touched = new Set(records.map(partition));
      for (const record of records) partition(record).end += 1;
      for (const target of touched) {
        target.end += 1;
        const waiting = [...target.waiting];
        target.waiting.clear();
        for (const wake of waiting) wake();
      }
    },
    compact: (input) => {
      const { records } = partition(input);
      const newest = new Map(records.map(({ key, offset }) => [String(key), offset]));
      records.splice(0, records.length, ...records.filter(({ key, offset }) => newest.get(String(key)) === offset));
    },
    truncate: (input, before) => {
      const target = partition(input);
      target.start = Math.min(Math.max(before, target.start), target.end);
      target.records.splice(0, lowerBound(target.records, target.start));
    },
  };
}

/** Index of the first record at or after an offset. */
function lowerBound(records: readonly InRecord[], offset: number): number {
  let low = 0;
  let high = records.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((records[middle]?.offset ?? Infinity) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
