import type { InRecord } from '../../infra/ports.ts';
import { DecodeError, type RecordCodec } from '../../schemas/codec.ts';
import { MAX_EVENT_BYTES } from '../limits.ts';
import { HEADER_BYTES, viewEvent, type EventView } from '../wire/eventView.ts';
import { deadLetter, ok, type DeadLettered, type Ok } from './result.ts';

/** Throws `UnknownSchemaError`, before anything has changed: the schema is loaded, and the record taken again. */
export function decode(codec: RecordCodec, { value }: InRecord): Ok<EventView> | DeadLettered {
  if (value === null) return undecodable('the record has no value: platform.events is not compacted, a null means nothing here');
  if (value.length > MAX_EVENT_BYTES) return deadLetter('decode', 'too_large', `the event has ${value.length} bytes, at most ${MAX_EVENT_BYTES} are taken: send less in properties and error.message`);
  const isOurs = value.length >= HEADER_BYTES && value[0] === 0 && value.readInt32BE(1) === codec.schemaId('PlatformEvent');
  const view = isOurs ? viewEvent(value) : null;
  if (view !== null) return ok(view);
  try {
    return ok(asOurs(codec, value));
  } catch (error) {
    if (error instanceof DecodeError) return undecodable(error.message);
    throw error;
  }
}

/** Of another version of the schema, or written in another way than ours: the codec judges it, and what it makes of it is written as we would. */
function asOurs(codec: RecordCodec, value: Buffer): EventView {
  const view = viewEvent(codec.encode('PlatformEvent', codec.decode('PlatformEvent', value)));
  if (view === null) throw new Error('an event written by our own codec cannot be viewed: streams/wire/eventView.ts does not fit PlatformEvent.avsc');
  return view;
}

export const undecodable = (detail: string): DeadLettered => deadLetter('decode', 'undecodable', detail);
