/**
 * The keys file: `{"keys": [{"name", "sha256", "rights", "sources", "origins", "requests_per_second", "events_per_second"}]}`. A field that is not
 * known is a mistake: misspelt, `origins` would bind the key to nothing. The message of an error names keys and fields, never a value.
 */
import { RIGHTS, type Key, type Limits, type Right } from './key.ts';

/** The message lists every problem, a line each. */
export class KeysError extends Error {
  readonly code = 'KEYS';
}

/** Each request is compared with every key. Ours. */
const MAX_KEYS = 1_000;
const FIELDS = ['name', 'sha256', 'rights', 'sources', 'origins', 'requests_per_second', 'events_per_second'];
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
const HASH = /^[0-9a-f]{64}$/i;
const ANY = '*';

type Given = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Given => typeof value === 'object' && value !== null && !Array.isArray(value);

/** `limits` are those of a key that names none. Throws `KeysError`. */
export function parseKeysFile(text: string, limits: Limits): Key[] {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    // Not the parser's message, which quotes the file.
    throw new KeysError('the keys file is not JSON');
  }
  const entries = isObject(given) ? given['keys'] : undefined;
  if (!Array.isArray(entries)) throw new KeysError('the keys file must be {"keys": […]}');
  if (entries.length > MAX_KEYS) throw new KeysError(`the keys file has ${entries.length} keys: at most ${MAX_KEYS} are taken`);
  const problems: string[] = [];
  const keys = entries.map((entry: unknown, index) => keyOf(isObject(entry) ? entry : {}, index, limits, problems));
  const names = keys.map(({ caller }) => caller.name);
  for (const name of new Set(names.filter((one, index) => names.indexOf(one) !== index))) problems.push(`${name}: there are two of this name; give one key both hashes to change it`);
  if (problems.length > 0) throw new KeysError(`the keys file is wrong:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  return keys;
}

function keyOf(given: Given, index: number, limits: Limits, problems: string[]): Key {
  const name = typeof given['name'] === 'string' && NAME.test(given['name']) ? given['name'] : `key ${index}`;
  const problem = (field: string, expected: string): void => {
    problems.push(`${name}: ${field} must be ${expected}`);
  };
  const strings = (field: string, fits: (value: string) => boolean, expected: string): readonly string[] => {
    const value = given[field];
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    const fitting = list.filter((one): one is string => typeof one === 'string' && fits(one));
    if (list.length === 0 || fitting.length < list.length) problem(field, expected);
    return fitting;
  };
  const rate = (field: string, otherwise: number | null): number | null => {
    const value = given[field];
    if (value === undefined) return otherwise;
    if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
    problem(field, 'a number above 0');
    return otherwise;
  };

  if (name !== given['name']) problem('name', 'at most 64 letters, digits, ., - and _');
  for (const field of Object.keys(given)) if (!FIELDS.includes(field)) problems.push(`${name}: there is no such field: ${field.slice(0, 40)}`);
  const right = Object.hasOwn(RIGHTS, String(given['rights'])) ? (given['rights'] as Right) : null;
  if (right === null) problem('rights', 'write or admin');
  const sources = given['sources'] === undefined ? [name] : strings('sources', (source) => source !== '' && source.length <= 256, 'names, or ["*"] for any');
  const origins = given['origins'] === undefined ? null : strings('origins', (origin) => URL.parse(origin)?.origin === origin, 'origins like https://app.example, without a path');
  return {
    hashes: strings('sha256', (hash) => HASH.test(hash), 'the SHA-256 of the key in 64 hex digits, or a list of them').map((hash) => Buffer.from(hash, 'hex')),
    caller: {
      name,
      source: sources.find((source) => source !== ANY) ?? name,
      sources: sources.includes(ANY) ? null : sources,
      origins,
      rights: right === null ? [] : RIGHTS[right],
      limits: { requests: rate('requests_per_second', limits.requests), events: rate('events_per_second', limits.events) },
    },
  };
}
