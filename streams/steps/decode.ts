import type { InRecord, Slice } from '../../infra/ports.ts';
import { DecodeError, type RecordCodec } from '../../schemas/codec.ts';
import { MAX_EVENT_BYTES } from '../limits.ts';
import { HEADER_BYTES, type EventView } from '../wire/eventView.ts';
import { deadLetter, ok, type DeadLettered, type Ok } from './result.ts';

/** `view`: to be read into. Throws `UnknownSchemaError`, before anything has changed: the schema is loaded, and the record taken again. */
export function decode(codec: RecordCodec, record: InRecord, view: EventView): Ok<EventView> | DeadLettered {
  const value = valueOf(record);
  if (value === null) return undecodable('the record has no value: platform.events is not compacted, a null means nothing here');
  const { bytes, from, to } = value;
  if (to - from > MAX_EVENT_BYTES) return deadLetter('decode', 'too_large', `the event has ${to - from} bytes, at most ${MAX_EVENT_BYTES} are taken: send less in properties and error.message`);
  const isOurs = to - from >= HEADER_BYTES && bytes[from] === 0 && bytes.readInt32BE(from + 1) === codec.schemaId('PlatformEvent');
  if (isOurs && view.view(value)) return ok(view);
  try {
    viewAsOurs(codec, bytes.subarray(from, to), view);
    return ok(view);
  } catch (error) {
    if (error instanceof DecodeError) return undecodable(error.message);
    throw error;
  }
}

/** Of the two only the one that is needed is asked for: each may be made anew. */
function valueOf(record: InRecord): Slice | null {
  const { valueIn } = record;
  if (valueIn !== undefined) return valueIn;
  const { value } = record;
  return value === null ? null : whole(value);
}

/** Of another version of the schema, or written in another way than ours: the codec judges it, and what it makes of it is written as we would. */
function viewAsOurs(codec: RecordCodec, value: Buffer, view: EventView): void {
  if (!view.view(whole(codec.encode('PlatformEvent', codec.decode('PlatformEvent', value))))) throw new Error('an event written by our own codec cannot be viewed: streams/wire/eventView.ts does not fit PlatformEvent.avsc');
}

const whole = (bytes: Buffer): Slice => ({ bytes, from: 0, to: bytes.length });

export const undecodable = (detail: string): DeadLettered => deadLetter('decode', 'undecodable', detail);
