/** Adjusted Rand index (Hubert and Arabie, 1985): how far two partitions of the same items agree, 0 for chance and 1 for the same. */
const pairsOf = (count: number): number => (count * (count - 1)) / 2;

/** NaN for fewer than two items. `a` and `b` name each item's class, in the same order. */
export function adjustedRandIndex(a: readonly string[], b: readonly string[]): number {
  const tally = (names: readonly string[]): number => [...Map.groupBy(names, (name) => name).values()].reduce((sum, { length }) => sum + pairsOf(length), 0);
  const both = tally(a.map((name, i) => `${name}/${String(b[i])}`));
  const [first, second] = [tally(a), tally(b)];
  const expected = (first * second) / pairsOf(a.length);
  const most = (first + second) / 2;
  return most === expected ? (a.length < 2 ? NaN : 1) : (both - expected) / (most - expected);
}
