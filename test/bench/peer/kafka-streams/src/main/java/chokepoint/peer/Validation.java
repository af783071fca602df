package chokepoint.peer;

import org.apache.avro.util.Utf8;

/** What an event lacks or has too much of (streams/steps/validate.ts): a text for the dead letter, or null. */
final class Validation {
  private static final int MAX_ID_CHARS = 256, MAX_PROPERTIES = 256;

  private Validation() {}

  static String problem(Event e) {
    String missing = missing(e);
    if (missing != null) return missing;
    String unfit = unfit(e);
    if (unfit != null) return unfit;
    if (e.durationMs != Event.NONE && e.durationMs < 0) return "duration_ms is " + e.durationMs + ": send milliseconds, 0 or more";
    if (e.waitingMs != Event.NONE && e.waitingMs < 0) return "waiting_ms is " + e.waitingMs + ": send milliseconds, 0 or more";
    return null;
  }

  private static String missing(Event e) {
    if (isEmpty(e.eventId)) return "event_id is empty: the client must make one (UUIDv7), or a retry cannot be recognised";
    if (isEmpty(e.userId)) return "user_id is empty: it must name a user";
    if (isEmpty(e.feature)) return "feature is empty: it must name an entry of the catalog";
    switch (e.type) {
      case Event.INTERACTION:
        return isEmpty(e.action) ? lacks("action", e) : null;
      case Event.ERROR:
        return isEmpty(e.errorCode) ? lacks("error.code", e) : null;
      case Event.TIMING:
        return e.durationMs == Event.NONE ? lacks("duration_ms", e) : null;
      case Event.TASK_STARTED:
        return isEmpty(e.taskId) ? lacks("task_id", e) : null;
      default:
        if (isEmpty(e.taskId)) return lacks("task_id", e);
        if (e.outcome < 0) return lacks("outcome", e);
        return e.errorCode != null && isEmpty(e.errorCode) ? "error.code is empty: name the error, or leave error out" : null;
    }
  }

  private static String lacks(String field, Event e) {
    return field + " is missing: an event of type " + Event.TYPES[e.type] + " requires it";
  }

  private static String unfit(Event e) {
    String problem = key("event_id", e.eventId);
    if (problem == null) problem = key("user_id", e.userId);
    if (problem == null) problem = key("feature", e.feature);
    if (problem == null) problem = key("task_id", e.taskId);
    if (problem == null) problem = name("session_id", e.sessionId);
    if (problem == null) problem = name("source", e.source);
    if (problem == null) problem = name("action", e.action);
    if (problem == null) problem = name("release", e.release);
    if (problem == null) problem = name("error.code", e.errorCode);
    for (int i = 0; problem == null && i < e.properties.length; i += 2) {
      if (isLong(e.properties[i])) problem = "properties has a key of " + e.properties[i].toString().length() + " characters: at most " + MAX_ID_CHARS + " are taken";
    }
    if (problem == null && e.properties.length / 2 > MAX_PROPERTIES) problem = "properties has more than " + MAX_PROPERTIES + " keys: send fewer";
    return problem;
  }

  private static String key(String field, Utf8 value) {
    if (value == null) return null;
    if (isLong(value)) return tooLong(field, value);
    byte[] bytes = value.getBytes();
    int length = value.getByteLength();
    for (int i = 0; i < length; i++) {
      int b = bytes[i];
      // C1 controls are C2 80 to C2 9F in UTF-8.
      if ((b >= 0 && b < 0x20) || b == 0x7f || (b == (byte) 0xc2 && i + 1 < length && (bytes[i + 1] & 0xff) < 0xa0)) return field + " has a control character: take it out";
    }
    return null;
  }

  private static String name(String field, Utf8 value) {
    return value != null && isLong(value) ? tooLong(field, value) : null;
  }

  /** There are never more characters than bytes. */
  private static boolean isLong(Utf8 value) {
    return value.getByteLength() > MAX_ID_CHARS && value.toString().length() > MAX_ID_CHARS;
  }

  private static String tooLong(String field, Utf8 value) {
    return field + " has " + value.toString().length() + " characters: at most " + MAX_ID_CHARS + " are taken";
  }

  private static boolean isEmpty(Utf8 value) {
    return value == null || value.getByteLength() == 0;
  }
}
