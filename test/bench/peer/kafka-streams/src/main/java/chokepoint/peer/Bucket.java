package chokepoint.peer;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.avro.util.Utf8;

/** What a user did with a feature on a day (consumers/analyzer/profile/buckets.ts): counts, and as bytes what the windowed store keeps of it. */
final class Bucket {
  private static final int FINGERPRINTS_KEPT = 64;
  private static final int COUNTS = 7;
  static final int[] NO_DURATIONS = {};
  static final Utf8[] NO_FINGERPRINTS = {};

  final long day;
  int actions, own, times, completed, failed, abandoned, errors;
  boolean active;
  Utf8[] fingerprints = NO_FINGERPRINTS;
  /** step, count, step, count … ascending by step. */
  int[] durations = NO_DURATIONS;

  Bucket(long day) {
    this.day = day;
  }

  /** `others`: the buckets of the same user and feature, this one included. */
  void count(Signal s, Iterable<Bucket> others) {
    switch (s.kind) {
      case Signal.ACTION -> {
        actions++;
        if (!s.timer) own++;
        if (s.outcome == Signal.COMPLETED) completed++;
        else if (s.outcome == Signal.FAILED) failed++;
        else if (s.outcome == Signal.ABANDONED) abandoned++;
        if (!s.timer) active = true;
      }
      case Signal.TIME -> {
        times++;
        if (s.measure == Signal.COMPLETION) addStep(s.censored ? Steps.INFINITE : Steps.of(s.durationMs));
        if (!s.timer) active = true;
      }
      default -> {
        if (s.cause == Signal.DEPENDENCY) return;
        errors++;
        if (!has(s.fingerprint) && keeps(s.fingerprint, others)) {
          fingerprints = Arrays.copyOf(fingerprints, fingerprints.length + 1);
          fingerprints[fingerprints.length - 1] = s.fingerprint;
        }
      }
    }
  }

  private boolean has(Utf8 fingerprint) {
    for (Utf8 known : fingerprints) if (known.equals(fingerprint)) return true;
    return false;
  }

  private static boolean keeps(Utf8 fingerprint, Iterable<Bucket> buckets) {
    var kept = new java.util.HashSet<Utf8>();
    for (Bucket bucket : buckets) kept.addAll(Arrays.asList(bucket.fingerprints));
    return kept.size() < FINGERPRINTS_KEPT || kept.contains(fingerprint);
  }

  private void addStep(int step) {
    int at = 0;
    while (at < durations.length && durations[at] < step) at += 2;
    if (at < durations.length && durations[at] == step) {
      durations[at + 1]++;
      return;
    }
    int[] more = new int[durations.length + 2];
    System.arraycopy(durations, 0, more, 0, at);
    more[at] = step;
    more[at + 1] = 1;
    System.arraycopy(durations, at, more, at + 2, durations.length - at);
    durations = more;
  }

  byte[] toBytes() {
    int size = 4 * COUNTS + 2 + 4 * durations.length;
    for (Utf8 fingerprint : fingerprints) size += 1 + fingerprint.getByteLength();
    ByteBuffer to = ByteBuffer.allocate(size);
    to.putInt(actions).putInt(own).putInt(times).putInt(completed).putInt(failed).putInt(abandoned).putInt(errors).put((byte) (active ? 1 : 0)).put((byte) fingerprints.length);
    for (Utf8 fingerprint : fingerprints) to.put((byte) fingerprint.getByteLength()).put(fingerprint.getBytes(), 0, fingerprint.getByteLength());
    for (int number : durations) to.putInt(number);
    return to.array();
  }

  static Bucket from(long day, byte[] bytes) {
    ByteBuffer from = ByteBuffer.wrap(bytes);
    Bucket b = new Bucket(day);
    b.actions = from.getInt();
    b.own = from.getInt();
    b.times = from.getInt();
    b.completed = from.getInt();
    b.failed = from.getInt();
    b.abandoned = from.getInt();
    b.errors = from.getInt();
    b.active = from.get() == 1;
    b.fingerprints = new Utf8[from.get()];
    for (int i = 0; i < b.fingerprints.length; i++) {
      byte[] text = new byte[from.get()];
      from.get(text);
      b.fingerprints[i] = new Utf8(text);
    }
    b.durations = new int[from.remaining() / 4];
    for (int i = 0; i < b.durations.length; i++) b.durations[i] = from.getInt();
    return b;
  }
}
