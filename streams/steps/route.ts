/** From values to records of topics: what a step has to send, in order. */
import { LyingRecord } from '../../infra/lyingRecord.ts';
import type { InRecord, OutRecord, Slice } from '../../infra/ports.ts';
import type { RecordCodec } from '../../schemas/codec.ts';
import { hashOf } from '../../schemas/ids.ts';
import { HEADERS, topicName } from '../../schemas/topics.ts';
import { MAX_ORIGINAL_BYTES } from '../limits.ts';
import type { Change } from '../state/seen.ts';
import { AvroWriter } from '../wire/avroWriter.ts';
import { createSignalWriter, type SignalHead } from '../wire/signalWriter.ts';
import { createTimerWriter, type TimerHead, type TimerSignal } from '../wire/timerWriter.ts';
import type { DeadLettered } from './result.ts';
import type { Signal, SignalClass } from './signal.ts';

export interface Route {
  /** A step begins: what the last one gave is committed. */
  begin(): void;
  /** One of an event; gives its bytes, which are good until the next `begin`. */
  signal(key: Slice, head: SignalHead, signal: Signal, ordinal: number): Slice;
  /** One of a timer. */
  timer(head: TimerHead, signal: TimerSignal, ordinal: number): void;
  /** `eventId`: null where the record could not be decoded. `origin`: where a replayed dead letter first was, `topic/partition/offset`. */
  deadLetter(record: InRecord, rejection: DeadLettered, eventId: string | null, origin: string | null): void;
  /** To all three signal topics, behind the signals of the offset; once per offset. */
  progress(originOffset: number, watermark: number): void;
  changelog(changes: readonly Change[]): void;
  /** Of all records since `take`, roughly. */
  bytes(): number;
  take(): OutRecord[];
}

/** Of a record without key and value: a guess that only has to bound. */
const RECORD_BYTES = 64;
const NOTHING = Buffer.alloc(0);

export function createRoute(codec: RecordCodec, app: string, partition: number): Route {
  const topics: Readonly<Record<SignalClass, string>> = { action: topicName('actions', app), error: topicName('errors', app), time: topicName('times', app) };
  const schemas = { action: codec.schemaId('ActionSignal'), error: codec.schemaId('ErrorSignal'), time: codec.schemaId('TimeSignal') };
  const out = new AvroWriter();
  const writer = createSignalWriter(out, schemas);
  const timers = createTimerWriter(out, schemas);
  const signalTopics = Object.values(topics);
  const deadLetters = topicName('deadLetters', app);
  const changelog = topicName('processorChangelog', app);
  let records: OutRecord[] = [];
  let bytes = 0;
  let progressOffset = -1;

  const send = (topic: string, key: string | Buffer | null, value: Buffer | null): void => {
    records.push({ topic, partition, key, value });
    bytes += RECORD_BYTES + (value?.length ?? 0);
  };
  const sendSignal = (signal: Signal, key: Slice, value: Slice): void => {
    records.push(new LyingRecord(topics[signal.class], partition, key, value));
    bytes += RECORD_BYTES + value.to - value.from;
  };

  return {
    begin: () => { out.reset(); },
    signal: (key, head, signal, ordinal) => {
      const value = writer.write(head, signal, ordinal);
      sendSignal(signal, key, value);
      return value;
    },
    timer: (head, signal, ordinal) => {
      const { key, value } = timers.write(head, signal, ordinal);
      sendSignal(signal, key, value);
    },
    deadLetter: (record, { reason, detail, step }, eventId, origin) => {
      const id = hashOf(record.topic, record.partition, record.offset);
      const [topic = '', originPartition, offset] = origin === null ? [record.topic, record.partition, record.offset] : origin.split('/');
      const original = record.value ?? NOTHING;
      const cut = original.length > MAX_ORIGINAL_BYTES;
      const value = codec.encode('DeadLetter', {
        dead_letter_id: id,
        reason,
        detail: cut ? `${detail} (only the first ${MAX_ORIGINAL_BYTES} bytes are here, all of them at the origin)` : detail,
        step,
        // A dead letter of a replay keeps the first origin: it is what tells, beyond the window, that the event has been taken.
        origin_topic: topic,
        origin_partition: Number(originPartition),
        origin_offset: Number(offset),
        original: cut ? original.subarray(0, MAX_ORIGINAL_BYTES) : original,
        event_id: eventId,
        failed_at: record.timestamp,
      });
      send(deadLetters, id, value);
    },
    progress: (originOffset, watermark) => {
      if (originOffset === progressOffset) return;
      progressOffset = originOffset;
      const headers = { [HEADERS.originOffset]: String(originOffset), [HEADERS.watermark]: String(watermark) };
      for (const topic of signalTopics) {
        records.push({ topic, partition, key: null, value: null, headers });
        bytes += RECORD_BYTES;
      }
    },
    changelog: (changes) => {
      for (const { key, value } of changes) send(changelog, key, value);
    },
    bytes: () => bytes,
    take: () => {
      const taken = records;
      records = [];
      bytes = 0;
      return taken;
    },
  };
}
