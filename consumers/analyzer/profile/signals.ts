/** From the bytes of a signal topic to an entry of the merge. */
import type { InRecord } from '../../../infra/ports.ts';
import { UnknownSchemaError } from '../../../schemas/codec.ts';
import type { RecordCodec } from '../../../schemas/codec.ts';
import { HEADERS, topicName } from '../../../schemas/topics.ts';
import type { Entry } from './merge.ts';

function headerNumber(record: InRecord, name: string): number {
  const value = Number(record.headers[name]);
  if (record.headers[name] === undefined || !Number.isSafeInteger(value)) {
    throw new Error(`profile: the progress record ${record.topic}/${String(record.partition)}@${String(record.offset)} has no integer header ${name}: was it written by this version's processor?`);
  }
  return value;
}

/** The bytes name a schema that has not been loaded yet: load it and read again. */
export class UnloadedError extends Error {
  readonly code = 'UNLOADED';
  readonly bytes: Buffer;
  constructor(bytes: Buffer, cause: UnknownSchemaError) {
    super(cause.message, { cause });
    this.bytes = bytes;
  }
}

/** Throws UnloadedError where `codec.load` may help, and what the codec throws where nothing does. */
export function signalReader(codec: RecordCodec, app: string): (record: InRecord) => Entry {
  const actions = topicName('actions', app);
  const errors = topicName('errors', app);
  const read = (record: InRecord): Entry => {
    const bytes = record.value;
    if (bytes === null) {
      return { originOffset: headerNumber(record, HEADERS.originOffset), ordinal: Infinity, watermark: headerNumber(record, HEADERS.watermark), signal: null };
    }
    if (record.topic === actions) {
      const action = codec.decode('ActionSignal', bytes);
      return { originOffset: action.origin_offset, ordinal: action.ordinal, watermark: action.watermark, signal: { class: 'action', record: action } };
    }
    if (record.topic === errors) {
      const error = codec.decode('ErrorSignal', bytes);
      return { originOffset: error.origin_offset, ordinal: error.ordinal, watermark: error.watermark, signal: { class: 'error', record: error } };
    }
    const time = codec.decode('TimeSignal', bytes);
    return { originOffset: time.origin_offset, ordinal: time.ordinal, watermark: time.watermark, signal: { class: 'time', record: time } };
  };
  return (record) => {
    try {
      return read(record);
    } catch (cause) {
      if (cause instanceof UnknownSchemaError && record.value !== null) throw new UnloadedError(record.value, cause);
      throw cause;
    }
  };
}
