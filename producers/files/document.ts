/** A YAML or JSON file that a person wrote: its value, where in it something stands, and all that is wrong with it at once. */
import { LineCounter, isNode, parseDocument } from 'yaml';
import { Invalid } from '../collector/fields.ts';
import { kindOf } from '../collector/instant.ts';

/** Names of fields and indexes of lists, from the top. */
export type Path = readonly (string | number)[];

/** The file cannot be used; the message has a line for every problem. */
export class FileError extends Error {
  readonly code = 'FILE';
}

export interface Document {
  readonly value: unknown;
  readonly problems: Problems;
}

export interface Problems {
  /** `what` is read after the place: `line 7: features[2] (train_model): stage must be …`. */
  tell(path: Path, what: string): void;
  /** Runs a check that throws `Invalid`; gives null, and has told, where it did. */
  check<T>(path: Path, run: () => T): T | null;
  /** Throws FileError where anything was told. */
  end(): void;
}

/** Ours: a file with one mistake in every entry is mended from its first ones. */
const MAX_PROBLEMS = 50;

/** Throws FileError where the text is neither YAML nor JSON. `name` goes before every problem. */
export function readDocument(name: string, text: string): Document {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const lineAt = (offset: number): number => lineCounter.linePos(offset).line;
  if (document.errors.length > 0) throw new FileError([`${name} is neither YAML nor JSON:`, ...document.errors.map((error) => `  line ${lineAt(error.pos[0])}: ${error.message}`)].join('\n'));
  const value: unknown = document.toJS();
  const told: { readonly line: number; readonly text: string }[] = [];
  const note = (line: number, path: Path, what: string): void => {
    const place = placeOf(path, value);
    told.push({ line, text: `  line ${line}: ${place === '' ? '' : `${place}: `}${what}` });
  };

  /** Of the deepest part of the path that is there: a missing field is told where its owner begins. */
  const lineOf = (path: Path): number => {
    for (let depth = path.length; depth >= 0; depth--) {
      const node = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true);
      if (isNode(node) && node.range) return lineAt(node.range[0]);
    }
    return 1;
  };

  return {
    value,
    problems: {
      tell: (path, what) => {
        note(lineOf(path), path, what);
      },
      check: (path, run) => {
        try {
          return run();
        } catch (error) {
          if (!(error instanceof Invalid)) throw error;
          // The sentence begins with the field's name.
          note(lineOf([...path, ...(error.message.split(' ', 1)[0] ?? '').split('.')]), path, error.message);
          return null;
        }
      },
      end: () => {
        if (told.length === 0) return;
        const lines = told.toSorted((a, b) => a.line - b.line).map(({ text: one }) => one);
        const more = lines.length - MAX_PROBLEMS;
        throw new FileError([`${name} cannot be used, ${told.length === 1 ? 'for a reason' : `for ${told.length} reasons`}:`, ...lines.slice(0, MAX_PROBLEMS), ...(more > 0 ? [`  and ${more} more`] : [])].join('\n'));
      },
    },
  };
}

/** `features[2] (train_model)`: lists are counted from 1, as people count, and the entry's own name is beside it. */
function placeOf(path: Path, root: unknown): string {
  let place = '';
  let value: unknown = root;
  for (const step of path) {
    value = typeof value === 'object' && value !== null ? (value as Readonly<Record<string | number, unknown>>)[step] : undefined;
    place += typeof step === 'number' ? `[${step + 1}]${named(value)}` : `${place === '' ? '' : '.'}${step}`;
  }
  return place;
}

const NAMES = ['feature', 'user_id', 'team'] as const;
const MAX_NAME_CHARS = 60;

function named(value: unknown): string {
  if (typeof value !== 'object' || value === null) return '';
  for (const field of NAMES) {
    const name: unknown = (value as Readonly<Record<string, unknown>>)[field];
    if (name !== undefined && name !== '') return typeof name === 'string' || typeof name === 'number' ? ` (${String(name).slice(0, MAX_NAME_CHARS)})` : '';
  }
  return '';
}

/** The list of a field; empty, and told, where it is something else. Absent counts as empty. */
export function listOf(problems: Problems, path: Path, value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  problems.tell(path, `must be a list, but is ${kindOf(value)}: begin each entry with "- "`);
  return [];
}

/** Tells of fields that nobody reads: a misspelt one would otherwise be as good as absent. */
export function onlyFields(problems: Problems, path: Path, value: object, known: readonly string[]): void {
  for (const field of Object.keys(value)) {
    if (!known.includes(field)) problems.tell([...path, field], `is no field here; there are ${known.join(', ')}`);
  }
}
