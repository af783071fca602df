/**
 * Bounds the memory of requests under way: each reserves what its body may take until it is answered. Small requests may come in thousands,
 * large ones a few at a time.
 */
export interface Admission {
  /** Gives the function that ends the reservation, or null where there is no room now. Calling it again does nothing. */
  reserve(bytes: number): (() => void) | null;
}

export function createAdmission(capacityBytes: number): Admission {
  let reserved = 0;
  return {
    reserve: (bytes) => {
      // One request is always let in, whatever the limits are set to.
      if (reserved > 0 && reserved + bytes > capacityBytes) return null;
      reserved += bytes;
      let held = true;
      return () => {
        if (held) reserved -= bytes;
        held = false;
      };
    },
  };
}
