/**
 * Writes schemas/records.ts from the *.avsc files: the record types are derived, never written beside the schema.
 * `npm run schemas` writes; `npm run schemas -- --check` fails where the file on disk is not what the schemas say.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';

type AvroType = string | AvroType[] | { type: AvroType; name?: string; symbols?: string[]; items?: AvroType; values?: AvroType; fields?: AvroField[]; doc?: string };
type AvroField = { name: string; type: AvroType; doc?: string };

const folder = new URL('.', import.meta.url);
const target = new URL('records.ts', folder);
const declared = new Map<string, string>();
/** Per enum, its symbols as an array of TypeScript. */
const symbols = new Map<string, string>();

const primitives: Record<string, string> = {
  string: 'string', boolean: 'boolean', int: 'number', long: 'number', float: 'number', double: 'number', bytes: 'Buffer', null: 'null',
};

function declare(name: string, text: string): void {
  const before = declared.get(name);
  if (before !== undefined && before !== text) throw new Error(`schemas: ${name} is defined twice, differently; give one of them another name`);
  declared.set(name, text);
}

function toTypeScript(type: AvroType): string {
  if (typeof type === 'string') return primitives[type] ?? type;
  if (Array.isArray(type)) return type.map(toTypeScript).reverse().join(' | ');
  if (type.type === 'array' && type.items !== undefined) return `${/[ |]/.test(toTypeScript(type.items)) ? `(${toTypeScript(type.items)})` : toTypeScript(type.items)}[]`;
  if (type.type === 'map' && type.values !== undefined) return `Record<string, ${toTypeScript(type.values)}>`;
  if (type.type === 'enum' && type.name !== undefined && type.symbols !== undefined) {
    const quoted = type.symbols.map((symbol) => `'${symbol}'`);
    declare(type.name, `export type ${type.name} = ${quoted.join(' | ')};`);
    symbols.set(type.name, `[${quoted.join(', ')}]`);
    return type.name;
  }
  if (type.type === 'record' && type.name !== undefined && type.fields !== undefined) {
    const fields = type.fields.map((field) => `${field.doc === undefined ? '' : `  /** ${field.doc} */\n`}  ${field.name}: ${toTypeScript(field.type)};`);
    declare(type.name, `${type.doc === undefined ? '' : `/** ${type.doc} */\n`}export interface ${type.name} {\n${fields.join('\n')}\n}`);
    return type.name;
  }
  return toTypeScript(type.type);
}

const names = readdirSync(folder).filter((file) => file.endsWith('.avsc')).sort().map((file) => file.slice(0, -'.avsc'.length));
for (const name of names) toTypeScript(JSON.parse(readFileSync(new URL(`${name}.avsc`, folder), 'utf8')) as AvroType);

const text = [
  '// Generated from the *.avsc files by `npm run schemas`. Do not edit: change the schema.',
  ...declared.values(),
  `/** Record name to record type. */\nexport interface Records {\n${names.map((name) => `  ${name}: ${name};`).join('\n')}\n}`,
  'export type RecordName = keyof Records;',
  `/** Enum to its symbols, as its schema orders them. */\nexport const SYMBOLS = {\n${[...symbols].map(([name, list]) => `  ${name}: ${list},`).join('\n')}\n} as const;`,
].join('\n\n') + '\n';

if (!process.argv.includes('--check')) writeFileSync(target, text);
else if (readFileSync(target, 'utf8') !== text) {
  console.error('schemas/records.ts is not what the schemas say: run `npm run schemas` and commit the result');
  process.exitCode = 1;
}
