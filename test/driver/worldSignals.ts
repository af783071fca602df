/**
 * Oracle, part 1: what an event becomes (semantics 1 and 2), written from the contract alone and as plainly as possible, so that it can be
 * compared with the production code. Nothing is imported from streams/ or consumers/.
 */
import type { SimulatedEvent } from '../../producers/simulator/types.ts';
import type { Feature } from '../../schemas/records.ts';
import { partitionOf } from '../../schemas/partition.ts';

export interface Observation {
  readonly user: string;
  readonly feature: string;
  readonly at: number;
  /** The partition's watermark: ticks up to it come before. */
  readonly watermark: number;
  readonly kind: 'action' | 'error' | 'time';
  readonly ended: 'good' | 'bad' | null;
  /** Completion in ms, Infinity when censored; null for other signals. */
  readonly completion: number | null;
  /** Error code; null for other signals. One code per error in the simulator, so it stands for the fingerprint. */
  readonly code: string | null;
  readonly dependency: boolean;
  readonly timer: boolean;
}

const DAY_MS = 86_400_000;

interface Start {
  readonly user: string;
  readonly feature: string;
  readonly at: number;
  readonly deadline: number;
}

interface Partition {
  watermark: number;
  readonly running: Map<string, Start>;
  readonly expired: Set<string>;
  nextDeadline: number;
}

export interface Observer {
  /** Observations of an event, in the order in which ticks see them within a partition. Call once per event, in posted order. */
  take(event: SimulatedEvent): Observation[];
  /** A clock: what it brings past its deadline, in all partitions. */
  clock(at: number): Observation[];
  /** What every partition has reached. */
  watermark(): number;
}

export function createObserver(catalog: readonly Feature[], partitions: number): Observer {
  const timeouts = new Map(catalog.map(({ feature, task_timeout_ms }) => [feature, task_timeout_ms ?? DAY_MS]));
  const state: Partition[] = Array.from({ length: partitions }, () => ({ watermark: -Infinity, running: new Map(), expired: new Set(), nextDeadline: Infinity }));
  const seen = new Set<string>();
  const base = { ended: null, completion: null, code: null, dependency: false, timer: false } as const;

  const advance = (partition: Partition, to: number): Observation[] => {
    const out: Observation[] = [];
    if (to > partition.nextDeadline) {
      const due = [...partition.running].filter(([, start]) => start.deadline < to).sort(([, a], [, b]) => a.deadline - b.deadline);
      for (const [key, { user, feature, deadline }] of due) {
        partition.running.delete(key);
        partition.expired.add(key);
        const head = { ...base, user, feature, at: deadline, watermark: Math.max(partition.watermark, deadline), timer: true };
        out.push({ ...head, kind: 'action', ended: 'bad' }, { ...head, kind: 'time', completion: Infinity });
      }
      partition.nextDeadline = Math.min(Infinity, ...[...partition.running.values()].map((start) => start.deadline));
    }
    partition.watermark = Math.max(partition.watermark, to);
    return out;
  };

  const take = (event: SimulatedEvent): Observation[] => {
    const partition = state[partitionOf(event.user_id, partitions)];
    if (partition === undefined) return [];
    const out = advance(partition, event.occurred_at);
    const watermark = partition.watermark;
    if (seen.has(event.event_id)) return out;
    seen.add(event.event_id);

    const { user_id: user, feature, occurred_at: at } = event;
    const head = { ...base, user, feature, at, watermark };
    const key = `${user}/${event.task_id ?? ''}`;
    const error = (): void => { if (event.error !== undefined) out.push({ ...head, kind: 'error', code: event.error.code, dependency: event.error.cause === 'dependency' }); };
    if (event.type === 'interaction') out.push({ ...head, kind: 'action' });
    else if (event.type === 'error') error();
    else if (event.type === 'timing') out.push({ ...head, kind: 'time' });
    else if (event.type === 'task_started') {
      out.push({ ...head, kind: 'action' });
      const deadline = at + (timeouts.get(feature) ?? DAY_MS);
      partition.running.set(key, { user, feature, at, deadline });
      partition.nextDeadline = Math.min(partition.nextDeadline, deadline);
    } else if (event.type === 'task_finished') {
      if (partition.expired.has(key)) return out; // late: counts nowhere
      const start = partition.running.get(key);
      partition.running.delete(key);
      out.push({ ...head, kind: 'action', ended: event.outcome === 'completed' ? 'good' : 'bad' });
      error();
      const whole = event.duration_ms ?? (start === undefined ? null : at - start.at);
      if (whole !== null) out.push({ ...head, kind: 'time', completion: event.outcome === 'abandoned' ? Infinity : Math.max(0, whole - (event.waiting_ms ?? 0)) });
    }
    if (event.waiting_ms !== undefined) out.push({ ...head, kind: 'time' });
    return out;
  };
  return { take, clock: (at) => state.flatMap((partition) => advance(partition, at)), watermark: () => Math.min(...state.map((partition) => partition.watermark)) };
}
