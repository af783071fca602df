/**
 * Bytes that outlive a step, in slots of blocks that are used again. A Buffer of its own for each costs a microsecond, and its memory lies outside of V8's heap, which
 * makes it collect all of the heap; a part of a larger Buffer would keep all that it was cut from.
 */
import type { Slice } from '../../infra/ports.ts';

/** Bytes in a slot of the store; nobody else writes there until it is given back. */
export interface Slot extends Slice {
  /** Of its size; -1 where the bytes have memory of their own. */
  readonly number: number;
}

export interface ByteStore {
  /** Copies them. */
  readonly put: (bytes: Slice) => Slot;
  readonly giveBack: (slot: Slot) => void;
}

/** Slots are multiples of this long: at most so much is left empty in each. */
const STEP_BYTES = 64;
/** Longer ones are rare, and have memory of their own. */
const MAX_SLOT_BYTES = 4_096;
const BLOCK_BYTES = 64 * 1024;

interface Size {
  readonly bytes: number;
  readonly perBlock: number;
  readonly blocks: Buffer[];
  readonly free: number[];
  /** Slots that have ever been taken. */
  used: number;
}

export function createByteStore(): ByteStore {
  const sizes: Size[] = Array.from({ length: MAX_SLOT_BYTES / STEP_BYTES }, (_, index) => {
    const bytes = (index + 1) * STEP_BYTES;
    return { bytes, perBlock: Math.floor(BLOCK_BYTES / bytes), blocks: [], free: [], used: 0 };
  });
  const sizeOf = (length: number): Size | undefined => sizes[Math.max(0, Math.ceil(length / STEP_BYTES) - 1)];

  return {
    put: ({ bytes, from, to }) => {
      const length = to - from;
      const size = sizeOf(length);
      if (size === undefined) {
        const own = Buffer.allocUnsafeSlow(length);
        bytes.copy(own, 0, from, to);
        return { bytes: own, from: 0, to: length, number: -1 };
      }
      const number = size.free.pop() ?? size.used++;
      const place = Math.floor(number / size.perBlock);
      const block = (size.blocks[place] ??= Buffer.allocUnsafeSlow(BLOCK_BYTES));
      const at = (number - place * size.perBlock) * size.bytes;
      bytes.copy(block, at, from, to);
      return { bytes: block, from: at, to: at + length, number };
    },
    giveBack: ({ number, from, to }) => {
      if (number >= 0) sizeOf(to - from)?.free.push(number);
    },
  };
}
