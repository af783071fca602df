/** From one event to its signals (semantics 1), in the order of their ordinals: action, error, time (dwell or completion), time (waiting). */
import type { TimeMeasure } from '../../schemas/records.ts';
import { fingerprint } from './fingerprint.ts';
import type { PairedEvent } from './pair.ts';
import type { Signal } from './signal.ts';

export function classify({ event, feature, pairing }: PairedEvent): Signal[] {
  const signals: Signal[] = [];
  switch (event.type) {
    case 'interaction':
      signals.push({ class: 'action', outcome: null });
      break;
    case 'error':
      signals.push({ class: 'error', fingerprint: fingerprint(event.error) });
      break;
    case 'timing':
      signals.push(time('dwell', own(event.duration_ms, event.waiting_ms), null, false));
      break;
    case 'task_started':
      signals.push({ class: 'action', outcome: 'started' });
      break;
    case 'task_finished': {
      signals.push({ class: 'action', outcome: event.outcome });
      if (event.error !== null) signals.push({ class: 'error', fingerprint: fingerprint(event.error) });
      const duration = durationOf(event, pairing.kind === 'finished' ? pairing.startedAt : null);
      if (duration !== null) signals.push(time('completion', duration, feature.expected_ms, event.outcome === 'abandoned'));
      break;
    }
  }
  if (event.waiting_ms !== null) signals.push(time('waiting', event.waiting_ms, null, false));
  return signals;
}

const time = (measure: TimeMeasure, duration_ms: number, expected_ms: number | null, censored: boolean): Signal => ({ class: 'time', measure, duration_ms, expected_ms, censored });

/** Milliseconds, or null where neither a duration nor the start is known. */
function durationOf({ occurred_at, duration_ms, waiting_ms }: PairedEvent['event'], startedAt: number | null): number | null {
  const whole = duration_ms ?? (startedAt === null ? null : occurred_at - startedAt);
  return whole === null ? null : own(whole, waiting_ms);
}

/** The user's own time: waiting in a queue is not. */
const own = (whole: number, waiting: number | null): number => Math.max(0, whole - (waiting ?? 0));
