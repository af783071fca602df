/**
 * Which ids have been seen, as long as they may matter: in buckets of their time, each forgotten as a whole. In memory an id takes 16 to 32 bytes in its
 * bucket and 32 to 64 in the table, so 72 hours at 70 events a second and partition take some 1.5 GB. More than `maxIds` are not kept: the oldest buckets go
 * early then, and `floor` says from when on ids are still known, so that what is older can be refused rather than counted twice.
 *
 * In the changelog a bucket is a row of chunks, `<prefix>/<bucket>/<number>`: the ids of a step are appended to the bucket's last chunk, which is
 * written anew until it is full. So a quiet partition does not leave a record per event, and a restore reads few records.
 */
import { createHash, type Hash } from './hash128.ts';
import { KEPT_BUCKETS } from '../limits.ts';
import { WORDS, createHashTable } from './hashTable.ts';

export interface Change {
  readonly key: string;
  /** Null: gone. */
  readonly value: Buffer | null;
}

export interface Seen {
  has(id: Hash): boolean;
  /** `at`: milliseconds, the id's time. Does nothing where the id is known, or its bucket has been forgotten. */
  add(id: Hash, at: number): void;
  /** Forgets the buckets that end at or before a time (milliseconds). */
  forgetBefore(at: number): void;
  /** Before this time (milliseconds) ids are not known because there were too many; null where it has never come to that. */
  floor(): number | null;
  size(): number;
  /** What has changed since the last call. */
  changes(): Change[];
  /** The chunks that the changelog has, in any order, and the floor; only into a new one. */
  restore(chunks: Iterable<readonly [key: string, value: Buffer]>, floor: number | null): void;
}

interface Bucket {
  hashes: Uint32Array;
  /** Hashes in it. */
  count: number;
  /** Number of the last chunk, and its first hash. */
  chunk: number;
  chunkStart: number;
  /** Chunks that the changelog has. */
  written: number;
}

const VERSION = 1;
const HASH_BYTES = WORDS * 4;
/** Hashes after which a chunk is full: bounds what is written again at each step to 4 KiB. Ours. */
const CHUNK_HASHES = 256;

export function createSeen(prefix: string, bucketMs: number, maxIds = Infinity): Seen {
  const table = createHashTable();
  const buckets = new Map<number, Bucket>();
  const changed = new Set<number>();
  const gone: Change[] = [];
  /** Buckets below it are forgotten. */
  let first = -Infinity;
  let floor: number | null = null;

  const bucketOf = (number: number): Bucket => {
    let bucket = buckets.get(number);
    if (bucket === undefined) {
      bucket = { hashes: new Uint32Array(16 * WORDS), count: 0, chunk: 0, chunkStart: 0, written: 0 };
      buckets.set(number, bucket);
    }
    return bucket;
  };
  const append = (bucket: Bucket, hash: Hash): void => {
    if (bucket.count * WORDS === bucket.hashes.length) {
      const grown = new Uint32Array(bucket.hashes.length * 2);
      grown.set(bucket.hashes);
      bucket.hashes = grown;
    }
    const at = bucket.count * WORDS;
    // By hand: `set` is a call into native code.
    for (let i = 0; i < WORDS; i++) bucket.hashes[at + i] = hash[i] as number;
    bucket.count += 1;
    table.add(hash, 0);
  };
  const forget = (before: number): void => {
    if (before <= first) return;
    first = before;
    for (const [number, bucket] of buckets) {
      if (number >= before) continue;
      for (let i = 0; i < bucket.count; i++) table.delete(bucket.hashes, i * WORDS);
      for (let chunk = 0; chunk < bucket.written; chunk++) gone.push({ key: keyOf(number, chunk), value: null });
      buckets.delete(number);
      changed.delete(number);
    }
  };
  const bound = (): void => {
    while (table.size() > maxIds && buckets.size > KEPT_BUCKETS) {
      const next = Math.min(...buckets.keys()) + 1;
      forget(next);
      floor = next * bucketMs;
    }
  };
  const keyOf = (number: number, chunk: number): string => `${prefix}/${number}/${chunk}`;

  return {
    has: (id) => table.has(id, 0),
    add: (id, at) => {
      const number = Math.floor(at / bucketMs);
      if (number < first || table.has(id, 0)) return;
      append(bucketOf(number), id);
      changed.add(number);
      bound();
    },
    forgetBefore: (at) => { forget(Math.floor(at / bucketMs)); },
    floor: () => floor,
    size: () => table.size(),
    changes: () => {
      const changes = gone.splice(0);
      for (const number of changed) {
        const bucket = bucketOf(number);
        changes.push({ key: keyOf(number, bucket.chunk), value: pack(bucket.hashes, bucket.chunkStart, bucket.count) });
        bucket.written = bucket.chunk + 1;
        closeIfFull(bucket);
      }
      changed.clear();
      return changes;
    },
    restore: (chunks, restoredFloor) => {
      floor = restoredFloor;
      if (floor !== null) first = floor / bucketMs;
      const id = createHash();
      const rows = [...chunks].map(([key, value]) => ({ number: partOf(key, 1), chunk: partOf(key, 2), value }));
      rows.sort((a, b) => a.number - b.number || a.chunk - b.chunk);
      for (const { number, chunk, value } of rows) {
        const bucket = bucketOf(number);
        bucket.chunk = chunk;
        bucket.chunkStart = bucket.count;
        bucket.written = chunk + 1;
        unpack(value, id, () => { append(bucket, id); });
        closeIfFull(bucket);
      }
    },
  };
}

function closeIfFull(bucket: Bucket): void {
  if (bucket.count - bucket.chunkStart < CHUNK_HASHES) return;
  bucket.chunk += 1;
  bucket.chunkStart = bucket.count;
}

function partOf(key: string, index: number): number {
  const part = Number(key.split('/')[index]);
  if (!Number.isSafeInteger(part)) throw new Error(`processor.changelog: ${key} is not the key of a chunk: was the changelog written by another version?`);
  return part;
}

function pack(hashes: Uint32Array, from: number, to: number): Buffer {
  const value = Buffer.allocUnsafe(1 + (to - from) * HASH_BYTES);
  value[0] = VERSION;
  for (let i = from * WORDS, at = 1; i < to * WORDS; i++, at += 4) value.writeUInt32LE(hashes[i] ?? 0, at);
  return value;
}

function unpack(value: Buffer, words: Hash, each: () => void): void {
  if (value[0] !== VERSION || (value.length - 1) % HASH_BYTES !== 0) throw new Error(`processor.changelog: a chunk of ids has version ${String(value[0])} and ${value.length} bytes, this version reads ${VERSION}: was it written by a newer one?`);
  for (let at = 1; at < value.length; at += HASH_BYTES) {
    for (let i = 0; i < WORDS; i++) words[i] = value.readUInt32LE(at + i * 4);
    each();
  }
}
