/**
 * Writes an event's signals: what passes through is copied from the event's bytes, several fields at a time, and only what the processor adds is encoded. The bytes
 * are those that the codec would write (test/streams/wire), in the order of the fields of *Signal.avsc:
 *
 *   signal_id | event_id user_id session_id occurred_at | received_at source | stage feature tool user | release | origin_offset ordinal watermark | properties | …
 */
import type { Slice } from '../../infra/ports.ts';
import { SYMBOLS, type Outcome, type TimeMeasure } from '../../schemas/records.ts';
import type { Hash } from '../state/hash128.ts';
import type { Signal, SignalClass } from '../steps/signal.ts';
import { kindOf } from '../steps/signalId.ts';
import type { AvroWriter } from './avroWriter.ts';
import type { EventView } from './eventView.ts';
import type { KnownFeature, KnownUser } from './metadataBytes.ts';

/** What an event's signals share. */
export interface SignalHead {
  readonly event: EventView;
  /** Of user_id and event_id (steps/dedupe.ts). */
  readonly identity: Hash;
  readonly feature: KnownFeature;
  readonly user: KnownUser;
  /** Its timer has fired: it counts nowhere. */
  readonly late: boolean;
  readonly origin_offset: number;
  readonly watermark: number;
}

/** The schemas' ids, by class. */
export type SignalSchemas = Readonly<Record<SignalClass, number>>;

const OUTCOMES: readonly Outcome[] = SYMBOLS.Outcome;
const MEASURES: readonly TimeMeasure[] = SYMBOLS.TimeMeasure;
/** `action` of a task event that names none: the field is required in a signal. Ours. */
const TASK_ACTION = 'task';

export interface SignalWriter {
  /** Its bytes are good until `out` is reset. */
  readonly write: (head: SignalHead, signal: Signal, ordinal: number) => Slice;
}

export function writeOutcome(out: AvroWriter, outcome: Outcome | null): void {
  out.byte(outcome === null ? 0 : 2);
  if (outcome !== null) out.long(OUTCOMES.indexOf(outcome));
}

export function writeTime(out: AvroWriter, { measure, duration_ms, expected_ms, censored }: Extract<Signal, { class: 'time' }>): void {
  out.long(MEASURES.indexOf(measure));
  out.long(duration_ms);
  out.optionalLong(expected_ms);
  out.byte(censored ? 1 : 0);
}

export function createSignalWriter(out: AvroWriter, schemas: SignalSchemas): SignalWriter {

  const writeTail = (event: EventView, signal: Signal): void => {
    switch (signal.class) {
      case 'action':
        if (event.hasAction) {
          // Behind the branch of the union: a signal always has an action.
          out.raw(event.bytes, event.actionFrom + 1, event.taskEnd);
        } else {
          out.string(TASK_ACTION);
          out.raw(event.bytes, event.actionEnd, event.taskEnd);
        }
        writeOutcome(out, signal.outcome);
        break;
      case 'error':
        out.raw(event.bytes, event.errorFrom, event.errorEnd);
        out.string(signal.fingerprint);
        break;
      case 'time':
        writeTime(out, signal);
        break;
    }
  };

  const write: SignalWriter['write'] = ({ event, identity, feature, user, late, origin_offset, watermark }, signal, ordinal) => {
    const { bytes } = event;
    out.begin();
    out.header(schemas[signal.class]);
    out.hex(identity, kindOf(signal));
    out.raw(bytes, event.from, event.headEnd);
    out.raw(bytes, event.receivedAt, event.sourceEnd);
    out.raw(feature.bytes, 0, feature.bytes.length);
    out.raw(user.bytes, 0, user.bytes.length);
    out.raw(bytes, event.releaseFrom, event.releaseEnd);
    out.long(origin_offset);
    out.long(ordinal);
    out.long(watermark);
    if (late || event.hasOurProperty) out.map(honest(event.properties, late));
    else out.raw(bytes, event.propertiesFrom, event.end);
    writeTail(event, signal);
    return out.written();
  };
  return { write };
}

/** `timer` and `late` are ours to say: taken from a client they would take its signals out of the count. */
function honest(given: Readonly<Record<string, string>>, late: boolean): Record<string, string> {
  const own = Object.fromEntries(Object.entries(given).filter(([name]) => name !== 'timer' && name !== 'late'));
  return late ? { ...own, late: 'true' } : own;
}
