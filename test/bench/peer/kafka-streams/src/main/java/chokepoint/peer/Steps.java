package chokepoint.peer;

import java.util.Arrays;

/** Durations in steps of one per cent (consumers/analyzer/quantise.ts). */
final class Steps {
  private static final long MAX_SAFE_INTEGER = (1L << 53) - 1;
  private static final long[] BOUNDARIES = boundaries();
  /** Of a duration that never ended. */
  static final int INFINITE = BOUNDARIES.length;

  private Steps() {}

  private static long[] boundaries() {
    long[] all = new long[8192];
    int n = 1;
    for (long boundary = 1; boundary <= MAX_SAFE_INTEGER; boundary = Math.max(boundary + 1, boundary * 101 / 100)) all[n++] = boundary;
    return Arrays.copyOf(all, n);
  }

  /** Of the largest boundary that is not above the duration. */
  static int of(long durationMs) {
    int found = Arrays.binarySearch(BOUNDARIES, Math.max(0, durationMs));
    return found >= 0 ? found : -found - 2;
  }

  /** In ms; -1 for infinite. */
  static long boundary(int step) {
    return step == INFINITE ? -1 : BOUNDARIES[step];
  }
}
