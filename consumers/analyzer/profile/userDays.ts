/**
 * The days of all users of a partition, and the sums of their windows: each user has one block of numbers, a head and then a row per day (userDay.ts), ascending. What a signal and
 * a tick touch of a user lies in a few lines of the cache, and a user's day is nothing that the collector would copy. Asked by `of(user)`, after which the table is that user's days:
 * it, its days and its sums are good until the next `of`.
 */
import type { Slice } from '../../../infra/ports.ts';
import type { DayRange } from '../time.ts';
import { Blocks } from './blocks.ts';
import type { Days } from './buckets.ts';
import type { CellRef } from './cells.ts';
import { STAGE_INTS, StageSumsView } from './stageSums.ts';
import { Slab } from './slab.ts';
import { DAY, ROW_INTS, UserDay } from './userDay.ts';
import type { RefTable } from './userDay.ts';

/** The head: how many days there are, and rows; whether the sums have been made; the sums. */
const COUNT = 0;
const ROOM = 1;
const SUMMED = 2;
const SUMS = 4;
const HEAD_INTS = SUMS + STAGE_INTS;
/** Ours: as many days as a typical user has; a smaller block is moved once more. */
const FIRST_ROOM = 8;

export const NO_BLOCK = -1;

export interface DayOwner {
  /** Of the table; NO_BLOCK: nothing is known of the user's days. */
  block: number;
}

export class UserDays implements Days<CellRef> {
  private readonly blocks = new Blocks();
  private readonly slab = new Slab();
  private readonly shown: UserDay;
  private readonly sums = new StageSumsView();
  private owner: DayOwner = { block: NO_BLOCK };
  private rows: Int32Array = new Int32Array(HEAD_INTS);
  /** Where the owner's block begins. */
  private head = 0;
  length = 0;

  constructor(refs: RefTable) {
    this.shown = new UserDay(refs, this.slab);
  }

  of(owner: DayOwner): this {
    this.owner = owner;
    if (owner.block === NO_BLOCK) this.length = 0;
    else this.open(owner.block);
    return this;
  }

  private open(block: number): void {
    this.rows = this.blocks.pageOf(block);
    this.head = this.blocks.offsetOf(block);
    this.length = this.rows[this.head + COUNT] as number;
  }

  private rowAt(index: number): number {
    return this.head + HEAD_INTS + index * ROW_INTS;
  }

  at(index: number): UserDay {
    return this.shown.moveTo(this.rows, this.rowAt(index));
  }

  featuresIn({ first, last }: DayRange): Set<CellRef> {
    const features = new Set<CellRef>();
    for (let index = 0; index < this.length; index++) {
      const day = this.at(index);
      if (day.day >= first && day.day <= last) for (const ref of day.features) features.add(ref);
    }
    return features;
  }

  /** How many are before a day. The last is looked at first. */
  private indexOf(day: number): number {
    const { rows, head } = this;
    let index = this.length;
    for (let row = head + HEAD_INTS + (index - 1) * ROW_INTS; index > 0 && (rows[row + DAY] as number) >= day; row -= ROW_INTS) index -= 1;
    return index;
  }

  find(day: number): UserDay | undefined {
    const index = this.indexOf(day);
    return index < this.length && this.at(index).day === day ? this.shown : undefined;
  }

  /** A day that is not there yet, without buckets or as the record has it. */
  add(day: number, record?: Slice): UserDay {
    const index = this.indexOf(day);
    this.makeRoom();
    const row = this.rowAt(index);
    // Nearly always the last.
    if (index < this.length) this.rows.copyWithin(row + ROW_INTS, row, this.rowAt(this.length));
    this.length += 1;
    this.rows[this.head + COUNT] = this.length;
    const added = this.at(index);
    added.begin(day, record);
    return added;
  }

  /** A day as the record has it, whether it is there or not. */
  put(day: number, record: Slice): void {
    const known = this.find(day);
    if (known === undefined) {
      this.add(day, record);
      return;
    }
    known.leave();
    known.begin(day, record);
  }

  /** Gives whether it was there. */
  remove(day: number): boolean {
    const index = this.indexOf(day);
    if (index === this.length || this.at(index).day !== day) return false;
    this.shown.leave();
    this.rows.copyWithin(this.rowAt(index), this.rowAt(index + 1), this.rowAt(this.length));
    this.length -= 1;
    this.rows[this.head + COUNT] = this.length;
    return true;
  }

  /** Forgets all there is of the owner. */
  clear(): void {
    if (this.owner.block === NO_BLOCK) return;
    for (let index = 0; index < this.length; index++) this.at(index).leave();
    this.blocks.give(this.owner.block, HEAD_INTS + (this.rows[this.head + ROOM] as number) * ROW_INTS);
    this.owner.block = NO_BLOCK;
    this.length = 0;
  }

  /** For one more day. */
  private makeRoom(): void {
    const { owner, rows, head } = this;
    if (owner.block === NO_BLOCK) {
      this.begin();
      return;
    }
    const room = rows[head + ROOM] as number;
    if (this.length < room) return;
    const old = owner.block;
    this.take(room * 2);
    // By hand: a view of the old rows costs more than copying them.
    for (let at = HEAD_INTS + room * ROW_INTS - 1; at >= 0; at--) this.rows[this.head + at] = rows[head + at] as number;
    this.rows[this.head + ROOM] = room * 2;
    this.blocks.give(old, HEAD_INTS + room * ROW_INTS);
  }

  private begin(): void {
    this.take(FIRST_ROOM);
    this.length = 0;
    this.rows.fill(0, this.head, this.head + HEAD_INTS);
    this.rows[this.head + ROOM] = FIRST_ROOM;
  }

  /** A block for so many rows, with anything in it. */
  private take(room: number): void {
    const block = this.blocks.take(HEAD_INTS + room * ROW_INTS);
    this.owner.block = block;
    this.rows = this.blocks.pageOf(block);
    this.head = this.blocks.offsetOf(block);
  }

  /** Whether the sums of the owner's window have been made. */
  get isSummed(): boolean {
    return this.owner.block !== NO_BLOCK && this.rows[this.head + SUMMED] === 1;
  }

  /** The sums of the owner's window: zeros until they have been made. */
  get window(): StageSumsView {
    if (this.owner.block === NO_BLOCK) this.begin();
    return this.sums.moveTo(this.rows, this.head + SUMS);
  }

  noteSummed(): void {
    this.rows[this.head + SUMMED] = 1;
  }
}
