/** The fields that a scan knows, found by a hash of the name's bytes that meets no two of them. */

/** Their order is that of the slots. */
export const FIELDS = [
  'event_id', 'user_id', 'session_id', 'occurred_at', 'sent_at', 'source', 'type', 'feature', 'action', 'task_id', 'outcome', 'duration_ms', 'waiting_ms', 'release',
  'code', 'message', 'cause', 'error', 'properties',
] as const;
type Field = (typeof FIELDS)[number];

type Slots = { readonly [Name in Field]: number };
/** A field's place among the slots, and its bit. */
export const FIELD = Object.fromEntries(FIELDS.map((name, index) => [name, index])) as Slots;

const TABLE_SIZE = 64;
const hash = (first: number, last: number, length: number): number => (first + last + length * 28) & (TABLE_SIZE - 1);

/** Index plus one; 0 where there is none. */
const table = new Uint8Array(TABLE_SIZE);
const names = FIELDS.map((name) => Buffer.from(name));
for (const [index, name] of names.entries()) {
  const place = hash(name[0] ?? 0, name.at(-1) ?? 0, name.length);
  if (table[place] !== 0) throw new Error(`two fields have one hash: ${FIELDS[index] ?? ''}; choose another factor`);
  table[place] = index + 1;
}

/** The field whose name stands from `start` to `end`, or -1. */
export function fieldAt(bytes: Buffer, start: number, end: number): number {
  const length = end - start;
  const index = (table[hash(bytes[start] as number, bytes[end - 1] as number, length)] as number) - 1;
  return index >= 0 && nameLength(index) === length && isName(index, bytes, start) ? index : -1;
}

export const nameLength = (field: number): number => (names[field] as Buffer).length;

/** Whether the field's name begins at `start`. */
export function isName(field: number, bytes: Buffer, start: number): boolean {
  const name = names[field] as Buffer;
  for (let n = 0; n < name.length; n++) if (bytes[start + n] !== name[n]) return false;
  return true;
}

/** The place among `words` of what stands from `start` to `end`, or -1. */
export function wordAt(words: readonly Buffer[], bytes: Buffer, start: number, end: number): number {
  const length = end - start;
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as Buffer;
    if (word.length !== length) continue;
    let n = 0;
    while (n < length && bytes[start + n] === word[n]) n++;
    if (n === length) return index;
  }
  return -1;
}
