/**
 * A retried batch is the same batch. Before an insert, the range of offsets [from, to) is written into the metadata of the committed position
 * (which stays at `from`); then the range is inserted with a token made from it; then the position moves to `to`. Whoever comes after a kill finds the
 * range, forms the same batch, and ClickHouse drops it if it has it already. Decisions only: sinkTask.ts acts.
 */

/** What stands in the metadata of a committed position. */
export interface Mark {
  /** The platform.events offset of the partition that the rows are complete through (next one not yet taken); null for topics that have none. */
  readonly through: number | null;
  /** End of the range that begins at the committed offset and may have been inserted; null where none was planned. */
  readonly planned: number | null;
}

export interface Limits {
  /** Ours: an insert of this size costs little more per row than a larger one, and is a few megabytes in memory. */
  readonly records: number;
  /** Bytes of the records. */
  readonly bytes: number;
  /** Ours: how long the first record after a quiet time waits for others. */
  readonly lingerMs: number;
  /** Ours: an input in steady use is inserted this often at most, since an insert has a fixed cost of some 20 ms of ClickHouse's processor. */
  readonly intervalMs: number;
}

export const LIMITS: Limits = { records: 20_000, bytes: 4 * 1024 * 1024, lingerMs: 500, intervalMs: 2_000 };

const INITIAL_MARK: Mark = { through: null, planned: null };

const offsetOrNull = (value: unknown): number | null => (typeof value === 'number' && Number.isSafeInteger(value) ? value : null);

/** Metadata that is not ours (an offset set by hand) means: nothing is planned. */
export function readMark(metadata: string): Mark {
  let parsed: unknown = null;
  try {
    parsed = JSON.parse(metadata);
  } catch {
    return INITIAL_MARK;
  }
  if (typeof parsed !== 'object' || parsed === null) return INITIAL_MARK;
  return { through: 'through' in parsed ? offsetOrNull(parsed.through) : null, planned: 'planned' in parsed ? offsetOrNull(parsed.planned) : null };
}

export const writeMark = ({ through, planned }: Mark): string => JSON.stringify(through === null ? { planned } : { through, planned });

/** When a batch of what waits is to be planned: at once where it is full. All times in milliseconds on one clock. */
export function planTime(waiting: { readonly records: number; readonly bytes: number; readonly firstAt: number }, insertedAt: number, limits: Limits): number {
  const full = waiting.records >= limits.records || waiting.bytes >= limits.bytes;
  return full ? waiting.firstAt : Math.max(waiting.firstAt + limits.lingerMs, insertedAt + limits.intervalMs);
}

/** Where a batch from the first of these records on ends: the offset after its last record. At least one record, however large. `sizes`: bytes of each. */
export function planEnd(waiting: readonly { readonly offset: number }[], sizes: readonly number[], limits: Limits): number | null {
  let count = 0;
  for (let bytes = 0; count < waiting.length; count++) {
    bytes += sizes[count] ?? 0;
    if (count > 0 && (count >= limits.records || bytes > limits.bytes)) break;
  }
  const last = waiting[count - 1];
  return last === undefined ? null : last.offset + 1;
}

/**
 * How many of the records waiting are in the planned range, or null where it is not all there yet. Records may be missing within it (markers of
 * transactions, compaction), so it is complete once a record at or past its last offset is there.
 */
export function countPlanned(waiting: readonly { readonly offset: number }[], to: number): number | null {
  const last = waiting.at(-1);
  if (last === undefined || last.offset < to - 1) return null;
  let low = 0;
  let high = waiting.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((waiting[middle]?.offset ?? Infinity) < to) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The same for the same range of the same log. The timestamps tell a topic from one that was created anew under its name: its offsets begin
 * again, and without them its first batches would be dropped as known.
 */
export function tokenOf(input: { readonly topic: string; readonly partition: number }, from: number, to: number, timestamps: { readonly first: number; readonly last: number }): string {
  return `${input.topic}-${input.partition}-${from}-${to}-${timestamps.first}-${timestamps.last}`;
}
