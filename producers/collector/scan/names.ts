/** The fields that a scan knows, found by a hash of the name's bytes that meets no two of them, or, where it stands between its quotes and its colon without a blank, by its first four bytes and compared four at a time. */

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
  if (index < 0) return -1;
  const name = names[index] as Buffer;
  if (name.length !== length) return -1;
  for (let n = 0; n < length; n++) if (bytes[start + n] !== name[n]) return -1;
  return index;
}

/** Words of four bytes, little-endian, for each field: its name in quotes, and the colon. */
const WORDS_EACH = 4;
export const LONGEST_TOKEN = 4 * WORDS_EACH;
const tokens = FIELDS.map((name) => Buffer.from(`"${name}":`));
const words = new Int32Array(FIELDS.length * WORDS_EACH);
const lastMasks = new Int32Array(FIELDS.length);
const lastWords = new Uint8Array(FIELDS.length);
const lengths = Uint8Array.from(tokens, ({ length }) => length);
for (const [field, token] of tokens.entries()) {
  if (token.length > LONGEST_TOKEN) throw new Error(`a longer name than all others: ${FIELDS[field] ?? ''}; raise WORDS_EACH`);
  for (let n = 0; n < token.length; n++) words[field * WORDS_EACH + (n >> 2)] = (words[field * WORDS_EACH + (n >> 2)] as number) | ((token[n] as number) << (8 * (n & 3)));
  lastWords[field] = (token.length - 1) >> 2;
  lastMasks[field] = -1 >>> (8 * (3 - ((token.length - 1) & 3)));
}

/** No two names begin with the same four bytes: times the factor, their upper bits find the field, or one that it is not. */
const PREFIX_FACTOR = 2935;
const PREFIX_SHIFT = 26;
const byPrefix = new Uint8Array(2 ** (32 - PREFIX_SHIFT)).fill(FIELDS.length);
for (const [field, name] of names.entries()) {
  const place = Math.imul(name.readInt32LE(0), PREFIX_FACTOR) >>> PREFIX_SHIFT;
  if (byPrefix[place] !== FIELDS.length) throw new Error(`two fields have one place: ${FIELDS[field] ?? ''}; choose another factor`);
  byPrefix[place] = field;
}

/** `lastMasks`: of the bits of each name's last word that count; `lengths` in bytes. */
export const TOKENS = { words, wordsEach: WORDS_EACH, lastWords, lastMasks, lengths, byPrefix, factor: PREFIX_FACTOR, shift: PREFIX_SHIFT } as const;

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
