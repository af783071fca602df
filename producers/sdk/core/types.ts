/** What the SDK's users see. The fields are those of a platform event (docs/producers.md); times are milliseconds. */

export type EventType = 'interaction' | 'error' | 'timing' | 'task_started' | 'task_finished';
export type Outcome = 'completed' | 'failed' | 'abandoned';
export type Cause = 'user' | 'platform' | 'quota' | 'dependency' | 'unknown';

export interface TrackedError {
  code: string;
  message: string;
  cause: Cause;
}

/** An event as `beforeSend` sees it; what is undefined is not sent. */
export interface TrackedEvent {
  event_id: string;
  user_id: string;
  session_id: string | undefined;
  /** Milliseconds since 1970, by the clock of this machine. */
  occurred_at: number;
  source: string | undefined;
  type: EventType;
  feature: string;
  action: string | undefined;
  task_id: string | undefined;
  outcome: Outcome | undefined;
  duration_ms: number | undefined;
  waiting_ms: number | undefined;
  release: string | undefined;
  error: TrackedError | undefined;
  properties: Record<string, string> | undefined;
}

/** What may be said of any event; `user_id` is required here or in the options. */
export interface Details {
  user_id?: string | undefined;
  session_id?: string | undefined;
  /** When it happened; by default now. */
  occurred_at?: number | Date | undefined;
  /** Of the time, what the user spent in a queue: it is not theirs. */
  waiting_ms?: number | undefined;
  release?: string | undefined;
  properties?: Readonly<Record<string, string | number | boolean | null | undefined>> | undefined;
}

/** What the function of `track.task` is given. */
export interface Task {
  readonly task_id: string;
  /** Milliseconds that were spent in a queue; they add up. */
  waited(ms: number): void;
  /** The user gave up: the outcome is `abandoned`, whatever the function returns or throws. */
  abandon(): void;
}

/** Nothing here throws, waits or blocks. Where nothing is sent (no consent, Do Not Track, closed) calls do nothing. */
export interface Tracking {
  /** A click, the use of a feature. */
  interaction(feature: string, action: string, details?: Details): void;
  /** An error that the user saw: an Error, or its code, message and cause. A code is taken from `error.code`, else `error.name`. */
  error(feature: string, error: unknown, details?: Details): void;
  /** Time spent, in milliseconds. */
  time(feature: string, duration_ms: number, details?: Details): void;
  /**
   * Runs `run` and gives back what it returns or throws. Sends its start at once; and its finish with duration, outcome (`completed`; `failed` if it throws
   * or rejects, `abandoned` if with an AbortError) and error.
   */
  task<Result>(feature: string, run: (task: Task) => Result, details?: Details): Result;
}

export type DropReason =
  /** The queue is full: the collector has not been reached for long. */
  | 'queue_full'
  /** A single event that the collector finds too large (or that is larger than 200,000 characters). */
  | 'too_large'
  /** It has no user_id or feature, or a duration that is no number. */
  | 'invalid'
  /** `beforeSend` gave null, or threw. */
  | 'before_send'
  /** Consent was taken back before it was sent. */
  | 'no_consent'
  /** A single event that the collector cannot read (400). */
  | 'unreadable';

/** Every event that was tracked is in exactly one of acknowledged, rejected, dropped and queued. */
export interface Stats {
  /** `off`: Do Not Track, `enabled: false` or wrong options. `paused`: no consent. */
  readonly state: 'on' | 'paused' | 'off' | 'closed';
  readonly queued: number;
  /** In Kafka on all in-sync replicas. */
  readonly acknowledged: number;
  /** Refused by the collector one by one, and kept in the dead letters. */
  readonly rejected: number;
  readonly dropped: Readonly<Record<DropReason, number>>;
  /** Requests that failed and were tried again. */
  readonly retries: number;
  /** What went wrong last, in words; null once a request has succeeded. */
  readonly problem: string | null;
}

export interface Problem {
  readonly kind: 'options' | 'dropped' | 'rejected' | 'unreachable' | 'storage';
  readonly detail: string;
}

export interface Tracker extends Tracking {
  /** The same for one user: what a server calls per request. */
  as(who: { readonly user_id: string; readonly session_id?: string | undefined }): Tracking;
  /** Of the events that name no user from now on; null: nobody, as after a logout. */
  identify(who: { readonly user_id: string; readonly session_id?: string | undefined } | null): void;
  /** False: nothing is recorded, and what has not been sent is erased. True: recording begins. */
  consent(given: boolean): void;
  /** Sends what is queued now. Resolves, never rejects: true once all of it is settled, false after `timeout_ms` (5,000). */
  flush(timeout_ms?: number): Promise<boolean>;
  stats(): Stats;
  /** Flushes, stops, and gives the last word on what became of the events. What could not be sent stays in the spool or IndexedDB, if there is one. */
  close(timeout_ms?: number): Promise<Stats>;
}

export interface Options {
  /** The collector's address, e.g. `https://collector.example`. */
  url: string;
  /** A write key. In a browser everybody can read it: let it be one of its own, with a source (`WRITE_KEYS=web:…`). */
  key: string;
  user_id?: string | undefined;
  session_id?: string | undefined;
  release?: string | undefined;
  /** Name of the service; by default the key's. */
  source?: string | undefined;
  /** False: every call does nothing. */
  enabled?: boolean | undefined;
  /** False: nothing is recorded until `consent(true)`. Default true: whoever calls has asked. */
  consent?: boolean | undefined;
  /** Sees, changes or (null) holds back each event, as soon as it is tracked: what it takes out never touches the disk. If it throws, the event is dropped. */
  beforeSend?: ((event: TrackedEvent) => TrackedEvent | null) | undefined;
  /** Told of drops, refusals and an unreachable collector, at most once a minute for each kind. */
  onProblem?: ((problem: Problem) => void) | undefined;
  /** A batch goes once it has so many events (500) … */
  batch_events?: number | undefined;
  /** … or once its first event has waited so long (2,000). */
  batch_ms?: number | undefined;
  /** Events that may be queued (10,000); past that new ones are dropped and counted. */
  queue_events?: number | undefined;
  /** Characters that may be queued (4,000,000). */
  queue_chars?: number | undefined;
  /** For one request (20,000); the collector answers within 10,000. */
  timeout_ms?: number | undefined;
}

export interface BrowserOptions extends Options {
  /** Events of clicks on elements with `data-chokepoint-action` inside `data-chokepoint-feature`. Default false. */
  autoCapture?: boolean | undefined;
  /** False: what is not sent when the page is left is lost if it does not get out with it. Default true. */
  offline?: boolean | undefined;
}

export interface BrowserTracker extends Tracker {
  /** The page or view that is now looked at; the one before ends, and the time in which it was visible is sent. Null: none. */
  page(feature: string | null, details?: Details): void;
}
