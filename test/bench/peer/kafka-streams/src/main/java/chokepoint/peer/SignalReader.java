package chokepoint.peer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.util.Utf8;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.streams.processor.TimestampExtractor;

/** Reads a signal's bytes once, past what is not counted. Time is the watermark: a progress record (no value) has it in a header. Shared by all threads. */
final class SignalReader implements Deserializer<Signal>, TimestampExtractor {
  private static final Utf8 TIMER = new Utf8("timer"), LATE = new Utf8("late"), TRUE = new Utf8("true");

  private final int action, error, time;
  private final ThreadLocal<BinaryDecoder> decoders = new ThreadLocal<>();

  /** Ids of the schemas at the registry. */
  SignalReader(int action, int error, int time) {
    this.action = action;
    this.error = error;
    this.time = time;
  }

  @Override
  public Signal deserialize(String topic, byte[] value) {
    if (value == null) return null;
    int id = ByteBuffer.wrap(value).getInt(1);
    BinaryDecoder in = DecoderFactory.get().binaryDecoder(value, Codec.HEADER_BYTES, value.length - Codec.HEADER_BYTES, decoders.get());
    decoders.set(in);
    try {
      Signal s = head(in);
      if (id == action) {
        s.kind = Signal.ACTION;
        in.skipString();
        skipOptionalString(in);
        if (in.readIndex() == 1) s.outcome = in.readEnum();
      } else if (id == error) {
        s.kind = Signal.ERROR;
        in.skipString();
        in.skipString();
        s.cause = in.readEnum();
        s.fingerprint = in.readString(null);
      } else if (id == time) {
        s.kind = Signal.TIME;
        s.measure = in.readEnum();
        s.durationMs = in.readLong();
        if (in.readIndex() == 1) in.readLong();
        s.censored = in.readBoolean();
      } else throw new SerializationException("schema " + id + " is none of the signals'");
      return s;
    } catch (IOException e) {
      throw new SerializationException(e);
    }
  }

  private static Signal head(BinaryDecoder in) throws IOException {
    Signal s = new Signal();
    in.skipString(); // signal_id
    in.skipString(); // event_id
    s.userId = in.readString(null);
    skipOptionalString(in); // session_id
    s.occurredAt = in.readLong();
    in.readLong(); // received_at
    in.skipString(); // source
    s.stage = in.readEnum();
    s.feature = in.readString(null);
    in.skipString(); // tool
    s.team = in.readString(null);
    in.skipString(); // role
    in.skipString(); // org
    if (in.readIndex() == 1) in.readLong(); // joined_at
    skipOptionalString(in); // release
    s.originOffset = in.readLong();
    in.readInt(); // ordinal
    s.watermark = in.readLong();
    Utf8 name = null;
    Utf8 value = null;
    for (long left = in.readMapStart(); left > 0; left = in.mapNext()) {
      for (long i = 0; i < left; i++) {
        name = in.readString(name);
        value = in.readString(value);
        if (name.equals(TIMER)) s.timer = value.equals(TRUE);
        else if (name.equals(LATE)) s.late = value.equals(TRUE);
      }
    }
    return s;
  }

  private static void skipOptionalString(BinaryDecoder in) throws IOException {
    if (in.readIndex() == 1) in.skipString();
  }

  @Override
  public long extract(ConsumerRecord<Object, Object> record, long partitionTime) {
    return record.value() instanceof Signal s ? s.watermark : Long.parseLong(new String(record.headers().lastHeader("watermark").value(), StandardCharsets.US_ASCII));
  }
}
