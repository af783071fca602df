package chokepoint.peer;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.PriorityQueue;
import org.apache.avro.util.Utf8;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * Running tasks with their timers, and abandoned ones, so that a late finish is known: a store with changelog, the timers' order on the heap.
 * A value: status, deadline (or when it fired), start, expected_ms, and for a running task its start's signal.
 */
final class Tasks {
  static final byte OPEN = 0, ABANDONED = 1;
  static final int HEAD_BYTES = 25;
  private static final int MAX_PER_USER = 10_000;
  private static final long LATE_MEMORY_MS = 28L * 86_400_000;

  /** An abandoned task has one too, in the order in which they were abandoned. */
  record Timer(long at, Utf8 eventId, Utf8 userId, Bytes key) {}

  private static final Comparator<Timer> ORDER = (a, b) -> {
    if (a.at != b.at) return a.at < b.at ? -1 : 1;
    int events = a.eventId.compareTo(b.eventId);
    return events != 0 ? events : a.key.compareTo(b.key);
  };
  private static final Utf8 NO_EVENT = new Utf8("");

  private final KeyValueStore<Bytes, byte[]> store;
  private final PriorityQueue<Timer> timers = new PriorityQueue<>(ORDER);
  private final HashMap<Bytes, Timer> live = new HashMap<>();
  private final HashMap<Utf8, int[]> perUser = new HashMap<>();
  private final ArrayDeque<Timer> abandoned = new ArrayDeque<>();

  Tasks(KeyValueStore<Bytes, byte[]> store, Codec codec) {
    this.store = store;
    PriorityQueue<Timer> fired = new PriorityQueue<>(ORDER);
    try (KeyValueIterator<Bytes, byte[]> all = store.all()) {
      while (all.hasNext()) {
        KeyValue<Bytes, byte[]> entry = all.next();
        byte[] value = entry.value;
        boolean open = value[0] == OPEN;
        Timer timer = new Timer(first(value), open ? codec.start(value, HEAD_BYTES).eventId : NO_EVENT, userOf(entry.key), entry.key);
        live.put(entry.key, timer);
        (open ? timers : fired).add(timer);
        count(timer.userId, 1);
      }
    }
    while (!fired.isEmpty()) abandoned.add(fired.poll());
  }

  /** NUL between them: ids with control characters are not taken. */
  static Bytes key(Utf8 first, Utf8 second) {
    int length = first.getByteLength();
    byte[] key = new byte[length + 1 + second.getByteLength()];
    System.arraycopy(first.getBytes(), 0, key, 0, length);
    System.arraycopy(second.getBytes(), 0, key, length + 1, second.getByteLength());
    return Bytes.wrap(key);
  }

  /** Null where it is not known. */
  byte[] get(Bytes key) {
    return store.get(key);
  }

  static long first(byte[] value) {
    return ByteBuffer.wrap(value).getLong(1);
  }

  static long startedAt(byte[] value) {
    return ByteBuffer.wrap(value).getLong(9);
  }

  static long expectedMs(byte[] value) {
    return ByteBuffer.wrap(value).getLong(17);
  }

  void open(Bytes key, Utf8 userId, Utf8 eventId, long deadline, long startedAt, long expectedMs, byte[] start) {
    boolean known = live.containsKey(key);
    if (!known && count(userId, 0) >= MAX_PER_USER) return;
    if (!known) count(userId, 1);
    store.put(key, ByteBuffer.allocate(HEAD_BYTES + start.length).put(OPEN).putLong(deadline).putLong(startedAt).putLong(expectedMs).put(start).array());
    Timer timer = new Timer(deadline, eventId, userId, key);
    live.put(key, timer);
    timers.add(timer);
  }

  void close(Bytes key) {
    store.delete(key);
    count(live.remove(key).userId, -1);
  }

  /** The first whose deadline the watermark would be past, or null. */
  Timer due(long watermark) {
    for (Timer timer = timers.peek(); timer != null && timer.at < watermark; timer = timers.peek()) {
      timers.poll();
      if (live.get(timer.key) == timer) return timer;
    }
    return null;
  }

  void abandon(Timer due, long startedAt, long firedAt) {
    Bytes key = due.key;
    store.put(key, ByteBuffer.allocate(HEAD_BYTES).put(ABANDONED).putLong(firedAt).putLong(startedAt).putLong(Event.NONE).array());
    Timer timer = new Timer(firedAt, NO_EVENT, due.userId, key);
    live.put(key, timer);
    abandoned.add(timer);
  }

  void forget(long watermark) {
    for (Timer timer = abandoned.peek(); timer != null && timer.at < watermark - LATE_MEMORY_MS; timer = abandoned.peek()) {
      abandoned.poll();
      if (live.get(timer.key) == timer) close(timer.key);
    }
  }

  private int count(Utf8 userId, int more) {
    int[] count = perUser.computeIfAbsent(userId, u -> new int[1]);
    count[0] += more;
    if (count[0] == 0) perUser.remove(userId);
    return count[0];
  }

  private static Utf8 userOf(Bytes key) {
    byte[] bytes = key.get();
    int end = 0;
    while (bytes[end] != 0) end++;
    return new Utf8(Arrays.copyOf(bytes, end));
  }
}
