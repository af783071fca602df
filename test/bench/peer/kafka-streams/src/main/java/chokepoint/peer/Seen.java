package chokepoint.peer;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.TreeMap;
import org.apache.avro.util.Utf8;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * Which (user_id, event_id) have been taken, as long as they may come again: a store with changelog. Which keys an hour holds is known on the heap,
 * so that forgetting it needs no scan. (A window store forgets by itself, but it cannot be asked without the window: a duplicate may claim another time.)
 */
final class Seen {
  private static final long BUCKET_MS = 3_600_000;

  private final KeyValueStore<Bytes, byte[]> store;
  private final TreeMap<Long, ArrayList<Bytes>> hours = new TreeMap<>();
  private long lastHour = Long.MIN_VALUE;
  private ArrayList<Bytes> last;
  private long first = Long.MIN_VALUE;

  Seen(KeyValueStore<Bytes, byte[]> store) {
    this.store = store;
    try (KeyValueIterator<Bytes, byte[]> all = store.all()) {
      while (all.hasNext()) {
        KeyValue<Bytes, byte[]> entry = all.next();
        index(entry.key, ByteBuffer.wrap(entry.value).getLong());
      }
    }
  }

  /** The event's id first: ids are made of time, so what is new comes last in a sorted store, where the caches are warm. A hash was slower. */
  static Bytes key(Utf8 userId, Utf8 eventId) {
    return Tasks.key(eventId, userId);
  }

  boolean has(Bytes key) {
    return store.get(key) != null;
  }

  void add(Bytes key, long at) {
    store.put(key, ByteBuffer.allocate(8).putLong(at).array());
    index(key, at);
  }

  void forgetBefore(long at) {
    long before = Math.floorDiv(at, BUCKET_MS);
    if (before <= first) return;
    first = before;
    while (!hours.isEmpty() && hours.firstKey() < before) {
      for (Bytes key : hours.pollFirstEntry().getValue()) store.delete(key);
      lastHour = Long.MIN_VALUE;
    }
  }

  private void index(Bytes key, long at) {
    long hour = Math.floorDiv(at, BUCKET_MS);
    if (hour != lastHour) {
      last = hours.computeIfAbsent(hour, h -> new ArrayList<>());
      lastHour = hour;
    }
    last.add(key);
  }
}
