/** Reads the fields of one rule in a rules file. Every problem is told, none is thrown; what was wrong or is not there is undefined. */

export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** `field` is a path below the rule, such as `conditions[1].threshold`; '' for the rule itself. */
export type Complain = (field: string, problem: string) => void;

export interface FieldReader {
  readonly has: (name: string) => boolean;
  /** Complains where the field is not there. */
  readonly required: (name: string, what: string) => boolean;
  readonly whole: (name: string, least: number, what: string) => number | undefined;
  readonly word: <const Word extends string>(name: string, words: readonly Word[]) => Word | undefined;
  readonly text: (name: string) => string | undefined;
  readonly list: (name: string) => readonly unknown[] | undefined;
  readonly number: (name: string) => number | undefined;
}

const shown = (value: unknown): string => JSON.stringify(value);

export const isOneOf = <const Word extends string>(value: unknown, words: readonly Word[]): value is Word => words.some((word) => word === value);

/** `at` goes before each name in what is told; unknown fields are told at once. */
export function readFields(fields: Fields, known: readonly string[], complain: Complain, at = ''): FieldReader {
  const tell = (name: string, problem: string): void => {
    complain(`${at}${name}`, problem);
  };
  for (const name of Object.keys(fields)) if (!known.includes(name)) tell(name, `is not known; there are: ${known.join(', ')}`);
  /** Not there: undefined, and nothing is told. */
  const read = <Value>(name: string, fits: (value: unknown) => value is Value, allowed: string): Value | undefined => {
    const value = fields[name];
    if (value === undefined || fits(value)) return value;
    tell(name, `must be ${allowed}, and is ${shown(value)}`);
    return undefined;
  };
  return {
    has: (name) => fields[name] !== undefined,
    required: (name, what) => {
      if (fields[name] !== undefined) return true;
      tell(name, `is missing: ${what}`);
      return false;
    },
    whole: (name, least, what) => read(name, (value): value is number => Number.isSafeInteger(value) && (value as number) >= least, `${what}, at least ${String(least)}`),
    word: (name, words) => read(name, (value) => isOneOf(value, words), `one of ${words.join(', ')}`),
    text: (name) => read(name, (value): value is string => typeof value === 'string' && value.trim() !== '', 'a text that is not empty'),
    list: (name) => read(name, (value): value is readonly unknown[] => Array.isArray(value) && value.length > 0, 'a list that is not empty'),
    number: (name) => read(name, (value): value is number => typeof value === 'number' && Number.isFinite(value), 'a number'),
  };
}
