import type { Feature } from '../../schemas/records.ts';
import { DEFAULT_TASK_TIMEOUT_MS } from '../limits.ts';
import { taskKey, type Tasks } from '../state/tasks.ts';
import type { EnrichedEvent } from './enrich.ts';

export type Pairing =
  /** Not an event of a task. */
  | { readonly kind: 'none' }
  /** A task begins: unless it finishes by then, it counts as abandoned past the deadline. Fixed now, whatever the catalog says later. */
  | { readonly kind: 'started'; readonly key: string; readonly deadline: number }
  /** Begun before and still running: no second timer; the first start counts. */
  | { readonly kind: 'startedAgain' }
  /** `startedAt`: milliseconds, null where no start is known. `late`: its timer has fired, so it counts nowhere. */
  | { readonly kind: 'finished'; readonly startedAt: number | null; readonly late: boolean };

export interface PairedEvent extends EnrichedEvent {
  readonly pairing: Pairing;
}

const NONE: Pairing = { kind: 'none' };
const STARTED_AGAIN: Pairing = { kind: 'startedAgain' };
const UNKNOWN_START: Pairing = { kind: 'finished', startedAt: null, late: false };

/** Start and finish, by (user_id, task_id). A finish ends its task; a start becomes one once its signal is made (`Tasks.open`). */
export function pair(enriched: EnrichedEvent, tasks: Tasks): PairedEvent {
  const { event, feature, user } = enriched;
  return { event, feature, user, pairing: pairingOf(enriched, tasks) };
}

function pairingOf({ event, feature }: EnrichedEvent, tasks: Tasks): Pairing {
  if (event.type === 'task_started') {
    const key = taskKey(event.user_id, event.task_id);
    if (tasks.get(key)?.status === 'open') return STARTED_AGAIN;
    return { kind: 'started', key, deadline: event.occurred_at + timeoutOf(feature) };
  }
  if (event.type !== 'task_finished') return NONE;
  const key = taskKey(event.user_id, event.task_id);
  const task = tasks.get(key);
  if (task === undefined) return UNKNOWN_START;
  if (task.status === 'abandoned') return { kind: 'finished', startedAt: task.startedAt, late: true };
  tasks.close(key);
  return { kind: 'finished', startedAt: task.startedAt, late: false };
}

function timeoutOf({ task_timeout_ms }: Feature): number {
  return task_timeout_ms !== null && task_timeout_ms > 0 ? task_timeout_ms : DEFAULT_TASK_TIMEOUT_MS;
}
