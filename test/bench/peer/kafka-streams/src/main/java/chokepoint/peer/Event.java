package chokepoint.peer;

import org.apache.avro.util.Utf8;

/** A PlatformEvent. Strings stay the bytes they came as; most of them only pass through. Absent longs are {@link #NONE}, absent enums -1. */
final class Event {
  static final long NONE = Long.MIN_VALUE;

  static final int INTERACTION = 0, ERROR = 1, TIMING = 2, TASK_STARTED = 3, TASK_FINISHED = 4, CLOCK = 5;
  static final String[] TYPES = {"interaction", "error", "timing", "task_started", "task_finished", "clock"};
  /** Symbols of EventOutcome; those of a signal's Outcome begin with `started`. */
  static final int ABANDONED = 2;

  Utf8 eventId, userId, sessionId;
  long occurredAt, receivedAt;
  Utf8 source;
  int type;
  Utf8 feature, action, taskId;
  int outcome;
  long durationMs, waitingMs;
  Utf8 release;
  Utf8 errorCode, errorMessage;
  int errorCause;
  /** Names and values in turn. */
  Utf8[] properties;
}
