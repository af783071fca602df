/** A dead letter where it stands in its topic, where its record first was, and what its bytes are. */
import { DecodeError, UnknownSchemaError, type RecordCodec } from '../../schemas/codec.ts';
import { hashOf } from '../../schemas/ids.ts';
import type { DeadLetter, PlatformEvent, RecordName, Records } from '../../schemas/records.ts';

export interface Letter {
  readonly record: DeadLetter;
  /** Of the letter in the dead-letter topic. */
  readonly partition: number;
  readonly offset: number;
}

export type Original =
  | { readonly kind: 'event'; readonly event: PlatformEvent }
  /** What the collector refused: the text of one event. */
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'bytes'; readonly why: string }
  | { readonly kind: 'nothing' };

/** `topic/partition/offset` of the record that failed first; null where it never was in a topic, because the collector refused it. */
export function originOf({ origin_topic, origin_partition, origin_offset }: DeadLetter): string | null {
  return origin_topic === null || origin_partition === null || origin_offset === null ? null : `${origin_topic}/${origin_partition}/${origin_offset}`;
}

/** A letter's id names the record that failed, its origin the one that failed first: they differ where a replay has failed. */
export function isOfReplay({ dead_letter_id, origin_topic, origin_partition, origin_offset }: DeadLetter): boolean {
  return origin_topic !== null && dead_letter_id !== hashOf(origin_topic, origin_partition, origin_offset);
}

/** Asks the registry where the schema is not known yet; null where the bytes are not such a record, whatever it says. */
export async function decoded<Name extends RecordName>(codec: RecordCodec, name: Name, bytes: Buffer): Promise<Records[Name] | DecodeError> {
  try {
    try {
      return codec.decode(name, bytes);
    } catch (error) {
      if (!(error instanceof UnknownSchemaError)) throw error;
      await codec.load(bytes);
      return codec.decode(name, bytes);
    }
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
}

export async function openOriginal(codec: RecordCodec, { original }: DeadLetter): Promise<Original> {
  if (original.length === 0) return { kind: 'nothing' };
  const event = await decoded(codec, 'PlatformEvent', original);
  if (!(event instanceof DecodeError)) return { kind: 'event', event };
  try {
    return { kind: 'json', value: JSON.parse(original.toString('utf8')) as unknown };
  } catch {
    return { kind: 'bytes', why: event.message };
  }
}

/** A field of the original that names the user or the feature, as far as it can be read. */
export function named(original: Original, field: 'user_id' | 'feature'): string | null {
  if (original.kind === 'event') return original.event[field];
  if (original.kind !== 'json' || typeof original.value !== 'object' || original.value === null) return null;
  const found = (original.value as Readonly<Record<string, unknown>>)[field];
  return typeof found === 'string' ? found : null;
}
