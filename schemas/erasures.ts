/**
 * Who has been erased, as the topic platform.erasures says: key = a keyed hash of the user id, value = up to which event time. What a user did up to
 * then is dropped wherever it comes from, so it does not come back by a replay; what the user does later is a new user's (docs/decisions/0020).
 */
import { createHmac } from 'node:crypto';
import { partitionOf } from './partition.ts';

/** An event may be this much ahead of the broker (semantics 2): nothing that exists at the erasure has a later event time. */
const AHEAD_MS = 5 * 60_000;
const HASH_CHARS = 32;
const VERSION = 1;
/** Hashes remembered, so that a replay does not make them anew for each event. Ours. */
const MOST_REMEMBERED = 10_000;

export interface Erasure {
  /** Of the user in `P` topics. */
  readonly partition: number;
  /** Epoch milliseconds: what happened up to then is erased. */
  readonly until: number;
  /** Offset in platform.users: what stands before it is erased. */
  readonly usersBefore: number;
}

/** What tasks ask. */
export interface Erased {
  of(userId: string): Erasure | null;
  /** Whether something that the user did at that time (epoch ms) is to be dropped. */
  covers(userId: string, at: number): boolean;
  /** The latest `until` there is: nothing that is later need be asked about. -Infinity where nobody has been erased. */
  latest(): number;
  /** Whether somebody of the partition has been erased. */
  concerns(partition: number): boolean;
  /** Rises with every erasure. */
  version(): number;
}

/** The same for tasks that run on. */
export interface Erasures extends Erased {
  /** Resolves when all that was in the topic at the call is known. Throws where it cannot be read. */
  catchUp(): Promise<void>;
  /** Called after each arrival, until the returned function is called. */
  onArrival(listener: () => void): () => void;
}

export interface ErasureTable extends Erased {
  /** Throws where the record was made with another secret: then nobody can be recognised any more. */
  add(key: string, value: Buffer): void;
}

/** Without a secret whoever reads the topic can test whether an id that they know is in it. */
function erasureKey(userId: string, secret: string | null): string {
  return createHmac('sha256', secret ?? '').update(userId, 'utf8').digest('hex').slice(0, HASH_CHARS);
}

/** Tells secrets apart without naming them. */
const secretId = (secret: string | null): string => erasureKey('\u0000secret', secret).slice(0, 8);

/** The record that erases a user from now on. `usersBefore`: the end of platform.users once the user's tombstone is there. */
export function erasureRecord(userId: string, { now, partitions, usersBefore, secret }: { readonly now: number; readonly partitions: number; readonly usersBefore: number; readonly secret: string | null }): { readonly key: string; readonly value: Buffer } {
  const value = { v: VERSION, partition: partitionOf(userId, partitions), until: now + AHEAD_MS, users_before: usersBefore, secret: secretId(secret) };
  return { key: erasureKey(userId, secret), value: Buffer.from(JSON.stringify(value)) };
}

export function createErasureTable(secret: string | null): ErasureTable {
  const erasures = new Map<string, Erasure>();
  const partitions = new Set<number>();
  const keys = new Map<string, string>();
  let latest = -Infinity;
  let version = 0;

  const keyOf = (userId: string): string => {
    let key = keys.get(userId);
    if (key === undefined) {
      if (keys.size >= MOST_REMEMBERED) keys.clear();
      key = erasureKey(userId, secret);
      keys.set(userId, key);
    }
    return key;
  };
  const of = (userId: string): Erasure | null => (erasures.size === 0 ? null : (erasures.get(keyOf(userId)) ?? null));
  return {
    of,
    covers: (userId, at) => at <= latest && at <= (of(userId)?.until ?? -Infinity),
    latest: () => latest,
    concerns: (partition) => partitions.has(partition),
    version: () => version,
    add: (key, value) => {
      const record = JSON.parse(value.toString()) as { v: number; partition: number; until: number; users_before: number; secret: string };
      if (record.v !== VERSION) throw new Error(`platform.erasures: an erasure has version ${String(record.v)}, this code reads ${VERSION}: was it written by a newer one?`);
      if (record.secret !== secretId(secret)) throw new Error('platform.erasures: an erasure was made with another CHOKEPOINT_ERASURE_SECRET: the erased could not be recognised; give the secret of then');
      erasures.set(key, { partition: record.partition, until: record.until, usersBefore: record.users_before });
      partitions.add(record.partition);
      latest = Math.max(latest, record.until);
      version += 1;
    },
  };
}

/** Where there is no topic to follow. */
export const NOBODY_ERASED: Erasures = { ...createErasureTable(null), catchUp: () => Promise.resolve(), onArrival: () => () => undefined };
