/**
 * Durations in steps of one per cent (semantics 5): counts per step are small, add up over partitions, and give every implementation the
 * same medians. b0 = 0, b1 = 1, b(n+1) = max(b(n) + 1, floor(b(n) * 101 / 100)).
 */

/** Every boundary that a number can hold exactly, ascending. In BigInt, since b * 101 leaves the exact integers long before b does. */
const BOUNDARIES: readonly number[] = ((): number[] => {
  const boundaries = [0];
  let boundary = 1n;
  while (boundary <= BigInt(Number.MAX_SAFE_INTEGER)) {
    boundaries.push(Number(boundary));
    const grown = (boundary * 101n) / 100n;
    boundary = grown > boundary ? grown : boundary + 1n;
  }
  return boundaries;
})();

/** The step of a duration that never ended: above every other, so that it sorts last. */
export const INFINITE_STEP = BOUNDARIES.length;

/** The step (index of the largest boundary <= it) of a duration in ms; negative ones count as 0. */
export function stepOf(durationMs: number): number {
  let low = 0;
  let high = BOUNDARIES.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((BOUNDARIES[middle] ?? 0) <= durationMs) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The boundary of a step in ms; Infinity for INFINITE_STEP. */
export const boundaryOf = (step: number): number => BOUNDARIES[step] ?? Infinity;

/** A duration becomes the largest boundary <= it. */
export const quantise = (durationMs: number): number => boundaryOf(stepOf(durationMs));
