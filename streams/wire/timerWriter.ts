/**
 * Writes the signals of a timer: those of the task's start (ActionSignal.avsc) at another time, with other places in the order, and with what a timer adds. As in
 * `signalWriter.ts` what stays is copied from where it lies.
 */
import type { Slice } from '../../infra/ports.ts';
import type { Hash } from '../state/hash128.ts';
import type { Signal } from '../steps/signal.ts';
import { kindOf } from '../steps/signalId.ts';
import { AvroReader } from '../../schemas/avroReader.ts';
import type { AvroWriter } from './avroWriter.ts';
import { HEADER_BYTES } from './eventView.ts';
import { writeOutcome, writeTime, type SignalSchemas } from './signalWriter.ts';

/** What a timer's signals share. */
export interface TimerHead {
  /** The start's signal, of our own schema. */
  readonly start: Slice;
  /** Of the start's user_id and event_id. */
  readonly identity: Hash;
  /** Milliseconds. */
  readonly deadline: number;
  readonly origin_offset: number;
  readonly watermark: number;
}

export type TimerSignal = Extract<Signal, { class: 'action' | 'time' }>;

export interface TimerWriter {
  /** Its bytes, and where its key, the user, lies in them; good until the writer behind it is reset. */
  readonly write: (head: TimerHead, signal: TimerSignal, ordinal: number) => { readonly key: Slice; readonly value: Slice };
}

export function createTimerWriter(out: AvroWriter, schemas: SignalSchemas): TimerWriter {
  const read = new AvroReader();
  return {
    write: ({ start, identity, deadline, origin_offset, watermark }, signal, ordinal) => {
      const { bytes } = start;
      out.begin();
      out.header(schemas[signal.class]);
      out.hex(identity, kindOf(signal));
      const headBytes = out.length();

      read.begin(bytes, start.from + HEADER_BYTES, start.to);
      read.string(); // signal_id
      const idsFrom = read.at;
      read.string(); // event_id
      read.string(); // user_id
      const keyAt = headBytes + read.start - idsFrom;
      const keyBytes = read.end - read.start;
      if (read.isPresent()) read.string(); // session_id
      out.raw(bytes, idsFrom, read.at);
      read.long(); // occurred_at
      out.long(deadline);

      const sharedFrom = read.at;
      read.long(); // received_at
      read.string(); // source
      read.count(); // stage
      read.string(); // feature
      read.string(); // tool
      for (let field = 0; field < 3; field++) read.string(); // team, role, org
      if (read.isPresent()) read.long(); // joined_at
      if (read.isPresent()) read.string(); // release
      out.raw(bytes, sharedFrom, read.at);
      for (let field = 0; field < 3; field++) read.long(); // origin_offset, ordinal, watermark
      out.long(origin_offset);
      out.long(ordinal);
      out.long(watermark);

      const properties = read.count();
      const propertiesFrom = read.at;
      for (let i = 0; i < properties * 2 && read.ok; i++) read.string();
      out.long(properties + 1);
      out.raw(bytes, propertiesFrom, read.at);
      out.string('timer');
      out.string('true');
      out.byte(0);
      if (properties > 0 && read.count() !== 0) read.fail();

      const actionFrom = read.at;
      read.string(); // action
      if (read.isPresent()) read.string(); // task_id
      // What we have written ourselves: if it cannot be read, the changelog is not what it was.
      if (!read.ok) throw new Error('the signal that began a task cannot be read: the changelog of the processor is damaged; restore it, or replay with another CHOKEPOINT_APP');
      if (signal.class === 'action') {
        out.raw(bytes, actionFrom, read.at);
        writeOutcome(out, signal.outcome);
      } else {
        writeTime(out, signal);
      }

      const value = out.written();
      return { value, key: { bytes: value.bytes, from: value.from + keyAt, to: value.from + keyAt + keyBytes } };
    },
  };
}
