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
  /** Bytes of keys and values. */
  readonly bytes: number;
  /** Ours: how long the first record waits for others; a trickle is shown soon, a flood is gathered for longer, since each insert has a fixed cost. */
  readonly lingerMs: number;
  readonly floodLingerMs: number;
  /** From so many records on it is a flood. */
  readonly floodRecords: number;
}

export const LIMITS: Limits = { records: 20_000, bytes: 4 * 1024 * 1024, lingerMs: 500, floodLingerMs: 2_000, floodRecords: 1_000 };

export const INITIAL_MARK: Mark = { through: null, planned: null };

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

/** How long from when the first of them came, milliseconds. */
export function lingerMs(records: number, bytes: number, limits: Limits): number {
  if (records >= limits.records || bytes >= limits.bytes) return 0;
  return records < limits.floodRecords ? limits.lingerMs : limits.floodLingerMs;
}

export interface Sized {
  readonly offset: number;
  readonly bytes: number;
}

/** Where a batch from the first of these records on ends: the offset after its last record. At least one record, however large. */
export function planEnd(waiting: readonly Sized[], limits: Limits): number | null {
  let end: number | null = null;
  let bytes = 0;
  for (const [index, record] of waiting.entries()) {
    bytes += record.bytes;
    if (index > 0 && (index >= limits.records || bytes > limits.bytes)) break;
    end = record.offset + 1;
  }
  return end;
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
