/**
 * Memory for very many small things that live about as long as each other: cut from large pieces, since a buffer of its own, or a view of one, costs more than a day of a user
 * has bytes. A piece is free again once nothing of it is in use: days that were made together leave the state together.
 */

/** Ours: small beside what a process has, large beside a day. */
const SLAB_BYTES = 256 * 1024;

export interface Slab {
  /** The piece that the last `cut` is in. */
  readonly bytes: Buffer;
  /** Gives where in `bytes` the next `size` of them begin, with anything in them. */
  cut(size: number): number;
}

export function createSlab(): Slab {
  let used = 0;
  const slab = {
    bytes: Buffer.alloc(0),
    cut: (size: number): number => {
      if (used + size > slab.bytes.length) {
        slab.bytes = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, size));
        used = 0;
      }
      const at = used;
      used += size;
      return at;
    },
  };
  return slab;
}
