/** From the bytes of a signal topic to an entry of the merge. */
import type { InRecord, Slice } from '../../../infra/ports.ts';
import { UnknownSchemaError } from '../../../schemas/codec.ts';
import type { RecordCodec } from '../../../schemas/codec.ts';
import { HEADERS, topicName } from '../../../schemas/topics.ts';
import type { Entry } from './merge.ts';
import { signalFrom } from './signal.ts';
import type { SignalRecord } from './signal.ts';
import { HEADER_BYTES, SignalView } from './signalView.ts';

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

/**
 * Throws UnloadedError where `codec.load` may help, and what the codec throws where nothing does. Records of our own schema are read where they lie; those that another
 * version wrote are resolved by the codec. An entry is good until the next record of its topic is read.
 */
export function signalReader(codec: RecordCodec, app: string): (record: InRecord) => Entry {
  const kinds = new Map<string, Kind>([
    [topicName('actions', app), { view: new SignalView('action'), schemaId: codec.schemaId('ActionSignal'), decode: (bytes) => ({ class: 'action', record: codec.decode('ActionSignal', bytes) }) }],
    [topicName('errors', app), { view: new SignalView('error'), schemaId: codec.schemaId('ErrorSignal'), decode: (bytes) => ({ class: 'error', record: codec.decode('ErrorSignal', bytes) }) }],
    [topicName('times', app), { view: new SignalView('time'), schemaId: codec.schemaId('TimeSignal'), decode: (bytes) => ({ class: 'time', record: codec.decode('TimeSignal', bytes) }) }],
  ]);
  return (record) => {
    const value = valueOf(record);
    if (value === null) {
      return { originOffset: headerNumber(record, HEADERS.originOffset), ordinal: Infinity, watermark: headerNumber(record, HEADERS.watermark), signal: null };
    }
    const kind = kinds.get(record.topic);
    if (kind === undefined) throw new Error(`profile: ${record.topic} is no topic of signals`);
    const { bytes, from, to } = value;
    const isOurs = to - from > HEADER_BYTES && bytes[from] === 0 && bytes.readInt32BE(from + 1) === kind.schemaId;
    return isOurs && kind.view.fill(value) ? kind.view : decoded(kind, bytes.subarray(from, to));
  };
}

/** Of the two only the one that is needed is asked for: each may be made anew. */
function valueOf(record: InRecord): Slice | null {
  const { valueIn } = record;
  if (valueIn !== undefined) return valueIn;
  const { value } = record;
  return value === null ? null : { bytes: value, from: 0, to: value.length };
}

interface Kind {
  readonly view: SignalView;
  readonly schemaId: number;
  readonly decode: (bytes: Buffer) => SignalRecord;
}

function decoded({ decode }: Kind, bytes: Buffer): Entry {
  try {
    const whole = decode(bytes);
    const { origin_offset: originOffset, ordinal, watermark } = whole.record;
    return { originOffset, ordinal, watermark, signal: signalFrom(whole) };
  } catch (cause) {
    if (cause instanceof UnknownSchemaError) throw new UnloadedError(bytes, cause);
    throw cause;
  }
}
