package chokepoint.peer;

import java.io.IOException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.apache.avro.util.Utf8;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/** Users and features as the global stores have them, decoded once and not for every event. Shared by all threads. */
final class Catalog {
  record User(Utf8 team, Utf8 role, Utf8 org, long joinedAt) {}

  record Feature(int stage, Utf8 tool, long expectedMs, long taskTimeoutMs) {}

  private static final Utf8 UNKNOWN = new Utf8("unknown");
  private static final User UNKNOWN_USER = new User(UNKNOWN, UNKNOWN, UNKNOWN, Event.NONE);

  private final ConcurrentHashMap<Utf8, User> users = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Utf8, Feature> features = new ConcurrentHashMap<>();

  User user(Utf8 id) {
    return users.getOrDefault(id, UNKNOWN_USER);
  }

  /** Null where the catalog does not have it. */
  Feature feature(Utf8 name) {
    return features.get(name);
  }

  /** Keeps a global store; at a start Streams passes what the topic has through it before any event is taken. */
  Processor<byte[], byte[], Void, Void> keeper(String store, Supplier<Codec> codecs) {
    return new Processor<>() {
      private KeyValueStore<Bytes, byte[]> kept;
      private final Codec codec = codecs.get();

      @Override
      public void init(ProcessorContext<Void, Void> context) {
        kept = context.getStateStore(store);
      }

      @Override
      public void process(Record<byte[], byte[]> record) {
        Utf8 key = new Utf8(record.key());
        byte[] value = record.value();
        kept.put(Bytes.wrap(record.key()), value);
        try {
          if (store.equals(Peer.USERS)) {
            if (value == null) users.remove(key);
            else users.put(key, codec.user(value));
          } else {
            if (value == null) features.remove(key);
            else features.put(key, codec.feature(value));
          }
        } catch (IOException | RuntimeException unreadable) {
          // One bad record must not hold up every event: the key keeps what it had.
        }
      }
    };
  }
}
