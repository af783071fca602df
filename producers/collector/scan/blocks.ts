/**
 * Memory that requests write their records into, one after the other. Fresh memory for each would be garbage outside of V8's heap, of which 64 MiB make a
 * collection of the whole heap (infra/kafka/kafkajsMends.ts).
 */
export const BLOCK_BYTES = 64 * 1024;

export interface Blocks {
  /** Of `BLOCK_BYTES`, with anything in it. */
  readonly take: () => Buffer;
  /** Those that nobody reads any more. Blocks that are never given back are garbage like any other. */
  readonly give: (blocks: readonly Buffer[]) => void;
}

/** `most`: that are kept for later. */
export function createBlocks(most: number): Blocks {
  const free: Buffer[] = [];
  return {
    take: () => free.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES),
    give: (blocks) => {
      for (const block of blocks) if (free.length < most) free.push(block);
    },
  };
}
