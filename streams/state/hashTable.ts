/** A set of 128-bit hashes in one array: 16 bytes a place, nothing for the garbage collector. Open addressing, linear probing. */

/** Words of a hash. */
export const WORDS = 4;

export interface HashTable {
  /** `words[at .. at + 3]` is the hash; all zero is not one. */
  has(words: Uint32Array, at: number): boolean;
  /** The hash must not be there yet. */
  add(words: Uint32Array, at: number): void;
  /** The hash must be there. */
  delete(words: Uint32Array, at: number): void;
  size(): number;
}

const FIRST_PLACES = 1_024;

export function createHashTable(): HashTable {
  let places = FIRST_PLACES;
  let table = new Uint32Array(places * WORDS);
  let size = 0;

  const isFree = (place: number): boolean => table[place * WORDS] === 0 && table[place * WORDS + 1] === 0 && table[place * WORDS + 2] === 0 && table[place * WORDS + 3] === 0;

  /** Where the hash is, or the free place where it would be. */
  const find = (words: Uint32Array, at: number): number => {
    const mask = places - 1;
    const a = words[at] as number;
    const b = words[at + 1] as number;
    const c = words[at + 2] as number;
    const d = words[at + 3] as number;
    for (let place = a & mask; ; place = (place + 1) & mask) {
      const from = place * WORDS;
      if (table[from] === a && table[from + 1] === b && table[from + 2] === c && table[from + 3] === d) return place;
      if (isFree(place)) return place;
    }
  };
  const put = (words: Uint32Array, at: number): void => {
    const to = find(words, at) * WORDS;
    for (let i = 0; i < WORDS; i++) table[to + i] = words[at + i] ?? 0;
  };
  const resize = (wanted: number): void => {
    const old = table;
    places = wanted;
    table = new Uint32Array(places * WORDS);
    for (let at = 0; at < old.length; at += WORDS) {
      if (((old[at] ?? 0) | (old[at + 1] ?? 0) | (old[at + 2] ?? 0) | (old[at + 3] ?? 0)) !== 0) put(old, at);
    }
  };

  return {
    has: (words, at) => !isFree(find(words, at)),
    add: (words, at) => {
      // At most half full: probes stay short.
      if (size * 2 >= places) resize(places * 2);
      put(words, at);
      size += 1;
    },
    delete: (words, at) => {
      const mask = places - 1;
      let hole = find(words, at);
      // What follows without a gap and may stand in the hole moves there, so that no search ends too early.
      for (let next = (hole + 1) & mask; !isFree(next); next = (next + 1) & mask) {
        const home = (table[next * WORDS] ?? 0) & mask;
        if (((next - home) & mask) < ((next - hole) & mask)) continue;
        table.copyWithin(hole * WORDS, next * WORDS, (next + 1) * WORDS);
        hole = next;
      }
      table.fill(0, hole * WORDS, (hole + 1) * WORDS);
      size -= 1;
      if (places > FIRST_PLACES && size * 16 < places) resize(Math.max(FIRST_PLACES, places / 4));
    },
    size: () => size,
  };
}
