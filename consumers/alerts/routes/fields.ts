/** Reads the fields of a routes file. Every problem is told with its place, none is thrown; what was wrong or is not there is null. */

type Fields = Readonly<Record<string, unknown>>;

export interface Problems {
  /** `at` is a path, such as `routes.simplify.match.dimension`. */
  readonly tell: (at: string, problem: string) => void;
}

export interface FieldsReader {
  readonly at: string;
  readonly has: (name: string) => boolean;
  readonly tell: (name: string, problem: string) => void;
  readonly text: (name: string) => string | null;
  readonly flag: (name: string) => boolean | null;
  readonly whole: (name: string, least: number, most: number) => number | null;
  readonly word: <const Word extends string>(name: string, words: readonly Word[]) => Word | null;
  /** One or a list of them; at least one. */
  readonly words: <const Word extends string>(name: string, words: readonly Word[]) => readonly Word[] | null;
  readonly texts: (name: string) => readonly string[] | null;
  /** A map, with the fields that may be in it. */
  readonly map: (name: string, known: readonly string[]) => FieldsReader | null;
  /** A map from names of the writer's own. */
  readonly named: (name: string) => readonly (readonly [string, unknown])[];
  readonly raw: (name: string) => unknown;
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const shown = (value: unknown): string => JSON.stringify(value).slice(0, 60);

/** Null, and told, where the value is no map; fields that are not known are told. `known` null: any. */
export function readMap(value: unknown, at: string, known: readonly string[] | null, problems: Problems): FieldsReader | null {
  if (!isFields(value)) {
    problems.tell(at, `must be a map${known === null ? '' : ` with ${known.join(', ')}`}`);
    return null;
  }
  const place = (name: string): string => (at === '' ? name : `${at}.${name}`);
  const tell = (name: string, problem: string): void => { problems.tell(place(name), problem); };
  if (known !== null) for (const name of Object.keys(value)) if (!known.includes(name)) tell(name, `is not known; there are: ${known.join(', ')}`);

  const read = <Value>(name: string, fits: (given: unknown) => given is Value, allowed: string): Value | null => {
    const given = value[name];
    if (given === undefined) return null;
    if (fits(given)) return given;
    tell(name, `must be ${allowed}, and is ${shown(given)}`);
    return null;
  };
  const isText = (given: unknown): given is string => typeof given === 'string' && given.trim() !== '';
  const listOf = <Value>(name: string, fits: (given: unknown) => given is Value, allowed: string): readonly Value[] | null => {
    const one = value[name];
    const list = one === undefined || Array.isArray(one) ? one : [one];
    if (list === undefined) return null;
    if ((list as unknown[]).length > 0 && (list as unknown[]).every(fits)) return list as readonly Value[];
    tell(name, `must be ${allowed}, or a list of them, and is ${shown(one)}`);
    return null;
  };
  return {
    at, tell,
    has: (name) => value[name] !== undefined,
    raw: (name) => value[name],
    text: (name) => read(name, isText, 'a text that is not empty'),
    flag: (name) => read(name, (given): given is boolean => typeof given === 'boolean', 'true or false'),
    whole: (name, least, most) => read(name, (given): given is number => Number.isSafeInteger(given) && (given as number) >= least && (given as number) <= most, `a whole number from ${least} to ${most}`),
    word: (name, words) => read(name, (given): given is (typeof words)[number] => words.some((word) => word === given), `one of ${words.join(', ')}`),
    words: (name, words) => listOf(name, (given): given is (typeof words)[number] => words.some((word) => word === given), `one of ${words.join(', ')}`),
    texts: (name) => listOf(name, isText, 'a text that is not empty'),
    map: (name, fields) => (value[name] === undefined ? null : readMap(value[name], place(name), fields, problems)),
    named: (name) => {
      if (value[name] === undefined) return [];
      const map = readMap(value[name], place(name), null, problems);
      return map === null ? [] : Object.entries(value[name] as Fields);
    },
  };
}
