package chokepoint.peer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.util.Utf8;

/** What one user adds to the counts of a feature (consumers/analyzer/profile/contributions.ts). `errors`: whether the user keeps meeting each. */
record Contribution(boolean worked, boolean used, boolean attempted, boolean stuck, int median, Map<Utf8, Boolean> errors) {
  private static final int MIN_ATTEMPTS = 3, MEETING_DAYS = 3;

  /** Null where there is no signal in the window. */
  static Contribution of(ArrayList<Bucket> buckets, long first, long last) {
    int seenDays = 0, actions = 0, times = 0, completed = 0, stuckEnds = 0, steps = 0;
    HashMap<Utf8, int[]> errorDays = null;
    for (Bucket b : buckets) {
      if (b.day < first || b.day > last) continue;
      seenDays++;
      actions += b.actions;
      times += b.times;
      completed += b.completed;
      stuckEnds += b.failed + b.abandoned;
      steps += b.durations.length / 2;
      for (Utf8 fingerprint : b.fingerprints) {
        if (errorDays == null) errorDays = new HashMap<>();
        errorDays.computeIfAbsent(fingerprint, f -> new int[1])[0]++;
      }
    }
    if (seenDays == 0) return null;
    int ended = completed + stuckEnds;
    boolean attempted = ended >= MIN_ATTEMPTS;
    return new Contribution(actions + times > 0, actions > 0, attempted, attempted && stuckEnds * 2 > ended, median(buckets, first, last, steps), errorDays == null ? Map.of() : kept(errorDays, seenDays));
  }

  private static Map<Utf8, Boolean> kept(HashMap<Utf8, int[]> errorDays, int seenDays) {
    HashMap<Utf8, Boolean> errors = new HashMap<>();
    errorDays.forEach((fingerprint, days) -> errors.put(fingerprint, days[0] * MEETING_DAYS > seenDays));
    return errors;
  }

  /** The lower median's step; -1 where there is none. */
  private static int median(ArrayList<Bucket> buckets, long first, long last, int steps) {
    if (steps == 0) return -1;
    long[] pairs = new long[steps];
    int n = 0;
    long total = 0;
    for (Bucket b : buckets) {
      if (b.day < first || b.day > last) continue;
      for (int i = 0; i < b.durations.length; i += 2) {
        pairs[n++] = ((long) b.durations[i] << 32) | b.durations[i + 1];
        total += b.durations[i + 1];
      }
    }
    Arrays.sort(pairs);
    long left = (total + 1) / 2;
    for (long pair : pairs) {
      left -= (int) pair;
      if (left <= 0) return (int) (pair >>> 32);
    }
    return -1;
  }
}
