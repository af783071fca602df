/** Reads ClickHouse's format Native back: written from its description and not from the writer, so that the two do not share a mistake. Values as the codec gives them; throws where a text is not UTF-8, or a map has a name twice. */
import type { NativeBlock } from '../../../infra/ports.ts';

interface Bytes {
  readonly all: Buffer;
  at: number;
}

type Values = readonly unknown[];

/** A row by the names of its columns. */
export type NativeRow = Readonly<Record<string, unknown>>;

export function rowsOf(block: NativeBlock): NativeRow[] {
  const bytes: Bytes = { all: Buffer.concat(block.pieces()), at: 0 };
  const [columns, rows] = [length(bytes), length(bytes)];
  const found: [string, Values][] = [];
  for (let column = 0; column < columns; column++) {
    const name = text(bytes);
    const type = parse(text(bytes));
    head(bytes, type);
    found.push([name, values(bytes, type, rows)]);
  }
  if (bytes.at !== bytes.all.length) throw new Error(`${bytes.all.length - bytes.at} bytes behind the block`);
  return Array.from({ length: rows }, (_, row) => Object.fromEntries(found.map(([name, of]) => [name, of[row]])));
}

interface Type {
  readonly name: string;
  readonly label: string;
  readonly parts: readonly Type[];
}

/** `label Name(part, part)`; a part that is no type (3, 'UTC') is one without a meaning. */
function parse(text: string): Type {
  const [, label = '', name = '', inner] = /^(?:(\w+) )?([\w']+)(?:\((.*)\))?$/s.exec(text.trim()) ?? [];
  const parts: string[] = [];
  let depth = 0;
  for (const piece of (inner ?? '').split(/([(),])/)) {
    if (piece === ',' && depth === 0) {
      parts.push('');
      continue;
    }
    depth += piece === '(' ? 1 : piece === ')' ? -1 : 0;
    parts.push((parts.pop() ?? '') + piece);
  }
  return { name, label, parts: inner === undefined ? [] : parts.map(parse) };
}

function head(bytes: Bytes, type: Type): void {
  if (type.name === 'LowCardinality') {
    if (uint64(bytes) !== 1) throw new Error('not the version of LowCardinality');
  } else for (const part of type.parts) head(bytes, part);
}

function values(bytes: Bytes, { name, parts }: Type, rows: number): Values {
  const each = (read: () => unknown): Values => Array.from({ length: rows }, read);
  const [first, second] = parts as [Type, Type];
  switch (name) {
    case 'String': return each(() => text(bytes));
    case 'UInt64': case 'Int64': case 'DateTime64': return each(() => int64(bytes));
    case 'UInt32': case 'Int32': return each(() => take(bytes, 4).readUInt32LE());
    case 'UInt16': return each(() => take(bytes, 2).readUInt16LE());
    case 'UInt8': return each(() => take(bytes, 1).readUInt8());
    case 'Bool': return each(() => take(bytes, 1).readUInt8() === 1);
    case 'Float64': return each(() => take(bytes, 8).readDoubleLE());
    case 'Nullable': {
      const nulls = take(bytes, rows);
      return values(bytes, first, rows).map((value, row) => (nulls[row] === 1 ? null : value));
    }
    case 'LowCardinality': return words(bytes, first, rows);
    case 'Array': return arrays(bytes, rows, (count) => values(bytes, first, count));
    case 'Map': return arrays(bytes, rows, (count) => {
      const names = values(bytes, first, count);
      const of = values(bytes, second, count);
      return names.map((each, index) => [each, of[index]] as const);
    }).map((entries) => {
      const map = Object.fromEntries(entries as [string, unknown][]);
      if (Object.keys(map).length < entries.length) throw new Error('a name twice in a map');
      return map;
    });
    case 'Tuple': {
      const fields = parts.map((part) => [part.label, values(bytes, part, rows)] as const);
      return Array.from({ length: rows }, (_, row) => Object.fromEntries(fields.map(([label, of]) => [label, of[row]])));
    }
    default: throw new Error(`no reader for ${name}`);
  }
}

function arrays(bytes: Bytes, rows: number, items: (count: number) => Values): Values[] {
  const ends = Array.from({ length: rows }, () => uint64(bytes));
  const all = items(ends.at(-1) ?? 0);
  return ends.map((end, row) => all.slice(ends[row - 1] ?? 0, end));
}

function words(bytes: Bytes, type: Type, rows: number): Values {
  if (rows === 0) return [];
  const flags = take(bytes, 8).readBigUInt64LE();
  const width = 1 << Number(flags & 0xffn);
  if ((flags & ~0xffn) !== 1n << 9n) throw new Error('words that are not the column\'s own');
  const known = Array.from({ length: uint64(bytes) }, () => text(bytes));
  if (uint64(bytes) !== rows) throw new Error('not as many numbers as rows');
  return Array.from({ length: rows }, () => {
    const number = take(bytes, width).readUIntLE(0, width);
    if (number >= known.length) throw new Error('a number of no word');
    return type.name === 'Nullable' && number === 0 ? null : known[number];
  });
}

function take(bytes: Bytes, count: number): Buffer {
  if (bytes.at + count > bytes.all.length) throw new Error('the block is cut short');
  bytes.at += count;
  return bytes.all.subarray(bytes.at - count, bytes.at);
}

function length(bytes: Bytes): number {
  let found = 0;
  for (let factor = 1; ; factor *= 128) {
    const byte = take(bytes, 1).readUInt8();
    found += (byte & 0x7f) * factor;
    if (byte < 0x80) return found;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const text = (bytes: Bytes): string => utf8.decode(take(bytes, length(bytes)));
const uint64 = (bytes: Bytes): number => Number(take(bytes, 8).readBigUInt64LE());
const int64 = (bytes: Bytes): number => Number(take(bytes, 8).readBigInt64LE());
