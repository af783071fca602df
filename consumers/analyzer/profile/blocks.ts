/**
 * Blocks of whole numbers, cut from large pages: what is kept of very many users, without an object for each. The collector neither looks at them nor copies them, and what is
 * asked for together lies together. A block is known by a number.
 */

const PAGE_BITS = 16;
const PAGE_INTS = 1 << PAGE_BITS;
const IN_PAGE = PAGE_INTS - 1;

export class Blocks {
  private readonly pages: Int32Array[] = [];
  /** By size: blocks that were given back. */
  private readonly free = new Map<number, number[]>();
  private used = PAGE_INTS;

  /** A block with anything in it. No more than a page. */
  take(size: number): number {
    const again = this.free.get(size)?.pop();
    if (again !== undefined) return again;
    if (this.used + size > PAGE_INTS) {
      this.pages.push(new Int32Array(PAGE_INTS));
      this.used = 0;
    }
    const block = ((this.pages.length - 1) << PAGE_BITS) | this.used;
    this.used += size;
    return block;
  }

  give(block: number, size: number): void {
    const free = this.free.get(size);
    if (free === undefined) this.free.set(size, [block]);
    else free.push(block);
  }

  pageOf(block: number): Int32Array {
    return this.pages[block >>> PAGE_BITS] as Int32Array;
  }

  /** Where in its page it begins. */
  offsetOf(block: number): number {
    return block & IN_PAGE;
  }
}
