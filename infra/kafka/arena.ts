/**
 * Memory for batches, taken piece by piece and given back as a whole: a batch is of no more use once the brokers have it. Fresh memory for each would be garbage
 * outside of V8's heap, which makes it collect all of the heap (kafkajsMends.ts).
 */
export interface Arena {
  readonly take: (bytes: number) => Buffer;
  /** All that was taken may be written again. */
  readonly reset: () => void;
}

const FIRST_BYTES = 256 * 1024;

export function createArena(): Arena {
  let block = Buffer.allocUnsafeSlow(FIRST_BYTES);
  let used = 0;
  /** Taken since the last reset, also what the block had no room for: the next block has. */
  let wanted = 0;
  return {
    take: (bytes) => {
      wanted += bytes;
      if (used + bytes > block.length) return Buffer.allocUnsafe(bytes);
      used += bytes;
      return block.subarray(used - bytes, used);
    },
    reset: () => {
      if (wanted > block.length) block = Buffer.allocUnsafeSlow(wanted);
      used = 0;
      wanted = 0;
    },
  };
}
