package chokepoint.peer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.util.Utf8;

/** Events and signals by Avro's GenericRecord, by position, with its reused decoder and encoder: as most applications have it. */
final class GenericCodec extends Codec {
  private final GenericDatumReader<GenericRecord> events;
  private final Kind action, error, time;

  /** Of signals: how to write one, and the symbols of its enums by the field's name. */
  private static final class Kind {
    final Schema schema;
    final GenericDatumWriter<GenericRecord> writer;
    final Schema user;
    final Map<String, GenericData.EnumSymbol[]> symbols = new HashMap<>();

    Kind(Schema schema) {
      this.schema = schema;
      writer = new GenericDatumWriter<>(schema);
      user = schema.getField("user").schema();
      for (Schema.Field field : schema.getFields()) {
        List<Schema> types = field.schema().isUnion() ? field.schema().getTypes() : List.of(field.schema());
        for (Schema type : types) {
          if (type.getType() != Schema.Type.ENUM) continue;
          symbols.put(field.name(), type.getEnumSymbols().stream().map(symbol -> new GenericData.EnumSymbol(type, symbol)).toArray(GenericData.EnumSymbol[]::new));
        }
      }
    }
  }

  GenericCodec(Ids ids, UnaryOperator<String> schemaFile) {
    super(ids);
    events = new GenericDatumReader<>(schema(schemaFile, "PlatformEvent"));
    events.getData().setFastReaderEnabled(true);
    action = new Kind(schema(schemaFile, "ActionSignal"));
    error = new Kind(schema(schemaFile, "ErrorSignal"));
    time = new Kind(schema(schemaFile, "TimeSignal"));
  }

  @Override
  Event event(byte[] value) throws IOException {
    open(value, 0, ids.event());
    GenericRecord r = events.read(null, in);
    if (!in.isEnd()) throw new IOException("trailing data");
    Event e = new Event();
    e.eventId = (Utf8) r.get(0);
    e.userId = (Utf8) r.get(1);
    e.sessionId = (Utf8) r.get(2);
    e.occurredAt = (Long) r.get(3);
    e.receivedAt = (Long) r.get(5);
    e.source = (Utf8) r.get(6);
    e.type = ordinal(r.get(7));
    e.feature = (Utf8) r.get(8);
    e.action = (Utf8) r.get(9);
    e.taskId = (Utf8) r.get(10);
    e.outcome = ordinal(r.get(11));
    e.durationMs = r.get(12) == null ? Event.NONE : (Long) r.get(12);
    e.waitingMs = r.get(13) == null ? Event.NONE : (Long) r.get(13);
    e.release = (Utf8) r.get(14);
    if (r.get(15) instanceof GenericRecord failure) {
      e.errorCode = (Utf8) failure.get(0);
      e.errorMessage = (Utf8) failure.get(1);
      e.errorCause = ordinal(failure.get(2));
    }
    Map<?, ?> given = (Map<?, ?>) r.get(16);
    e.properties = new Utf8[2 * given.size()];
    int n = 0;
    for (Map.Entry<?, ?> entry : given.entrySet()) {
      e.properties[n++] = (Utf8) entry.getKey();
      e.properties[n++] = (Utf8) entry.getValue();
    }
    return e;
  }

  @Override
  byte[] action(Head h, Utf8 signalId, int outcome) {
    GenericData.Record r = head(action, h, signalId);
    r.put(16, h.action);
    r.put(17, h.taskId);
    r.put(18, outcome < 0 ? null : action.symbols.get("outcome")[outcome]);
    return write(action, ids.action(), r);
  }

  @Override
  byte[] error(Head h, Utf8 signalId, Event e, Utf8 fingerprint) {
    GenericData.Record r = head(error, h, signalId);
    r.put(16, e.errorCode);
    r.put(17, e.errorMessage);
    r.put(18, error.symbols.get("cause")[e.errorCause]);
    r.put(19, fingerprint);
    return write(error, ids.error(), r);
  }

  @Override
  byte[] time(Head h, Utf8 signalId, int measure, long durationMs, long expectedMs, boolean censored) {
    GenericData.Record r = head(time, h, signalId);
    r.put(16, time.symbols.get("measure")[measure]);
    r.put(17, durationMs);
    r.put(18, expectedMs == Event.NONE ? null : expectedMs);
    r.put(19, censored);
    return write(time, ids.time(), r);
  }

  private static GenericData.Record head(Kind kind, Head h, Utf8 signalId) {
    GenericData.Record r = new GenericData.Record(kind.schema);
    r.put(0, signalId);
    r.put(1, h.eventId);
    r.put(2, h.userId);
    r.put(3, h.sessionId);
    r.put(4, h.occurredAt);
    r.put(5, h.receivedAt);
    r.put(6, h.source);
    r.put(7, kind.symbols.get("stage")[h.stage]);
    r.put(8, h.feature);
    r.put(9, h.tool);
    GenericData.Record user = new GenericData.Record(kind.user);
    user.put(0, h.user.team());
    user.put(1, h.user.role());
    user.put(2, h.user.org());
    user.put(3, h.user.joinedAt() == Event.NONE ? null : h.user.joinedAt());
    r.put(10, user);
    r.put(11, h.release);
    r.put(12, h.originOffset);
    r.put(13, h.ordinal);
    r.put(14, h.watermark);
    Map<Utf8, Utf8> properties = new HashMap<>();
    for (int i = 0; i < h.properties.length; i += 2) properties.put(h.properties[i], h.properties[i + 1]);
    r.put(15, properties);
    return r;
  }

  private byte[] write(Kind kind, int id, GenericData.Record r) {
    try {
      begin(id);
      kind.writer.write(r, out);
      return end();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int ordinal(Object symbol) {
    return symbol == null ? -1 : ((GenericData.EnumSymbol) symbol).getSchema().getEnumOrdinal(symbol.toString());
  }

  private static Schema schema(UnaryOperator<String> file, String record) {
    try {
      return new Schema.Parser().parse(Files.readString(Path.of(file.apply(record))));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
