/** The catalog as a file: `features` and `users`, each entry as POST /v1/features and /v1/users take it. Checked as the collector would, and more strictly: a field that it would ignore is a mistake here. */
import { object } from '../collector/fields.ts';
import { validateFeature, validateUser } from '../collector/validate.ts';
import type { Feature, User } from '../../schemas/records.ts';
import { listOf, onlyFields, readDocument, type Problems } from '../files/document.ts';

export interface CatalogFile {
  readonly features: readonly Feature[];
  readonly users: readonly User[];
}

export const FEATURE_FIELDS = ['feature', 'title', 'stage', 'tool', 'core', 'expected_ms', 'task_timeout_ms', 'owner', 'ignore_repeats'] as const satisfies readonly (keyof Feature)[];
export const USER_FIELDS = ['user_id', 'team', 'role', 'org', 'joined_at'] as const satisfies readonly (keyof User)[];
const LISTS = ['features', 'users'] as const;

/** Throws FileError with every problem. `name` is the file's, for the messages. */
export function readCatalogFile(name: string, text: string): CatalogFile {
  const { value, problems } = readDocument(name, text);
  const file = problems.check([], () => object(value, 'the file'));
  if (file !== null) {
    onlyFields(problems, [], file, LISTS);
    if (LISTS.every((list) => file[list] === undefined)) problems.tell([], 'it has neither features nor users: begin with "features:" and a list of them');
  }
  const features = entries(problems, 'features', file?.['features'], FEATURE_FIELDS, validateFeature, ({ feature }) => feature);
  const users = entries(problems, 'users', file?.['users'], USER_FIELDS, validateUser, ({ user_id }) => user_id);
  problems.end();
  return { features, users };
}

function entries<Entry>(problems: Problems, list: (typeof LISTS)[number], given: unknown, fields: readonly string[], validate: (value: unknown) => Entry, keyOf: (entry: Entry) => string): Entry[] {
  const found = new Map<string, { readonly entry: Entry; readonly index: number }>();
  for (const [index, value] of listOf(problems, [list], given).entries()) {
    const entry = problems.check([list, index], () => {
      onlyFields(problems, [list, index], object(value, 'the entry'), fields);
      return validate(value);
    });
    if (entry === null) continue;
    const earlier = found.get(keyOf(entry));
    if (earlier === undefined) found.set(keyOf(entry), { entry, index });
    else problems.tell([list, index], `${keyOf(entry)} is there already, as ${list}[${earlier.index + 1}]: keep one of the two`);
  }
  return [...found.values()].map(({ entry }) => entry);
}
