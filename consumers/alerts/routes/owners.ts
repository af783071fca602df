/** Whose a feature is, as `platform.features` says now: read on to its then end before each look, so that a catalog entry that was acknowledged counts. */
import type { LogReader } from '../../../infra/ports.ts';
import { DecodeError, type RecordCodec } from '../../../schemas/codec.ts';

export interface Owners {
  catchUp(): Promise<void>;
  of(feature: string): string | null;
}

const PARTITION = 0;

/** `topic`: the full name. Shared by all routes of a process; calls may overlap. */
export function createOwners(log: LogReader, codec: RecordCodec, topic: string): Owners {
  const owners = new Map<string, string>();
  let next = 0;
  let last: Promise<void> = Promise.resolve();

  const readOn = async (): Promise<void> => {
    const end = (await log.ends(topic))[PARTITION] ?? 0;
    if (end <= next) return;
    for await (const records of log.read({ topic, partition: PARTITION, offset: next }, end)) {
      for (const { key, value } of records) if (key !== null) await take(key.toString(), value);
    }
    next = end;
  };
  const take = async (feature: string, value: Buffer | null): Promise<void> => {
    try {
      if (value !== null) await codec.load(value);
      const owner = value === null ? null : codec.decode('Feature', value).owner;
      if (owner === null) owners.delete(feature);
      else owners.set(feature, owner);
    } catch (error) {
      // One entry that cannot be read must not hold up every notice: it keeps the owner it had. A registry that does not answer must.
      if (!(error instanceof DecodeError)) throw error;
    }
  };
  return {
    // One after the other: each asks for the end after it was called.
    catchUp: () => {
      last = last.catch(() => undefined).then(readOn);
      return last;
    },
    of: (feature) => owners.get(feature) ?? null,
  };
}
