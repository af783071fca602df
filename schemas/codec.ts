/**
 * Avro records in the Confluent wire format, synchronously: the hot path neither awaits nor looks anything up.
 * Where schemas come from is the registry adapter's affair (infra/registry); this file knows bytes only.
 */
import { readFileSync } from 'node:fs';
import avro from './avro.ts';
import type { RecordName, Records } from './records.ts';

/** Bytes that are not such a record: the message says why, for the dead letter. */
export class DecodeError extends Error {
  readonly code = 'DECODE';
}

/** The bytes name a schema that has not been loaded yet. */
export class UnknownSchemaError extends Error {
  readonly code = 'UNKNOWN_SCHEMA';
  readonly id: number;
  constructor(id: number) {
    super(`schema ${String(id)} is not loaded`);
    this.id = id;
  }
}

export const schemaText = (name: RecordName): string => readFileSync(new URL(`${name}.avsc`, import.meta.url), 'utf8');

/** What a registry must answer. */
export interface SchemaSource {
  /** Registers (or finds) the schema of a record and gives its id. */
  register(name: RecordName, schema: string): Promise<number>;
  /** The schema of an id, or null where the registry does not know it. */
  schema(id: number): Promise<string | null>;
}

const parse = (text: string): avro.Type => avro.Type.forSchema(JSON.parse(text) as avro.Schema);
/** Of the Confluent wire format: a zero byte and the schema's id. */
export const HEADER_BYTES = 5;

/** Why our schema of a record cannot read what was written with another one; null where it can. */
export function unreadable(name: RecordName, writer: string): string | null {
  try {
    parse(schemaText(name)).createResolver(parse(writer));
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}
/** Records are encoded one behind the other into blocks of this size, without a copy of each; larger ones get a block of their own. Ours. */
const BLOCK_BYTES = 64 * 1024;

export interface RecordCodec {
  /** Id of our own schema of a record. */
  schemaId(name: RecordName): number;
  encode<Name extends RecordName>(name: Name, record: Records[Name]): Buffer;
  decode<Name extends RecordName>(name: Name, bytes: Buffer): Records[Name];
  load(bytes: Buffer): Promise<void>;
}

/** Registers the named records' schemas and gives the codec for them. */
export async function createCodec(source: SchemaSource, names: readonly RecordName[]): Promise<RecordCodec> {
  const own = new Map<RecordName, { id: number; type: avro.Type }>();
  const writers = new Map<number, avro.Type>();
  const readers = new Map<RecordName, Map<number, { type: avro.Type; resolver: avro.Resolver | undefined }>>();
  for (const name of names) {
    const text = schemaText(name);
    own.set(name, { id: await source.register(name, text), type: parse(text) });
  }
  const ownOf = (name: RecordName): { id: number; type: avro.Type } => {
    const found = own.get(name);
    if (found === undefined) throw new Error(`codec: ${name} is not among the records this service asked for`);
    return found;
  };
  const idOf = (bytes: Buffer): number => {
    if (bytes.length < HEADER_BYTES || bytes[0] !== 0) throw new DecodeError('not in the Confluent wire format: a zero byte and a 4-byte schema id must come first');
    return bytes.readInt32BE(1);
  };
  const readerOf = (name: RecordName, id: number): { type: avro.Type; resolver: avro.Resolver | undefined } => {
    let reader = readers.get(name)?.get(id);
    if (reader === undefined) {
      const { id: ownId, type } = ownOf(name);
      const writer = writers.get(id);
      if (id !== ownId && writer === undefined) throw new UnknownSchemaError(id);
      try {
        reader = { type, resolver: id === ownId || writer === undefined ? undefined : type.createResolver(writer) };
      } catch (cause) {
        throw new DecodeError(`schema ${String(id)} cannot be read as ${name}: ${(cause as Error).message}`, { cause });
      }
      const known = readers.get(name);
      if (known === undefined) readers.set(name, new Map([[id, reader]]));
      else known.set(id, reader);
    }
    return reader;
  };
  let block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  let used = 0;
  return {
    schemaId: (name) => ownOf(name).id,
    encode: (name, record) => {
      const { id, type } = ownOf(name);
      if (used + HEADER_BYTES >= block.length) {
        block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
        used = 0;
      }
      let end = type.encode(record, block, used + HEADER_BYTES);
      if (end < 0) {
        // It did not fit; `end` says by how much.
        block = Buffer.allocUnsafeSlow(Math.max(BLOCK_BYTES, block.length - used - end));
        used = 0;
        end = type.encode(record, block, HEADER_BYTES);
      }
      const bytes = block.subarray(used, end);
      bytes[0] = 0;
      bytes.writeInt32BE(id, 1);
      used = end;
      return bytes;
    },
    decode: <Name extends RecordName>(name: Name, bytes: Buffer): Records[Name] => {
      const { type, resolver } = readerOf(name, idOf(bytes));
      try {
        return type.fromBuffer(bytes.subarray(HEADER_BYTES), resolver) as Records[Name];
      } catch (cause) {
        throw new DecodeError(`not a ${name}: ${(cause as Error).message}`, { cause });
      }
    },
    load: async (bytes) => {
      const id = idOf(bytes);
      if (writers.has(id)) return;
      const text = await source.schema(id);
      if (text === null) throw new DecodeError(`the registry knows no schema ${String(id)}`);
      try {
        writers.set(id, parse(text));
      } catch (cause) {
        throw new DecodeError(`schema ${String(id)} is not an Avro schema that can be read: ${(cause as Error).message}`, { cause });
      }
    },
  };
}
