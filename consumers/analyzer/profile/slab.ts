/**
 * Memory for very many small things that live about as long as each other: cut from large pieces, since a buffer of its own costs more than a day of a user has
 * bytes. A piece is free again once nothing of it is in use: days that were made together leave the state together.
 */

/** Ours: small beside what a process has, large beside a day. */
const SLAB_BYTES = 256 * 1024;

/** Gives `size` bytes, with anything in them. */
export type Allocate = (size: number) => Uint8Array;

export function createSlab(): Allocate {
  let slab = new ArrayBuffer(0);
  let used = 0;
  return (size) => {
    if (used + size > slab.byteLength) {
      slab = new ArrayBuffer(Math.max(SLAB_BYTES, size));
      used = 0;
    }
    const bytes = new Uint8Array(slab, used, size);
    used += size;
    return bytes;
  };
}
