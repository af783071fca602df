/** From one event to its signals (semantics 1), in the order of their ordinals: action, error, time (dwell or completion), time (waiting). */
import type { TimeMeasure } from '../../schemas/records.ts';
import { fingerprint } from './fingerprint.ts';
import type { PairedEvent } from './pair.ts';
import type { Signal } from './signal.ts';

export function classify(paired: PairedEvent): readonly Signal[] {
  const { waiting_ms } = paired.event;
  const signals = signalsOf(paired);
  return waiting_ms === null ? signals : [...signals, time('waiting', waiting_ms, null, false)];
}

/** Most events have one signal, which is the same for all of them. */
const ACTION: readonly Signal[] = [{ class: 'action', outcome: null }];
const STARTED: readonly Signal[] = [{ class: 'action', outcome: 'started' }];

function signalsOf({ event, feature, pairing }: PairedEvent): readonly Signal[] {
  switch (event.type) {
    case 'interaction':
      return ACTION;
    case 'error':
      return [{ class: 'error', fingerprint: fingerprint(event) }];
    case 'timing':
      return [time('dwell', own(event.duration_ms, event.waiting_ms), null, false)];
    case 'task_started':
      return STARTED;
    case 'task_finished': {
      const signals: Signal[] = [{ class: 'action', outcome: event.outcome }];
      if (event.errorFrom !== 0) signals.push({ class: 'error', fingerprint: fingerprint(event) });
      const duration = durationOf(event, pairing.kind === 'finished' ? pairing.startedAt : null);
      if (duration !== null) signals.push(time('completion', duration, feature.expected_ms, event.outcome === 'abandoned'));
      return signals;
    }
  }
}

const time = (measure: TimeMeasure, duration_ms: number, expected_ms: number | null, censored: boolean): Signal => ({ class: 'time', measure, duration_ms, expected_ms, censored });

/** Milliseconds, or null where neither a duration nor the start is known. */
function durationOf({ occurred_at, duration_ms, waiting_ms }: PairedEvent['event'], startedAt: number | null): number | null {
  const whole = duration_ms ?? (startedAt === null ? null : occurred_at - startedAt);
  return whole === null ? null : own(whole, waiting_ms);
}

/** The user's own time: waiting in a queue is not. */
const own = (whole: number, waiting: number | null): number => Math.max(0, whole - (waiting ?? 0));
