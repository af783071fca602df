/** From one event to its signals (semantics 1), in the order of their ordinals: action, error, time (dwell or completion), time (waiting). */
import { hashOf } from '../../schemas/ids.ts';
import type { ActionSignal, ErrorSignal, EventError, Outcome, PlatformEvent, TimeMeasure, TimeSignal } from '../../schemas/records.ts';
import { fingerprint } from './fingerprint.ts';
import type { PairedEvent } from './pair.ts';

export type Signal =
  | { readonly class: 'action'; readonly record: ActionSignal }
  | { readonly class: 'error'; readonly record: ErrorSignal }
  | { readonly class: 'time'; readonly record: TimeSignal };

/** Where in the order of all signals of the partition these belong. */
export interface Place {
  readonly origin_offset: number;
  /** Of the first signal. */
  readonly ordinal: number;
  readonly watermark: number;
}

/** `action` of a task event that names none: the field is required in a signal. Ours. */
const TASK_ACTION = 'task';

export function classify(paired: PairedEvent, place: Place): Signal[] {
  const { event, pairing } = paired;
  const signals: Signal[] = [];
  const late = pairing.kind === 'finished' && pairing.late;
  const head = headOf(paired, place, late);
  switch (event.type) {
    case 'interaction':
      add(signals, action(head, event, null));
      break;
    case 'error':
      add(signals, error(head, event.error));
      break;
    case 'timing':
      add(signals, time(head, 'dwell', own(event.duration_ms, event.waiting_ms), null, false));
      break;
    case 'task_started':
      add(signals, action(head, event, 'started'));
      break;
    case 'task_finished': {
      add(signals, action(head, event, event.outcome));
      if (event.error !== null) add(signals, error(head, event.error));
      const duration = durationOf(event, pairing.kind === 'finished' ? pairing.startedAt : null);
      if (duration !== null) add(signals, time(head, 'completion', duration, paired.feature.expected_ms, event.outcome === 'abandoned'));
      break;
    }
  }
  if (event.waiting_ms !== null) add(signals, time(head, 'waiting', event.waiting_ms, null, false));
  return signals;
}

/** Milliseconds, or null where neither a duration nor the start is known. */
function durationOf({ occurred_at, duration_ms, waiting_ms }: PlatformEvent, startedAt: number | null): number | null {
  const whole = duration_ms ?? (startedAt === null ? null : occurred_at - startedAt);
  return whole === null ? null : own(whole, waiting_ms);
}

/** The user's own time: waiting in a queue is not. */
const own = (whole: number, waiting: number | null): number => Math.max(0, whole - (waiting ?? 0));

type Head = Omit<ActionSignal, 'signal_id' | 'action' | 'task_id' | 'outcome'>;

function headOf({ event, feature, user }: PairedEvent, { origin_offset, ordinal, watermark }: Place, late: boolean): Head {
  return {
    event_id: event.event_id,
    user_id: event.user_id,
    session_id: event.session_id,
    occurred_at: event.occurred_at,
    received_at: event.received_at,
    source: event.source,
    stage: feature.stage,
    feature: event.feature,
    tool: feature.tool,
    user,
    release: event.release,
    origin_offset,
    ordinal,
    watermark,
    properties: propertiesOf(event.properties, late),
  };
}

/** `timer` and `late` are ours to say: taken from a client they would take its signals out of the count. */
function propertiesOf(given: Record<string, string>, late: boolean): Record<string, string> {
  const { timer, late: claimed } = given;
  const honest = timer === undefined && claimed === undefined ? given : Object.fromEntries(Object.entries(given).filter(([name]) => name !== 'timer' && name !== 'late'));
  return late ? { ...honest, late: 'true' } : honest;
}

function add(signals: Signal[], signal: Signal): void {
  signal.record.ordinal += signals.length;
  signals.push(signal);
}

export const signalId = ({ user_id, event_id }: { user_id: string; event_id: string }, signalClass: Signal['class'], what: Outcome | TimeMeasure | null): string =>
  hashOf(user_id, event_id, signalClass, what);

function action(head: Head, { action: named, task_id }: PlatformEvent, outcome: Outcome | null): Signal {
  return { class: 'action', record: { ...head, signal_id: signalId(head, 'action', outcome), action: named === null || named === '' ? TASK_ACTION : named, task_id, outcome } };
}

function error(head: Head, occurred: EventError): Signal {
  return { class: 'error', record: { ...head, signal_id: signalId(head, 'error', null), code: occurred.code, message: occurred.message, cause: occurred.cause, fingerprint: fingerprint(occurred) } };
}

function time(head: Head, measure: TimeMeasure, duration_ms: number, expected_ms: number | null, censored: boolean): Signal {
  return { class: 'time', record: { ...head, signal_id: signalId(head, 'time', measure), measure, duration_ms, expected_ms, censored } };
}
