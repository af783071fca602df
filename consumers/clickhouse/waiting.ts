/** Records that wait to be inserted, in the order in which they came: tens of thousands, so that nothing is made for each but three entries of three lists. */
import type { InRecord } from '../../infra/ports.ts';

export interface Waiting {
  add(records: readonly InRecord[], at: number): void;
  readonly records: () => readonly InRecord[];
  /** Bytes of each record. */
  readonly sizes: () => readonly number[];
  /** Of all. */
  readonly bytes: () => number;
  /** When the first came; null where none waits. */
  readonly firstAt: () => number | null;
  /** Takes so many away from the front. */
  take(count: number): void;
}

export function createWaiting(): Waiting {
  let records: InRecord[] = [];
  let sizes: number[] = [];
  let times: number[] = [];
  let bytes = 0;
  return {
    add: (more, at) => {
      for (const record of more) {
        const size = record.size ?? sizeOf(record);
        records.push(record);
        sizes.push(size);
        times.push(at);
        bytes += size;
      }
    },
    records: () => records,
    sizes: () => sizes,
    bytes: () => bytes,
    firstAt: () => times[0] ?? null,
    take: (count) => {
      for (let index = 0; index < count; index++) bytes -= sizes[index] ?? 0;
      records = records.slice(count);
      sizes = sizes.slice(count);
      times = times.slice(count);
    },
  };
}

const sizeOf = ({ key, value }: InRecord): number => (key?.length ?? 0) + (value?.length ?? 0);
