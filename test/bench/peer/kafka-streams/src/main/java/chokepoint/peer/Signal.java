package chokepoint.peer;

import org.apache.avro.util.Utf8;

/** Of a signal what is counted. */
final class Signal {
  static final int ACTION = 0, ERROR = 1, TIME = 2;
  /** Symbols of Outcome, Cause and TimeMeasure. */
  static final int COMPLETED = 1, FAILED = 2, ABANDONED = 3, DEPENDENCY = 3, COMPLETION = 1;

  int kind;
  Utf8 userId;
  long occurredAt;
  int stage;
  Utf8 feature, team;
  long originOffset, watermark;
  /** Made by a timer; a finish after its timer. */
  boolean timer, late;
  /** Actions: -1 where there is none. */
  int outcome = -1;
  /** Errors. */
  int cause;
  Utf8 fingerprint;
  /** Times. */
  int measure;
  long durationMs;
  boolean censored;
}
