/** From a field's Avro schema and its column's ClickHouse type to what writes the one into the other. Pure; a pair that does not go together throws when the sink starts. */
import type { Places, Column } from './column.ts';
import { ArrayColumn, MapColumn, NullableColumn, OptionalColumn, TupleColumn } from './nested.ts';
import { BoolColumn, DoubleColumn, IntColumn, LongColumn, TextColumn } from './plain.ts';
import { WordColumn } from './words.ts';

/** As JSON has it; a name may stand for a type that was defined before. */
export type AvroSchema = string | readonly AvroSchema[] | AvroObject;
interface AvroObject {
  readonly type: AvroSchema;
  readonly name?: string;
  readonly symbols?: readonly string[];
  readonly items?: AvroSchema;
  readonly values?: AvroSchema;
  readonly fields?: readonly { readonly name: string; readonly type: AvroSchema }[];
}
/** Named types met so far. */
export type Named = Map<string, AvroSchema>;

const WIDTHS: Readonly<Record<string, number>> = { UInt8: 1, UInt16: 2, UInt32: 4, Int32: 4 };

/** A column for values of an Avro type; null: for values that are not from Avro. */
export function columnOf(type: string, avro: AvroSchema | null, named: Named, places: Places): Column {
  const { schema, optional } = unionOf(resolved(avro, named), named);
  const { name, parts } = typeOf(type);
  const kind = kindOf(schema);
  const fits = (...kinds: readonly string[]): void => {
    if (kind !== 'none' && !kinds.includes(kind)) throw new Error(`an Avro ${kind} cannot go into a column ${type}`);
  };
  const orBlank = (column: Column): Column => (optional ? new OptionalColumn(column) : column);
  switch (name) {
    case 'LowCardinality': {
      fits('string', 'enum');
      const nullable = parts[0] === 'Nullable(String)';
      if (!nullable && parts[0] !== 'String') throw new Error(`no form for a column ${type}`);
      return new WordColumn(places, { nullable, optional, symbols: symbolsOf(schema) });
    }
    case 'Nullable':
      return new NullableColumn(new IntColumn(places, 1), columnOf(parts[0] ?? '', schema, named, places), optional);
    case 'String':
      fits('string', 'enum', 'bytes');
      return orBlank(new TextColumn(places, kind === 'bytes', symbolsOf(schema)));
    case 'UInt64': case 'Int64': case 'DateTime64':
      fits('long', 'int');
      return orBlank(new LongColumn(places));
    case 'UInt8': case 'UInt16': case 'UInt32': case 'Int32':
      fits('int');
      return orBlank(new IntColumn(places, WIDTHS[name] ?? 0));
    case 'Bool':
      fits('boolean');
      return orBlank(new BoolColumn(places));
    case 'Float64':
      fits('double');
      return orBlank(new DoubleColumn(places));
    case 'Array':
      return orBlank(new ArrayColumn(places, columnOf(parts[0] ?? '', part(schema, 'items', type), named, places)));
    case 'Map': {
      const names = columnOf(parts[0] ?? '', 'string', named, places);
      if (!(names instanceof WordColumn)) throw new Error(`no form for a column ${type}`);
      return orBlank(new MapColumn(places, names, columnOf(parts[1] ?? '', part(schema, 'values', type), named, places)));
    }
    case 'Tuple': {
      const fields = objectOf(schema)?.fields ?? [];
      const types = parts.map((each) => /^(\w+) (.+)$/.exec(each));
      if (fields.map((field) => field.name).join() !== types.map((found) => found?.[1]).join()) throw new Error(`fields ${fields.map((field) => field.name).join()} cannot go into a column ${type}`);
      return orBlank(new TupleColumn(fields.map((field, index) => columnOf(types[index]?.[2] ?? '', field.type, named, places))));
    }
    default:
      throw new Error(`no form for a column ${type}`);
  }
}

function kindOf(schema: AvroSchema | null): string {
  if (schema === null) return 'none';
  if (typeof schema === 'string') return schema;
  const type = objectOf(schema)?.type;
  return typeof type === 'string' ? type : 'union';
}

function objectOf(schema: AvroSchema | null): AvroObject | null {
  return typeof schema === 'object' && schema !== null && 'type' in schema ? schema : null;
}

function symbolsOf(schema: AvroSchema | null): readonly Buffer[] | null {
  return objectOf(schema)?.symbols?.map((symbol) => Buffer.from(symbol)) ?? null;
}

function part(schema: AvroSchema | null, name: 'items' | 'values', type: string): AvroSchema {
  const found = objectOf(schema)?.[name];
  if (found === undefined) throw new Error(`what has no ${name} cannot go into a column ${type}`);
  return found;
}

function resolved(schema: AvroSchema | null, named: Named): AvroSchema | null {
  if (typeof schema === 'string') return named.get(schema) ?? schema;
  const object = objectOf(schema);
  if (object === null) return schema;
  if (object.name !== undefined) named.set(object.name, object);
  // {"type": {"type": "enum", ...}} is what is in it.
  return typeof object.type === 'object' ? resolved(object.type, named) : object;
}

/** Of a union with null, as all of ours are: what else it may be. */
function unionOf(schema: AvroSchema | null, named: Named): { readonly schema: AvroSchema | null; readonly optional: boolean } {
  if (!Array.isArray(schema)) return { schema, optional: false };
  const [nothing, other] = schema as readonly AvroSchema[];
  if (schema.length !== 2 || nothing !== 'null' || other === undefined) throw new Error(`no form for the union ${JSON.stringify(schema)}`);
  return { schema: resolved(other, named), optional: true };
}

/** `Name(part, part)`: parts may have parts of their own. */
function typeOf(type: string): { readonly name: string; readonly parts: readonly string[] } {
  const open = type.indexOf('(');
  if (open < 0) return { name: type, parts: [] };
  const parts: string[] = [];
  let depth = 0;
  let from = open + 1;
  for (let at = from; at < type.length; at++) {
    const char = type[at];
    if (char === '(') depth += 1;
    else if (depth === 0 && (char === ',' || char === ')')) {
      parts.push(type.slice(from, at).trim());
      from = at + 1;
    } else if (char === ')') depth -= 1;
  }
  return { name: type.slice(0, open), parts };
}
