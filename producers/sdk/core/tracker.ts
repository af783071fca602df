/** The tracker: what Node's and the browser's are made of. The environment (clock, transport, journal, whether to be on) is an argument. */
import { errorOf, lineOf, milliseconds, occurredAt, propertiesOf } from './event.ts';
import { createIds } from './ids.ts';
import type { Journal } from './journal.ts';
import { createQueue } from './queue.ts';
import { createSender, type Clock, type Sender } from './sender.ts';
import { createTally, type Tally } from './tally.ts';
import { runTask } from './task.ts';
import type { Transport } from './transport.ts';
import type { Details, EventType, Options, Problem, TrackedEvent, Tracker, Tracking } from './types.ts';

export interface Environment {
  /** False: calls do nothing. */
  readonly enabled: boolean;
  readonly clock: Clock;
  readonly fill: (words: Uint32Array<ArrayBuffer>) => unknown;
  readonly transport: Transport;
  /** Null: memory only. */
  readonly journal: ((onProblem: (problem: Problem) => void) => Journal) | null;
  /** Characters of one request. */
  readonly batchChars: number;
}

/** What an environment's own parts need of a tracker. */
export interface Inside {
  readonly tracker: Tracker;
  readonly sender: Sender;
  readonly journal: Journal | null;
}

type Who = { readonly user_id?: string | undefined; readonly session_id?: string | undefined };
type Said = Partial<Pick<TrackedEvent, 'action' | 'task_id' | 'outcome' | 'duration_ms' | 'error'>>;

const FLUSH_MS = 5_000;
const NOTHING: Details = {};

export function createTracker(options: Options, environment: Environment): Inside {
  const { clock } = environment;
  const newId = createIds(environment.fill);
  const tally = createTally(() => clock.monotonic(), options.onProblem ?? warnOfOptions);
  const queue = createQueue({
    queueEvents: options.queue_events ?? 10_000,
    queueChars: options.queue_chars ?? 4_000_000,
    batchEvents: options.batch_events ?? 500,
    batchChars: environment.batchChars,
    batchMs: options.batch_ms ?? 2_000,
  });
  const wanted = environment.enabled && options.enabled !== false;
  const wrong = wanted ? wrongIn(options) : null;
  const on = wanted && wrong === null;
  if (wrong !== null) tally.problem({ kind: 'options', detail: wrong });
  const journal = on ? (environment.journal?.((problem) => { tally.problem(problem); }) ?? null) : null;
  const sender = createSender({ queue, journal, transport: environment.transport, clock, onSettled: settledInto(tally) });
  let me: Who = { user_id: options.user_id, session_id: options.session_id };
  let consent = options.consent !== false;
  let closed = false;

  const record = (type: EventType, feature: string, who: Who, given: Details | undefined, said: Said): void => {
    if (!on || !consent || closed) return;
    try {
      const details = given ?? NOTHING;
      const now = clock.wall();
      const event: TrackedEvent = {
        event_id: newId(now),
        user_id: details.user_id ?? who.user_id ?? '',
        session_id: details.session_id ?? who.session_id,
        occurred_at: details.occurred_at === undefined ? now : occurredAt(details.occurred_at, now),
        source: options.source,
        type,
        feature,
        action: said.action,
        task_id: said.task_id,
        outcome: said.outcome,
        duration_ms: said.duration_ms === undefined ? undefined : milliseconds(said.duration_ms),
        waiting_ms: details.waiting_ms === undefined ? undefined : milliseconds(details.waiting_ms),
        release: details.release ?? options.release,
        error: said.error,
        properties: details.properties === undefined ? undefined : propertiesOf(details.properties),
      };
      const kept = options.beforeSend === undefined ? event : held(options.beforeSend, event);
      if (kept === null) {
        tally.dropped('before_send', 1);
        return;
      }
      const line = lineOf(kept);
      if ('refused' in line) tally.dropped(line.refused, 1);
      else if (!sender.add(line)) tally.dropped('queue_full', 1);
    } catch {
      // Getters, proxies and the like of the host's values: the event is lost, the host goes on.
      tally.dropped('invalid', 1);
    }
  };

  const tracking = (who: () => Who): Tracking => ({
    interaction: (feature, action, details) => { record('interaction', feature, who(), details, { action }); },
    error: (feature, error, details) => { record('error', feature, who(), details, { error: safeError(error) }); },
    time: (feature, duration_ms, details) => { record('timing', feature, who(), details, { duration_ms }); },
    task: (feature, run, details) => {
      // Who began it finishes it, whoever is logged in by then.
      const starter = who();
      const about = copyOf(details);
      return runTask(run, about.waiting_ms, {
        monotonic: () => clock.monotonic(),
        newId: () => newId(clock.wall()),
        started: (task_id) => { record('task_started', feature, starter, { ...about, waiting_ms: undefined }, { task_id }); },
        finished: (task_id, { outcome, duration_ms, waiting_ms, error }) => {
          record('task_finished', feature, starter, { ...about, occurred_at: undefined, waiting_ms }, { task_id, outcome, duration_ms, error: error === undefined ? undefined : safeError(error) });
        },
      });
    },
  });

  const stats: Tracker['stats'] = () => ({ state: !on ? 'off' : closed ? 'closed' : consent ? 'on' : 'paused', queued: queue.size(), ...tally.counts() });
  const flush: Tracker['flush'] = (timeout = FLUSH_MS) => (on ? sender.flush(timeout) : Promise.resolve(true));
  const tracker: Tracker = {
    ...tracking(() => me),
    as: (who) => tracking(() => who),
    identify: (who) => { me = who ?? {}; },
    consent: (given) => {
      consent = given;
      if (!given) tally.dropped('no_consent', sender.clear());
      else if (on) void sender.adopt();
    },
    flush,
    stats,
    close: async (timeout) => {
      closed = true;
      await flush(timeout);
      sender.stop();
      await journal?.close();
      return stats();
    },
  };
  if (on && consent) void sender.adopt();
  return { tracker, sender, journal };
}

const settledInto = (tally: Tally): Parameters<typeof createSender>[0]['onSettled'] => ({ taken, dropped }, verdict, { detail }) => {
  if (verdict.kind === 'taken') tally.taken(taken.length, verdict.rejected, detail);
  else if (verdict.kind === 'later') tally.retried(detail);
  else tally.dropped(verdict.reason, dropped.length);
};

/** What a person must mend, in words; a service whose setting is missing still starts. */
function wrongIn({ url, key }: { readonly url: unknown; readonly key: unknown }): string | null {
  if (typeof url !== 'string' || !/^https?:\/\/./.test(url)) return `url must be the collector's address, like https://collector.example, but is ${String(url)}: nothing is tracked`;
  return typeof key === 'string' && /^[\x21-\x7e]+$/.test(key) ? null : 'key must be a write key of the collector: nothing is tracked';
}

const warnOfOptions = ({ kind, detail }: Problem): void => {
  if (kind === 'options') console.warn(`chokepoint: ${detail}`);
};

function held(beforeSend: NonNullable<Options['beforeSend']>, event: TrackedEvent): TrackedEvent | null {
  try {
    return beforeSend(event);
  } catch {
    // A hook that was to take something out and could not: then nothing goes.
    return null;
  }
}

function copyOf(details: Details | undefined): Details {
  try {
    return { ...details };
  } catch {
    return NOTHING;
  }
}

function safeError(thrown: unknown): TrackedEvent['error'] {
  try {
    return errorOf(thrown);
  } catch {
    return { code: 'Error', message: '', cause: 'unknown' };
  }
}
