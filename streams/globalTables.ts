/**
 * Users and features, as the topics of metadata say: kept in memory, shared by all tasks of a process, and read on to their then end before each
 * step, so that an event posted after a metadata 2xx is enriched by it (design 4). The newest record of a key counts, a null deletes.
 */
import type { InRecord, LogReader } from '../infra/ports.ts';
import { DecodeError, UnknownSchemaError, type RecordCodec } from '../schemas/codec.ts';
import { knownFeature, knownUser, type KnownFeature, type KnownUser } from './wire/metadataBytes.ts';

export interface Metadata {
  user(userId: string): KnownUser | undefined;
  feature(name: string): KnownFeature | undefined;
}

export interface GlobalTables extends Metadata {
  /** Resolves when everything is known that was there when it was called. Calls may overlap. */
  catchUp(): Promise<void>;
  /** `unreadable`: records left out because they could not be decoded; the key keeps what it had. */
  sizes(): { readonly users: number; readonly features: number; readonly unreadable: number };
}

interface Table {
  readonly topic: string;
  /** Next offset per partition. */
  readonly next: number[];
  readonly set: (key: string, bytes: Buffer | null) => void;
}

export function createGlobalTables(log: LogReader, codec: RecordCodec, topics: { readonly users: string; readonly features: string }): GlobalTables {
  const users = new Map<string, KnownUser>();
  const features = new Map<string, KnownFeature>();
  let unreadable = 0;
  const tables: readonly Table[] = [
    {
      topic: topics.users,
      next: [],
      set: (key, bytes) => {
        if (bytes === null) return void users.delete(key);
        users.set(key, knownUser(codec.decode('User', bytes)));
      },
    },
    {
      topic: topics.features,
      next: [],
      set: (key, bytes) => {
        if (bytes === null) return void features.delete(key);
        features.set(key, knownFeature(key, codec.decode('Feature', bytes)));
      },
    },
  ];

  const take = async ({ set }: Table, { key, value }: InRecord): Promise<void> => {
    if (key === null) return;
    try {
      try {
        set(key.toString(), value);
      } catch (error) {
        if (!(error instanceof UnknownSchemaError) || value === null) throw error;
        await codec.load(value);
        set(key.toString(), value);
      }
    } catch (error) {
      // One bad record must not hold up every event; a registry that does not answer must.
      if (!(error instanceof DecodeError)) throw error;
      unreadable += 1;
    }
  };
  const readOn = async (table: Table): Promise<void> => {
    const ends = await log.ends(table.topic);
    for (const [partition, end] of ends.entries()) {
      const from = table.next[partition] ?? 0;
      if (from >= end) continue;
      for await (const batch of log.read({ topic: table.topic, partition, offset: from }, end)) {
        for (const record of batch) {
          await take(table, record);
          table.next[partition] = record.offset + 1;
        }
      }
      table.next[partition] = end;
    }
  };

  let running: Promise<void> | null = null;
  let following: Promise<void> | null = null;
  const run = (): Promise<void> => {
    running = Promise.all(tables.map(readOn)).then(() => undefined).finally(() => { running = null; });
    return running;
  };
  return {
    user: (userId) => users.get(userId),
    feature: (name) => features.get(name),
    // Reading that is under way has asked for the ends before this call, so it is not enough; the next one serves all who wait for it.
    catchUp: () => {
      if (running === null) return run();
      following ??= running.catch(() => undefined).then(() => {
        following = null;
        return run();
      });
      return following;
    },
    sizes: () => ({ users: users.size, features: features.size, unreadable }),
  };
}
