import type { InRecord } from '../../infra/ports.ts';
import { DecodeError, type RecordCodec } from '../../schemas/codec.ts';
import type { PlatformEvent } from '../../schemas/records.ts';
import { MAX_EVENT_BYTES } from '../limits.ts';
import { deadLetter, ok, type DeadLettered, type Ok } from './result.ts';

/** Throws `UnknownSchemaError`, before anything has changed: the schema is loaded, and the record taken again. */
export function decode(codec: RecordCodec, { value }: InRecord): Ok<PlatformEvent> | DeadLettered {
  if (value === null) return undecodable('the record has no value: platform.events is not compacted, a null means nothing here');
  if (value.length > MAX_EVENT_BYTES) return deadLetter('decode', 'too_large', `the event has ${value.length} bytes, at most ${MAX_EVENT_BYTES} are taken: send less in properties and error.message`);
  try {
    return ok(codec.decode('PlatformEvent', value));
  } catch (error) {
    if (error instanceof DecodeError) return undecodable(error.message);
    throw error;
  }
}

export const undecodable = (detail: string): DeadLettered => deadLetter('decode', 'undecodable', detail);
