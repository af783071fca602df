/** Changelog records of days, of which a commit has thousands: they lie where the days lie, with their keys one behind the other, and no text and no Buffer is made of them. */
import { LyingRecord } from '../../../infra/lyingRecord.ts';
import type { OutRecord, Slice } from '../../../infra/ports.ts';

/** Ours: the keys of a commit, in all but the largest. */
const FIRST_BYTES = 64 * 1024;
/** A unit of a text is at most so many bytes; and what is around the id in a key. */
const MOST_BYTES = 3;
const HEAD_BYTES = 32;
const ASCII = 0x7f;

export interface DayRecords {
  /** `value` is the day's record where it lies. Good until `clear`. */
  of(day: number, userId: string, value: Slice): OutRecord;
  /** Before a commit's first record: the memory of the last commit's keys is used again. */
  clear(): void;
}

export function createDayRecords(topic: string, partition: number): DayRecords {
  let bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  let used = 0;
  return {
    of: (day, userId, value) => {
      // The records so far keep the memory that they lie in.
      if (used + HEAD_BYTES + userId.length * MOST_BYTES > bytes.length) {
        bytes = Buffer.allocUnsafeSlow(Math.max(bytes.length * 2, HEAD_BYTES + userId.length * MOST_BYTES));
        used = 0;
      }
      const from = used;
      used = writeText(bytes, `d/${String(day)}/`, used);
      used = writeText(bytes, userId, used);
      return new LyingRecord(topic, partition, { bytes, from, to: used }, value);
    },
    clear: () => {
      used = 0;
    },
  };
}

/** By hand: ids are short, and a call into native code costs more. */
function writeText(bytes: Buffer, text: string, from: number): number {
  let all = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    all |= unit;
    bytes[from + i] = unit;
  }
  return from + (all > ASCII ? bytes.write(text, from) : text.length);
}
