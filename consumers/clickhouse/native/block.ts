/** The rows of one insert, by column, in ClickHouse's format Native: https://clickhouse.com/docs/interfaces/formats/Native. Its memory is used again for the next. */
import { AvroReader } from '../../../schemas/avroReader.ts';
import type { Slice } from '../../../infra/ports.ts';
import { Places, writeLength, type Column } from './column.ts';
import { LongColumn } from './plain.ts';
import { columnOf, type AvroSchema, type Named } from './types.ts';

/** A column, and the field of the record that it is from; null: what is put there is not from Avro. */
export interface BlockColumn {
  readonly name: string;
  readonly type: string;
  readonly avro: AvroSchema | null;
}

const MOST_HEAD_BYTES = 20;

export class Block {
  rows = 0;
  readonly columns: readonly string[];
  private readonly places = new Places();
  private readonly reader = new AvroReader();
  private readonly all: readonly Column[];
  /** Of the record's fields, in their order. */
  private readonly fields: readonly Column[];
  private readonly byName: ReadonlyMap<string, Column>;
  /** Name and type, as they stand before each column. */
  private readonly titles: readonly Buffer[];

  /** Those from Avro in the order of the record's fields, and all of them. */
  constructor(columns: readonly BlockColumn[]) {
    const named: Named = new Map();
    this.all = columns.map(({ type, avro }) => columnOf(type, avro, named, this.places));
    this.columns = columns.map(({ name }) => name);
    this.fields = this.all.filter((_, index) => columns[index]?.avro !== null);
    this.byName = new Map(this.all.map((column, index) => [this.columns[index] ?? '', column]));
    this.titles = columns.map(({ name, type }) => Buffer.concat([text(name), text(type)]));
  }

  /** A row begins: `back` returns to here. */
  begin(): void {
    this.places.mark();
  }

  back(): void {
    this.places.back();
  }

  /** The fields of a record's body. False where it is not what our own encoder would have written: then `back` is due. */
  read({ bytes, from, to }: Slice): boolean {
    const { reader } = this;
    reader.begin(bytes, from, to);
    for (const field of this.fields) field.read(reader);
    return reader.ok && reader.at === to;
  }

  /** The fields of a record that has none: the columns' defaults, but for the one that is known. */
  blank(known: string, value: Buffer): void {
    const column = this.byName.get(known);
    for (const field of this.fields) if (field === column) field.put(value); else field.blank();
  }

  put(column: string, value: number | Buffer): void {
    this.columnOf(column).put(value);
  }

  end(): void {
    this.rows += 1;
  }

  /** Of the row that is being written, as the codec would give it. */
  last(column: string): unknown {
    return this.columnOf(column).last();
  }

  /** Of the first row: a number. */
  first(column: string): number {
    const found = this.columnOf(column);
    return found instanceof LongColumn && this.rows > 0 ? found.first() : NaN;
  }

  /** Views of the block's own memory: good until it is cleared. */
  pieces(): Buffer[] {
    const head = Buffer.allocUnsafe(MOST_HEAD_BYTES);
    const out: Buffer[] = [head.subarray(0, writeLength(head, writeLength(head, 0, this.all.length), this.rows))];
    for (const [index, column] of this.all.entries()) {
      out.push(this.titles[index] as Buffer);
      column.head(out);
      column.body(out);
    }
    return out;
  }

  clear(): void {
    this.rows = 0;
    this.places.clear();
    for (const column of this.all) column.clear();
  }

  private columnOf(name: string): Column {
    const column = this.byName.get(name);
    if (column === undefined) throw new Error(`no column ${name}`);
    return column;
  }
}

function text(value: string): Buffer {
  const bytes = Buffer.alloc(Buffer.byteLength(value) + MOST_HEAD_BYTES);
  const at = writeLength(bytes, 0, Buffer.byteLength(value));
  return bytes.subarray(0, at + bytes.write(value, at));
}
