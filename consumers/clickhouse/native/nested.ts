/** Columns made of columns. */
import type { AvroReader } from '../../../schemas/avroReader.ts';
import { LongColumn } from './plain.ts';
import type { Column, Places } from './column.ts';
import type { WordColumn } from './words.ts';

/** Of these there is no value that is not from Avro. */
function notFromAvro(): never {
  throw new TypeError('only columns of numbers, texts and words take a value');
}

/** Nullable: which are null, and then all values. `optional`: Avro's union with null; without it NaN alone is null. */
export class NullableColumn implements Column {
  private readonly nulls: Column;
  private readonly values: Column;
  private readonly optional: boolean;

  constructor(nulls: Column, values: Column, optional: boolean) {
    this.nulls = nulls;
    this.values = values;
    this.optional = optional;
  }

  read(from: AvroReader): boolean {
    if (this.optional && !from.isPresent()) this.blank();
    else this.nulls.put(this.values.read(from) ? 0 : 1);
    return true;
  }

  blank(): void {
    this.nulls.put(1);
    this.values.blank();
  }

  put(): never {
    return notFromAvro();
  }

  last(): unknown {
    return this.nulls.last() === 1 ? null : this.values.last();
  }

  head(out: Buffer[]): void {
    this.values.head(out);
  }

  body(out: Buffer[]): void {
    this.nulls.body(out);
    this.values.body(out);
  }

  clear(): void {
    this.values.clear();
  }
}

/** Where Avro has a union with null and ClickHouse no null: the blank. */
export class OptionalColumn implements Column {
  private readonly values: Column;

  constructor(values: Column) {
    this.values = values;
  }

  read(from: AvroReader): boolean {
    if (from.isPresent()) return this.values.read(from);
    this.values.blank();
    return true;
  }

  blank(): void {
    this.values.blank();
  }

  put(): never {
    return notFromAvro();
  }

  last(): unknown {
    return this.values.last();
  }

  head(out: Buffer[]): void {
    this.values.head(out);
  }

  body(out: Buffer[]): void {
    this.values.body(out);
  }

  clear(): void {
    this.values.clear();
  }
}

/** Fields in the order of Avro's record, which is that of the tuple. */
export class TupleColumn implements Column {
  private readonly fields: readonly Column[];

  constructor(fields: readonly Column[]) {
    this.fields = fields;
  }

  read(from: AvroReader): boolean {
    for (const field of this.fields) field.read(from);
    return true;
  }

  blank(): void {
    for (const field of this.fields) field.blank();
  }

  put(): never {
    return notFromAvro();
  }

  last(): unknown {
    return this.fields.map((field) => field.last());
  }

  head(out: Buffer[]): void {
    for (const field of this.fields) field.head(out);
  }

  body(out: Buffer[]): void {
    for (const field of this.fields) field.body(out);
  }

  clear(): void {
    for (const field of this.fields) field.clear();
  }
}

/** Array and Map: where each ends among all items, and then the items. */
export class ArrayColumn implements Column {
  private readonly ends: LongColumn;
  private readonly now: Int32Array;
  private readonly place: number;
  private readonly items: Column;

  constructor(places: Places, items: Column) {
    this.ends = new LongColumn(places);
    this.now = places.now;
    this.place = places.claim();
    this.items = items;
  }

  /** Our encoder writes one block of items, and then the end. */
  read(from: AvroReader): boolean {
    const count = from.count();
    // Each takes a byte or more: no count is believed that the bytes cannot hold.
    if (count > from.to - from.at) from.fail();
    const before = this.now[this.place] as number;
    for (let i = 0; i < count && from.ok; i++) this.items.read(from);
    if (count > 0 && from.count() !== 0) from.fail();
    this.now[this.place] = before + count;
    this.ends.put(before + count);
    return true;
  }

  blank(): void {
    this.ends.put(this.now[this.place] as number);
  }

  put(): never {
    return notFromAvro();
  }

  last(): never {
    throw new TypeError('nobody asks for the last of arrays');
  }

  head(out: Buffer[]): void {
    this.items.head(out);
  }

  body(out: Buffer[]): void {
    this.ends.body(out);
    this.items.body(out);
  }

  clear(): void {
    this.items.clear();
  }
}

/** An array of names and values. A name that comes twice is left to the codec, for which the last value counts. */
export class MapColumn extends ArrayColumn {
  private readonly names: WordColumn;

  constructor(places: Places, names: WordColumn, values: Column) {
    super(places, new TupleColumn([names, values]));
    this.names = names;
  }

  override read(from: AvroReader): boolean {
    const before = this.names.rows();
    super.read(from);
    if (from.ok && this.hasTwice(before, this.names.rows())) from.fail();
    return true;
  }

  private hasTwice(from: number, to: number): boolean {
    if (to - from > MANY) return new Set(Array.from({ length: to - from }, (_, index) => this.names.numberAt(from + index))).size < to - from;
    for (let i = from + 1; i < to; i++) {
      const number = this.names.numberAt(i);
      for (let j = from; j < i; j++) if (this.names.numberAt(j) === number) return true;
    }
    return false;
  }
}

/** Beyond, comparing each with each costs more than a set. */
const MANY = 32;
