/** The processor's numbers. Milliseconds where a name ends in `_MS`. What is not marked otherwise is ours. */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Length of a tick (semantics 2); the analyzer's, which evaluates at ticks, must be the same (test/streams/limits.test.ts). */
export const TICK_MS = HOUR_MS;

/** Further ahead of the broker's clock than this, an event's time is wrong (semantics 1): it would carry the watermark away. */
export const FUTURE_MS = 5 * MINUTE_MS;
/** Further behind it than this, too (semantics 1). */
export const TOO_OLD_MS = 400 * DAY_MS;

/** For features that name none (semantics 1). */
export const DEFAULT_TASK_TIMEOUT_MS = 24 * HOUR_MS;
/** How long, in watermark, a task is remembered after its timer has fired, so that a finish is marked late: as long as the analyzer's state. */
export const LATE_MEMORY_MS = 28 * DAY_MS;
/**
 * Tasks remembered per user, running or abandoned. A start beyond it gives its signal, but no timer: a person never has as many, and a program
 * that never finishes its tasks must not fill the memory. Which starts those are is a function of the log.
 */
export const MAX_TASKS_PER_USER = 10_000;
/** Memory of a partition's tasks, about: what is beyond it is treated likewise. A million starts of usual size; a hundred of the largest. */
export const MAX_TASKS_BYTES = 512 * 1024 * 1024;

/** Event ids are forgotten an hour of `occurred_at` at a time. */
export const SEEN_BUCKET_MS = HOUR_MS;
/** Origins of replayed dead letters, a day at a time. */
export const ORIGIN_BUCKET_MS = DAY_MS;
/** Behind the watermark by more than this, an event would be `too_old` if it came again, so its origin need not be remembered. */
export const ORIGIN_MEMORY_MS = TOO_OLD_MS + FUTURE_MS;

/** Event ids that a partition remembers: some 50 to 100 bytes each. Past it the oldest hours go early, and what is as old is `too_late`. A setting. */
export const MAX_REMEMBERED_EVENTS = 20_000_000;
/** Origins of replayed dead letters likewise. */
export const MAX_REMEMBERED_ORIGINS = 2_000_000;
/** The latest hours, however full: otherwise events that have just come would be too late. */
export const KEPT_BUCKETS = 2;

/** The circuit breaker looks at about so many of a partition's last records, and judges from so many on: a few seconds' worth under load. */
export const BREAKER_RECORDS = 10_000;
export const BREAKER_MIN_RECORDS = 5_000;
/** Share of dead letters beyond which a partition halts. A setting. */
export const DEAD_LETTER_LIMIT = 0.5;
/** Records that a halted partition tries each time. */
export const PROBE_RECORDS = 200;

/** A step's records: large enough that a transaction's cost does not show, small enough to be done in some 50 ms. */
export const MAX_STEP_RECORDS = 5_000;
/** A step's output in bytes, past which it takes no further record: with one more record's signals it still fits into one batch of a topic (8 MiB). */
export const MAX_STEP_BYTES = 3 * 1024 * 1024;

/** Larger events are `too_large`: up to four signals are made of one. The collector's requests are at most 1.5 MiB. */
export const MAX_EVENT_BYTES = 2 * 1024 * 1024;
/** A dead letter keeps at most this much of the original, which stays whole at its origin: it must fit into a message. */
export const MAX_ORIGINAL_BYTES = 4 * 1024 * 1024;
/** As the collector has it: longer than any id that means something. */
export const MAX_ID_CHARS = 256;
/** As the collector has it: more is a document, not annotations. */
export const MAX_PROPERTIES = 256;

/** The watermark before the first record that moves it; times below zero are `too_old`. */
export const NO_WATERMARK = -1;
