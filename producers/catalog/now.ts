/**
 * The catalog as it is: read from the compacted topics, which is what the processor goes by. Everything that was acknowledged before is in it;
 * ClickHouse would be behind by the sink's lag, and need not be there at all.
 */
import type { InRecord, LogReader } from '../../infra/ports.ts';
import { DecodeError, UnknownSchemaError, type RecordCodec } from '../../schemas/codec.ts';
import type { Feature, Records, User } from '../../schemas/records.ts';
import { topicName } from '../../schemas/topics.ts';

export interface CatalogNow {
  readonly features: ReadonlyMap<string, Feature>;
  readonly users: ReadonlyMap<string, User>;
}

export async function readCatalogNow(log: LogReader, codec: RecordCodec, app: string): Promise<CatalogNow> {
  const [features, users] = await Promise.all([newest(log, codec, topicName('features', app), 'Feature'), newest(log, codec, topicName('users', app), 'User')]);
  return { features, users };
}

/** The newest record of each key. What cannot be decoded counts as absent: applying a file then writes it anew. */
async function newest<Name extends 'Feature' | 'User'>(log: LogReader, codec: RecordCodec, topic: string, name: Name): Promise<Map<string, Records[Name]>> {
  const found = new Map<string, Records[Name]>();
  for (const [partition, end] of (await log.ends(topic)).entries()) {
    for await (const records of log.read({ topic, partition, offset: 0 }, end)) {
      for (const record of records) {
        const key = record.key?.toString() ?? '';
        const decoded = await decode(codec, name, record);
        if (decoded === null) found.delete(key);
        else found.set(key, decoded);
      }
    }
  }
  return found;
}

async function decode<Name extends 'Feature' | 'User'>(codec: RecordCodec, name: Name, { value }: InRecord): Promise<Records[Name] | null> {
  if (value === null) return null;
  try {
    try {
      return codec.decode(name, value);
    } catch (error) {
      if (!(error instanceof UnknownSchemaError)) throw error;
      await codec.load(value);
      return codec.decode(name, value);
    }
  } catch (error) {
    // A registry that does not answer is another matter: then nothing is known.
    if (error instanceof DecodeError) return null;
    throw error;
  }
}
