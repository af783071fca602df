/**
 * semantics.md sections 1 and 2 once more, for one partition, in the plainest way: whole maps where the processor has buckets and heaps, and neither
 * steps nor changelogs nor metadata that changes. Of `streams/` it knows nothing. The driver tests and the chaos verifier compare with it.
 */
import { partitionOf } from '../../schemas/partition.ts';
import type { DeadLetterReason, Feature, PlatformEvent } from '../../schemas/records.ts';

interface PlainRecord {
  readonly offset: number;
  /** The broker's. */
  readonly timestamp: number;
  /** Null: cannot be decoded. */
  readonly event: PlatformEvent | null;
  /** Of a replayed dead letter: where it first was. */
  readonly replayOf: string | null;
}

export interface PlainSignal {
  /** Of the record that gave it; for a timer, the one that fired it. */
  readonly offset: number;
  readonly ordinal: number;
  readonly class: 'action' | 'error' | 'time';
  /** The event that it tells of; for a timer, the start. */
  readonly event: PlatformEvent;
  readonly feature: Feature;
  /** Outcome or measure; null for an interaction and an error. */
  readonly what: string | null;
  readonly at: number;
  readonly watermark: number;
  readonly duration: number | null;
  readonly censored: boolean;
  readonly timer: boolean;
  readonly late: boolean;
}

interface PlainOutcome {
  readonly signals: readonly PlainSignal[];
  readonly dead: DeadLetterReason | null;
}

export interface PlainProcessor {
  take(record: PlainRecord): PlainOutcome;
  /** -1 before the first. */
  watermark(): number;
}

export interface PlainOptions {
  readonly features: readonly Feature[];
  readonly windowMs: number;
  readonly partition: number;
  readonly partitions: number;
}

interface Started { readonly event: PlatformEvent; readonly feature: Feature; readonly deadline: number; firedAt: number | null }

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export function createPlainProcessor({ features, windowMs, partition, partitions }: PlainOptions): PlainProcessor {
  const catalog = new Map(features.map((one) => [one.feature, one]));
  /** Event ids by user, with the time that the event had. */
  const seen = new Map<string, number>();
  const origins = new Set<string>();
  /** By user and task: running, or its timer has fired. */
  const tasks = new Map<string, Started>();
  let running: Started[] = [];
  let nextDeadline = Infinity;
  let watermark = -1;

  function take({ offset, timestamp, event, replayOf }: PlainRecord): PlainOutcome {
    const signals: PlainSignal[] = [];
    const dead = (reason: DeadLetterReason): PlainOutcome => ({ signals, dead: reason });
    const add = (signal: Omit<PlainSignal, 'offset' | 'ordinal'>): void => { signals.push({ offset, ordinal: signals.length, ...signal }); };
    const fire = (upTo: number): void => {
      if (nextDeadline >= upTo) return;
      const due = running.filter((one) => one.deadline < upTo);
      due.sort((a, b) => a.deadline - b.deadline || (a.event.event_id < b.event.event_id ? -1 : 1));
      running = running.filter((one) => one.deadline >= upTo);
      nextDeadline = running.reduce((least, one) => Math.min(least, one.deadline), Infinity);
      for (const one of due) {
        one.firedAt = Math.max(watermark, one.deadline);
        const head = { event: one.event, feature: one.feature, at: one.deadline, watermark: one.firedAt, timer: true, late: false };
        add({ ...head, class: 'action', what: 'abandoned', duration: null, censored: false });
        add({ ...head, class: 'time', what: 'completion', duration: one.deadline - one.event.occurred_at, censored: true });
      }
    };

    if (event === null) return dead('undecodable');
    if (event.type !== 'clock' && partitionOf(event.user_id, partitions) !== partition) return dead('wrong_partition');
    if (event.occurred_at > timestamp + 5 * MINUTE) return dead('future');
    if (event.occurred_at < timestamp - 400 * DAY) return dead('too_old');
    if (event.occurred_at > watermark) {
      fire(event.occurred_at);
      watermark = event.occurred_at;
    }
    if (event.type === 'clock') return { signals, dead: null };
    if (replayOf === null && event.occurred_at < watermark - windowMs) return dead('too_late');
    if (replayOf !== null && origins.has(replayOf)) return { signals, dead: null };
    const id = `${event.user_id}\u0000${event.event_id}`;
    const before = seen.get(id);
    // Remembered to the end of its hour.
    const known = before !== undefined && Math.floor(before / HOUR) >= Math.floor((watermark - windowMs) / HOUR);
    if (known) {
      if (replayOf !== null) origins.add(replayOf);
      return { signals, dead: null };
    }
    if (!isValid(event)) return dead('invalid');
    const feature = catalog.get(event.feature);
    if (feature === undefined) return dead('unknown_feature');
    seen.set(id, event.occurred_at);
    if (replayOf !== null) origins.add(replayOf);

    const task = `${event.user_id}\u0000${String(event.task_id)}`;
    const remembered = tasks.get(task);
    const start = remembered?.firedAt != null && remembered.firedAt < watermark - 28 * DAY ? undefined : remembered;
    const late = event.type === 'task_finished' && start?.firedAt != null;
    const waiting = event.waiting_ms ?? 0;
    const tell = (signalClass: PlainSignal['class'], what: string | null, duration: number | null = null, censored = false): void => {
      add({ class: signalClass, event, feature, what, at: event.occurred_at, watermark, duration, censored, timer: false, late });
    };
    if (event.type === 'interaction') tell('action', null);
    if (event.type === 'error') tell('error', null);
    if (event.type === 'timing') tell('time', 'dwell', Math.max(0, (event.duration_ms ?? 0) - waiting));
    if (event.type === 'task_started') tell('action', 'started');
    if (event.type === 'task_finished') {
      tell('action', event.outcome);
      if (event.error !== null) tell('error', null);
      const whole = event.duration_ms ?? (start === undefined ? null : event.occurred_at - start.event.occurred_at);
      if (whole !== null) tell('time', 'completion', Math.max(0, whole - waiting), event.outcome === 'abandoned');
    }
    if (event.waiting_ms !== null) tell('time', 'waiting', event.waiting_ms);

    if (event.type === 'task_finished' && start?.firedAt === null) {
      tasks.delete(task);
      running = running.filter((one) => one !== start);
    }
    if (event.type === 'task_started' && (start === undefined || start.firedAt !== null)) {
      const begun: Started = { event, feature, deadline: event.occurred_at + (feature.task_timeout_ms ?? DAY), firedAt: null };
      tasks.set(task, begun);
      running.push(begun);
      nextDeadline = Math.min(nextDeadline, begun.deadline);
      fire(watermark);
    }
    return { signals, dead: null };
  }

  return { take, watermark: () => watermark };
}

/** What each type also requires. */
function isValid(event: PlatformEvent): boolean {
  if (event.event_id === '' || event.user_id === '' || event.feature === '') return false;
  if ((event.duration_ms ?? 0) < 0 || (event.waiting_ms ?? 0) < 0) return false;
  const given = (text: string | null | undefined): boolean => text !== null && text !== undefined && text !== '';
  switch (event.type) {
    case 'interaction': return given(event.action);
    case 'error': return given(event.error?.code);
    case 'timing': return event.duration_ms !== null;
    case 'task_started': return given(event.task_id);
    case 'task_finished': return given(event.task_id) && event.outcome !== null;
    case 'clock': return true;
  }
}
