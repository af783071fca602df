/**
 * avsc, bounded: the size that a map or array block claims to have is checked before it is believed. Unchecked, avsc loops as often as the
 * bytes say, so that ten bad bytes would stop a partition for ever. Every item of a map takes at least one byte, and so does every item
 * of our arrays (records with fields); a block must also end behind its beginning, which lengths below zero would prevent.
 * Rests on avsc's private `_read` and `_skip` (version pinned; test/schemas/codec.test.ts).
 */
import avro from 'avsc';

interface Tap {
  pos: number;
  readonly buf: Buffer;
  readLong(): number;
  readString(): string;
  skipLong(): void;
  skipString(): void;
}

interface Reader {
  _read(tap: Tap): unknown;
  _skip(tap: Tap): void;
}

interface Items extends Reader {
  readonly itemsType: Reader;
  readonly valuesType: Reader;
}

function eachItem(tap: Tap, item: () => void): void {
  for (;;) {
    const start = tap.pos;
    let count = tap.readLong();
    if (count === 0) return;
    if (count < 0) {
      count = -count;
      tap.skipLong();
    }
    if (count > tap.buf.length - tap.pos) throw new Error('a block claims more items than there are bytes');
    for (let i = 0; i < count; i++) item();
    if (tap.pos <= start) throw new Error('a block ends before it begins');
  }
}

const { MapType, ArrayType } = avro.types as unknown as Record<'MapType' | 'ArrayType', { prototype: Items }>;

MapType.prototype._read = function (this: Items, tap) {
  const values = this.valuesType;
  const map: Record<string, unknown> = {};
  eachItem(tap, () => {
    const key = tap.readString();
    map[key] = values._read(tap);
  });
  return map;
};

MapType.prototype._skip = function (this: Items, tap) {
  eachItem(tap, () => {
    tap.skipString();
    this.valuesType._skip(tap);
  });
};

ArrayType.prototype._read = function (this: Items, tap) {
  const items: unknown[] = [];
  eachItem(tap, () => {
    items.push(this.itemsType._read(tap));
  });
  return items;
};

ArrayType.prototype._skip = function (this: Items, tap) {
  eachItem(tap, () => {
    this.itemsType._skip(tap);
  });
};

export default avro;
