package chokepoint.peer;

import org.apache.avro.util.Utf8;

/** What all signals begin with, and the two fields of an action that a timer needs again. */
final class Head {
  Utf8 eventId, userId, sessionId;
  long occurredAt, receivedAt;
  Utf8 source;
  int stage;
  Utf8 feature, tool;
  Catalog.User user;
  Utf8 release;
  long originOffset;
  int ordinal;
  long watermark;
  Utf8[] properties;
  Utf8 action, taskId;
}
