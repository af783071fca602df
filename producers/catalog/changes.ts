/** What a file would change. Pure. Nothing is ever taken out: what is only there stays, and is told. */
import type { Feature, User } from '../../schemas/records.ts';
import { FEATURE_FIELDS, USER_FIELDS, type CatalogFile } from './file.ts';
import type { CatalogNow } from './now.ts';

export interface Changed<Entry> {
  readonly key: string;
  readonly entry: Entry;
  /** Fields that differ, as they are and as they would be. */
  readonly fields: Readonly<Record<string, { readonly from: unknown; readonly to: unknown }>>;
}

export interface ListChanges<Entry> {
  readonly added: readonly Entry[];
  readonly changed: readonly Changed<Entry>[];
  readonly unchanged: number;
  /** Keys of what the file does not name. */
  readonly only_there: readonly string[];
}

export interface CatalogChanges {
  readonly features: ListChanges<Feature>;
  readonly users: ListChanges<User>;
}

export function changesOf(file: CatalogFile, now: CatalogNow): CatalogChanges {
  return {
    features: compare(file.features, now.features, ({ feature }) => feature, FEATURE_FIELDS),
    users: compare(file.users, now.users, ({ user_id }) => user_id, USER_FIELDS),
  };
}

/** What must be posted. */
export const toPost = <Entry>({ added, changed }: ListChanges<Entry>): Entry[] => [...added, ...changed.map(({ entry }) => entry)];

export const isNothing = ({ features, users }: CatalogChanges): boolean => toPost(features).length + toPost(users).length === 0;

function compare<Entry extends object>(wanted: readonly Entry[], there: ReadonlyMap<string, Entry>, keyOf: (entry: Entry) => string, names: readonly (keyof Entry & string)[]): ListChanges<Entry> {
  const added: Entry[] = [];
  const changed: Changed<Entry>[] = [];
  for (const entry of wanted) {
    const before = there.get(keyOf(entry));
    if (before === undefined) {
      added.push(entry);
      continue;
    }
    const differing = names.filter((name) => before[name] !== entry[name]);
    if (differing.length > 0) changed.push({ key: keyOf(entry), entry, fields: Object.fromEntries(differing.map((name) => [name, { from: before[name], to: entry[name] }])) });
  }
  const named = new Set(wanted.map(keyOf));
  return { added, changed, unchanged: wanted.length - added.length - changed.length, only_there: [...there.keys()].filter((key) => !named.has(key)) };
}
