/**
 * Memory for very many small things that live about as long as each other: cut from large pieces, since a buffer of its own, or a view of one, costs more than a day of a user
 * has bytes. Pieces have numbers, so that where a thing lies can be said without an object. A piece is let go of once nothing of it is in use: days that were made together leave
 * the state together.
 */

/** Ours: small beside what a process has, large beside a day. */
const SLAB_BYTES = 256 * 1024;
const NOTHING = Buffer.alloc(0);

export class Slab {
  /** By number. */
  readonly pieces: Buffer[] = [NOTHING];
  /** Of each piece, how many of its cuts are in use. */
  private readonly inUse: number[] = [0];
  /** Numbers whose pieces have been let go of. */
  private readonly unused: number[] = [];
  private used = 0;
  /** The number of the piece that the last `cut` is in. */
  piece = 0;

  /** Gives where in the piece the next `size` bytes begin, with anything in them. */
  cut(size: number): number {
    if (this.used + size > (this.pieces[this.piece]?.length ?? 0)) this.begin(Math.max(SLAB_BYTES, size));
    const at = this.used;
    this.used += size;
    this.inUse[this.piece] = (this.inUse[this.piece] ?? 0) + 1;
    return at;
  }

  /** Of a cut of the piece that is needed no more. */
  release(piece: number): void {
    const left = (this.inUse[piece] ?? 0) - 1;
    this.inUse[piece] = left;
    if (left === 0 && piece !== this.piece) this.letGo(piece);
  }

  private begin(size: number): void {
    const last = this.piece;
    this.piece = this.unused.pop() ?? this.pieces.length;
    this.pieces[this.piece] = Buffer.allocUnsafeSlow(size);
    this.inUse[this.piece] = 0;
    this.used = 0;
    if (this.inUse[last] === 0) this.letGo(last);
  }

  private letGo(piece: number): void {
    this.pieces[piece] = NOTHING;
    this.unused.push(piece);
  }
}
