/**
 * The three signal topics of a partition as one sequence, ordered by (origin_offset, ordinal): a function of the log, however the records
 * are delivered. A record is taken only once every topic has shown something at or past it. A progress record of origin_offset o stands in
 * all three topics, sorts after all signals of o, and is taken from all of them at once.
 */
import type { InRecord, TopicPartition } from '../../../infra/ports.ts';
import type { Signal } from './signal.ts';

export interface Entry {
  readonly originOffset: number;
  /** Infinity for a progress record. */
  readonly ordinal: number;
  readonly watermark: number;
  /** Null for a progress record. */
  readonly signal: Signal | null;
}

interface Lane extends TopicPartition {
  readonly queue: InRecord[];
  /** Records of `queue` before it have been taken. */
  start: number;
  head: Entry | null;
  /** The last key shown and taken. */
  seenOffset: number;
  seenOrdinal: number;
  /** Offset of the first record not taken. */
  next: number;
}

export interface Merge {
  accept(records: readonly InRecord[]): void;
  /** The next entry in order, or null where it cannot be known yet; good until the next `peek` after it is taken. Decoding errors pass through, nothing is lost by them. */
  peek(): Entry | null;
  /** Takes what the last `peek` showed. */
  take(): void;
  backlog(input: TopicPartition): number;
  /** Per input the first record not taken. */
  positions(): (TopicPartition & { readonly offset: number })[];
  /** The platform.events offset up to which (exclusive) everything has been taken. */
  through(): number;
}

/** A lane's taken records are let go of once there are this many. */
const COMPACT_AT = 1_024;

const before = (a: Entry, b: Entry): boolean => a.originOffset < b.originOffset || (a.originOffset === b.originOffset && a.ordinal < b.ordinal);

/** `through`: as committed; 0 at the beginning. `read` decodes a record; what it gives may be used again for the next of the same input. */
export function createMerge(inputs: readonly (TopicPartition & { readonly offset: number })[], through: number, read: (record: InRecord) => Entry): Merge {
  const lanes: Lane[] = inputs.map(({ topic, partition, offset }) => ({
    topic,
    partition,
    queue: [],
    start: 0,
    head: null,
    seenOffset: through - 1,
    seenOrdinal: Infinity,
    next: offset,
  }));
  let complete = through;
  /** What the last `peek` found; null once taken. */
  let found: Entry | null = null;

  const laneOf = (input: TopicPartition): Lane => {
    const lane = lanes.find(({ topic, partition }) => topic === input.topic && partition === input.partition);
    if (lane === undefined) throw new Error(`profile: ${input.topic}/${String(input.partition)} is not an input of this task`);
    return lane;
  };
  const headOf = (lane: Lane): Entry | null => {
    if (lane.head === null) {
      const record = lane.queue[lane.start];
      if (record !== undefined) lane.head = read(record);
    }
    return lane.head;
  };
  const pop = (lane: Lane, entry: Entry): void => {
    const record = lane.queue[lane.start];
    if (record === undefined) return;
    lane.next = record.offset + 1;
    lane.seenOffset = entry.originOffset;
    lane.seenOrdinal = entry.ordinal;
    lane.head = null;
    lane.start += 1;
    if (lane.start >= COMPACT_AT || lane.start === lane.queue.length) {
      lane.queue.splice(0, lane.start);
      lane.start = 0;
    }
  };
  const smallest = (): Entry | null => {
    let first: Entry | null = null;
    for (const lane of lanes) {
      const head = headOf(lane);
      if (head !== null && (first === null || before(head, first))) first = head;
    }
    return first;
  };
  const shown = (lane: Lane, entry: Entry): boolean =>
    lane.head !== null || lane.seenOffset > entry.originOffset || (lane.seenOffset === entry.originOffset && lane.seenOrdinal >= entry.ordinal);
  const isShownByAll = (entry: Entry): boolean => {
    for (const lane of lanes) if (!shown(lane, entry)) return false;
    return true;
  };

  return {
    accept: (records) => {
      const first = records[0];
      if (first === undefined) return;
      const lane = laneOf(first);
      for (const record of records) lane.queue.push(record);
    },
    peek: () => {
      if (found !== null) return found;
      const entry = smallest();
      if (entry !== null && isShownByAll(entry)) found = entry;
      return found;
    },
    take: () => {
      const entry = found;
      if (entry === null) throw new Error('profile: nothing to take');
      found = null;
      for (const lane of lanes) {
        const head = lane.head;
        const progress = entry.signal === null && head !== null && head.signal === null && head.originOffset === entry.originOffset;
        if (head === entry || progress) pop(lane, entry);
      }
      complete = Math.max(complete, entry.signal === null ? entry.originOffset + 1 : entry.originOffset);
    },
    backlog: (input) => {
      const lane = laneOf(input);
      return lane.queue.length - lane.start;
    },
    positions: () => lanes.map(({ topic, partition, next }) => ({ topic, partition, offset: next })),
    through: () => complete,
  };
}
