/**
 * Alertmanager wants states, not events: what is open is posted again and again (it forgets what it is not told of), what is resolved once, with its end.
 * A position is committed once what came with it was taken; what is open comes from the log, so a new process goes on with the same alerts.
 */
import type { InRecord, Position, Task, TaskContext } from '../../infra/ports.ts';
import { alertOf, type Alert } from './alertmanager.ts';
import { writeMemory, type Following } from './notices.ts';
import { createPatience, type Clock, type Outcome } from './patience.ts';
import type { Followed } from './routes/course.ts';
import type { Delivery } from './webhook.ts';

export interface AlertmanagerDependencies {
  readonly begin: (committed: Position) => Promise<Following>;
  readonly catchUp: () => Promise<void>;
  readonly post: (alerts: readonly Alert[]) => Promise<Delivery>;
  readonly dashboardUrl: string | null;
  readonly outcome: Outcome;
  readonly clock: Clock;
  /** Milliseconds; for tests. */
  readonly keepAliveMs?: number;
}

/** Ours: as often as Prometheus does by default. */
const KEEP_ALIVE_MS = 60_000;
/** Ours: a restart, or a service that is down for a moment, must not resolve what is open; one that is gone for good must. */
const ENDS_AFTER_KEEP_ALIVES = 15;
/** Ours: bounds the body of one post, of what has changed. */
const TAKEN_AT_ONCE = 500;

export function createAlertmanagerTask(context: TaskContext, { begin, catchUp, post, dashboardUrl, outcome, clock, keepAliveMs = KEEP_ALIVE_MS }: AlertmanagerDependencies): Task {
  // That it is not yet time to keep something alive is no waiting of which anybody wants to hear.
  const patience = createPatience({ outcome: { ...outcome, waits: () => undefined }, clock, wake: context.wake });
  let following: Following | null = null;
  let waiting: InRecord[] = [];
  /** Taken into the course, and not yet committed. */
  let taken: Position | null = null;
  /** Of them, those that have ended. */
  let ended: Followed[] = [];
  let keepAliveAt = 0;

  const take = async ({ memory, take: takeOne }: Following): Promise<void> => {
    if (waiting.length === 0) return;
    await catchUp();
    const records = waiting.slice(0, TAKEN_AT_ONCE);
    for (const { value } of records) {
      const item = value === null ? null : await takeOne(value);
      if (item?.challenge.status === 'resolved') ended.push({ ...item.told, challenge: item.challenge });
    }
    waiting = waiting.slice(records.length);
    const last = records.at(-1);
    if (last !== undefined) taken = { topic: last.topic, partition: last.partition, offset: last.offset + 1, metadata: writeMemory(memory) };
  };

  return {
    open: async ([committed]) => {
      if (committed !== undefined) following = await begin(committed);
    },
    accept: (records) => { waiting.push(...records); },
    step: async () => {
      if (following === null) return null;
      if (taken === null) await take(following);
      // News goes out at once, what is only kept alive when its time has come.
      if (!patience.isOver(taken === null ? keepAliveAt : 0)) return null;
      const now = clock.now();
      const alerts = [
        ...following.course.open().map((one) => alertOf(one, now + ENDS_AFTER_KEEP_ALIVES * keepAliveMs, dashboardUrl)),
        ...ended.map((one) => alertOf(one, now, dashboardUrl)),
      ];
      if (alerts.length > 0 && !patience.learn(await post(alerts))) return null;
      keepAliveAt = now + keepAliveMs;
      ended = [];
      if (taken === null) {
        patience.isOver(keepAliveAt);
        return null;
      }
      const position = taken;
      taken = null;
      return { outputs: [], positions: [position] };
    },
    backlog: () => waiting.length,
    close: patience.close,
  };
}
