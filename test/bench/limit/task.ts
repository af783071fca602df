/**
 * The bare consume-produce of the same bytes: what our client allows, whatever is done with the records. It runs in the production loop, with its
 * transactions, positions and steps of the task's size; it reads the same records; and for each it hands over as many records of the same sizes
 * to the same topics as the task does on average, with the input's own key and a slice of one prepared buffer for the value. It does not
 * look at a value, keeps nothing, computes nothing and encodes nothing. What is left is what every task on this client must pay: fetching and
 * splitting batches, an object per record each way, record encoding, checksums, requests, and the broker.
 */
import type { InRecord, OutRecord, Task, TaskContext } from '../../../infra/ports.ts';
import { HEADERS, topicName } from '../../../schemas/topics.ts';
import { MAX_STEP_BYTES, MAX_STEP_RECORDS } from '../../../streams/limits.ts';
import type { OutputShape } from './shape.ts';

/** Of a record beside its value, as the processor counts it. */
const RECORD_BYTES = 64;

/** Records that have been taken are let go of this many at a time, as the processor does. */
const COMPACT_AT = 4_096;

/** One kind of record to one topic; `owed` is the fraction of the next one. */
interface Stream {
  readonly topic: string;
  readonly kind: 'value' | 'tombstone' | 'progress';
  readonly perEvent: number;
  readonly bytes: number;
  owed: number;
}

export function createLimitTask(shape: OutputShape, app: string, { inputs }: Pick<TaskContext, 'inputs'>): Task {
  const partition = inputs[0]?.partition ?? 0;
  const streams: Stream[] = shape.flatMap(({ topic: id, values, bytes, tombstones, progress }) => [
    { topic: topicName(id, app), kind: 'value' as const, perEvent: values, bytes, owed: 0 },
    { topic: topicName(id, app), kind: 'tombstone' as const, perEvent: tombstones, bytes: 0, owed: 0 },
    { topic: topicName(id, app), kind: 'progress' as const, perEvent: progress, bytes: 0, owed: 0 },
  ]).filter(({ perEvent }) => perEvent > 0);
  // Any bytes do: nothing on the way compresses them or looks at them.
  const prepared = Buffer.alloc(Math.max(1, ...streams.map(({ bytes }) => bytes)), 'limit');
  const queue: InRecord[] = [];
  /** Records of `queue` not taken, per topic. */
  const waiting = new Map<string, number>();
  let head = 0;
  let commits = 0;

  return {
    open: () => Promise.resolve(),
    accept: (records) => {
      for (const record of records) queue.push(record);
      const [first] = records;
      if (first !== undefined) waiting.set(first.topic, (waiting.get(first.topic) ?? 0) + records.length);
    },
    step: () => {
      const outputs: OutRecord[] = [];
      const end = Math.min(queue.length, head + MAX_STEP_RECORDS);
      const through = new Map<string, number>();
      for (let bytes = 0; head < end && bytes < MAX_STEP_BYTES; head++) {
        const record = queue[head];
        if (record === undefined) break;
        through.set(record.topic, record.offset + 1);
        waiting.set(record.topic, (waiting.get(record.topic) ?? 0) - 1);
        // Progress records have no value: of them nothing comes.
        if (record.value === null) continue;
        for (const stream of streams) {
          stream.owed += stream.perEvent;
          for (; stream.owed >= 1; stream.owed -= 1) {
            const { key } = record;
            switch (stream.kind) {
              case 'value':
                outputs.push({ topic: stream.topic, partition, key, value: prepared.subarray(0, Math.max(0, stream.bytes - (key?.length ?? 0))) });
                break;
              case 'tombstone':
                outputs.push({ topic: stream.topic, partition, key, value: null });
                break;
              case 'progress':
                outputs.push({ topic: stream.topic, partition, key: null, value: null, headers: { [HEADERS.originOffset]: String(record.offset), [HEADERS.watermark]: String(record.timestamp) } });
                break;
            }
            bytes += RECORD_BYTES + stream.bytes;
          }
        }
      }
      if (through.size === 0) return Promise.resolve(null);
      if (head >= COMPACT_AT || head === queue.length) {
        queue.splice(0, head);
        head = 0;
      }
      commits += 1;
      return Promise.resolve({ outputs, positions: [...through].map(([topic, offset]) => ({ topic, partition, offset, metadata: JSON.stringify({ through: offset, n: commits }) })) });
    },
    backlog: ({ topic }) => waiting.get(topic) ?? 0,
  };
}
