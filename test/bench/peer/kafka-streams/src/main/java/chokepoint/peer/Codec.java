package chokepoint.peer;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.util.Utf8;

/**
 * The records in Confluent's wire format, field by field against Avro's own reused decoder and encoder: what Avro's code generator makes for
 * schemas without logical types (ours have some, for which it falls back to a slower way). Not thread-safe; one per task. Past 250 lines: a method per
 * record, and nothing else.
 */
class Codec {
  /** Ids at the registry. */
  record Ids(int event, int action, int error, int time, int deadLetter, int user, int feature) {}

  static final int HEADER_BYTES = 5;
  private static final Utf8[] NO_PROPERTIES = {};

  final Ids ids;
  private final ByteArrayOutputStream buffer = new ByteArrayOutputStream(1024);
  private final byte[] header = new byte[HEADER_BYTES];
  BinaryDecoder in;
  BinaryEncoder out;

  Codec(Ids ids) {
    this.ids = ids;
  }

  /** Throws IOException or a RuntimeException where the bytes are not such a record. */
  Event event(byte[] value) throws IOException {
    open(value, 0, ids.event);
    Event e = new Event();
    e.eventId = in.readString(null);
    e.userId = in.readString(null);
    e.sessionId = optionalString();
    e.occurredAt = in.readLong();
    optionalLong(); // sent_at
    e.receivedAt = in.readLong();
    e.source = in.readString(null);
    e.type = symbol(6);
    e.feature = in.readString(null);
    e.action = optionalString();
    e.taskId = optionalString();
    e.outcome = branch() ? symbol(3) : -1;
    e.durationMs = optionalLong();
    e.waitingMs = optionalLong();
    e.release = optionalString();
    if (branch()) {
      e.errorCode = in.readString(null);
      e.errorMessage = in.readString(null);
      e.errorCause = symbol(5);
    }
    e.properties = properties();
    if (!in.isEnd()) throw new IOException("trailing data");
    return e;
  }

  Catalog.User user(byte[] value) throws IOException {
    open(value, 0, ids.user);
    in.skipString();
    return new Catalog.User(in.readString(null), in.readString(null), in.readString(null), in.readLong());
  }

  Catalog.Feature feature(byte[] value) throws IOException {
    open(value, 0, ids.feature);
    in.skipString();
    in.skipString();
    int stage = symbol(4);
    Utf8 tool = in.readString(null);
    in.readBoolean();
    return new Catalog.Feature(stage, tool, optionalLong(), optionalLong());
  }

  byte[] action(Head h, Utf8 signalId, int outcome) {
    try {
      begin(ids.action);
      head(h, signalId);
      out.writeString(h.action);
      optional(h.taskId);
      if (outcome < 0) out.writeIndex(0);
      else {
        out.writeIndex(1);
        out.writeEnum(outcome);
      }
      return end();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  byte[] error(Head h, Utf8 signalId, Event e, Utf8 fingerprint) {
    try {
      begin(ids.error);
      head(h, signalId);
      out.writeString(e.errorCode);
      out.writeString(e.errorMessage);
      out.writeEnum(e.errorCause);
      out.writeString(fingerprint);
      return end();
    } catch (IOException io) {
      throw new UncheckedIOException(io);
    }
  }

  byte[] time(Head h, Utf8 signalId, int measure, long durationMs, long expectedMs, boolean censored) {
    try {
      begin(ids.time);
      head(h, signalId);
      out.writeEnum(measure);
      out.writeLong(durationMs);
      optional(expectedMs);
      out.writeBoolean(censored);
      return end();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  byte[] deadLetter(Utf8 id, int reason, String detail, String step, String topic, int partition, long offset, byte[] original, Utf8 eventId, long failedAt) {
    try {
      begin(ids.deadLetter);
      out.writeString(id);
      out.writeEnum(reason);
      out.writeString(detail);
      out.writeString(step);
      out.writeIndex(1);
      out.writeString(topic);
      out.writeIndex(1);
      out.writeInt(partition);
      optional(offset);
      out.writeBytes(original);
      optional(eventId);
      out.writeLong(failedAt);
      return end();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Of an action signal, as stored behind `from` bytes. */
  Head start(byte[] stored, int from) {
    try {
      open(stored, from, ids.action);
      in.skipString(); // signal_id
      Head h = new Head();
      h.eventId = in.readString(null);
      h.userId = in.readString(null);
      h.sessionId = optionalString();
      h.occurredAt = in.readLong();
      h.receivedAt = in.readLong();
      h.source = in.readString(null);
      h.stage = symbol(4);
      h.feature = in.readString(null);
      h.tool = in.readString(null);
      h.user = new Catalog.User(in.readString(null), in.readString(null), in.readString(null), optionalLong());
      h.release = optionalString();
      in.readLong();
      in.readInt();
      in.readLong();
      h.properties = properties();
      h.action = in.readString(null);
      h.taskId = optionalString();
      return h;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void head(Head h, Utf8 signalId) throws IOException {
    out.writeString(signalId);
    out.writeString(h.eventId);
    out.writeString(h.userId);
    optional(h.sessionId);
    out.writeLong(h.occurredAt);
    out.writeLong(h.receivedAt);
    out.writeString(h.source);
    out.writeEnum(h.stage);
    out.writeString(h.feature);
    out.writeString(h.tool);
    out.writeString(h.user.team());
    out.writeString(h.user.role());
    out.writeString(h.user.org());
    optional(h.user.joinedAt());
    optional(h.release);
    out.writeLong(h.originOffset);
    out.writeInt(h.ordinal);
    out.writeLong(h.watermark);
    out.writeMapStart();
    out.setItemCount(h.properties.length / 2);
    for (int i = 0; i < h.properties.length; i += 2) {
      out.startItem();
      out.writeString(h.properties[i]);
      out.writeString(h.properties[i + 1]);
    }
    out.writeMapEnd();
  }

  final void open(byte[] value, int from, int id) throws IOException {
    if (value.length - from < HEADER_BYTES || value[from] != 0) throw new IOException("not in the Confluent wire format: a zero byte and a 4-byte schema id must come first");
    int found = ByteBuffer.wrap(value).getInt(from + 1);
    if (found != id) throw new IOException("schema " + found + " is not the one that this peer was given");
    in = DecoderFactory.get().binaryDecoder(value, from + HEADER_BYTES, value.length - from - HEADER_BYTES, in);
  }

  final void begin(int id) {
    buffer.reset();
    ByteBuffer.wrap(header).put((byte) 0).putInt(id);
    buffer.write(header, 0, HEADER_BYTES);
    out = EncoderFactory.get().binaryEncoder(buffer, out);
  }

  final byte[] end() throws IOException {
    out.flush();
    return buffer.toByteArray();
  }

  private boolean branch() throws IOException {
    int index = in.readIndex();
    if (index < 0 || index > 1) throw new IOException("no such branch: " + index);
    return index == 1;
  }

  private int symbol(int symbols) throws IOException {
    int index = in.readEnum();
    if (index < 0 || index >= symbols) throw new IOException("no such symbol: " + index);
    return index;
  }

  private Utf8 optionalString() throws IOException {
    return branch() ? in.readString(null) : null;
  }

  private long optionalLong() throws IOException {
    return branch() ? in.readLong() : Event.NONE;
  }

  private Utf8[] properties() throws IOException {
    Utf8[] all = NO_PROPERTIES;
    int n = 0;
    for (long left = in.readMapStart(); left > 0; left = in.mapNext()) {
      int wanted = Math.toIntExact(n + 2 * left);
      if (wanted > all.length) all = Arrays.copyOf(all, wanted);
      for (long i = 0; i < left; i++) {
        all[n++] = in.readString(null);
        all[n++] = in.readString(null);
      }
    }
    return all;
  }

  private void optional(Utf8 value) throws IOException {
    if (value == null) out.writeIndex(0);
    else {
      out.writeIndex(1);
      out.writeString(value);
    }
  }

  private void optional(long value) throws IOException {
    if (value == Event.NONE) out.writeIndex(0);
    else {
      out.writeIndex(1);
      out.writeLong(value);
    }
  }
}
