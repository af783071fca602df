/** What a file would change, for the person who applies it. */
import { toPost, type CatalogChanges, type Changed, type ListChanges } from './changes.ts';

/** Ours: features are told one by one, of users so many; --json has them all. */
const USERS_SHOWN = 20;
const ONLY_THERE_SHOWN = 20;

export function changeLines({ features, users }: CatalogChanges): string[] {
  return [
    sumLine('features', features),
    ...entryLines(features, ({ feature, title, stage }) => `${feature}  "${title}" (${stage})`, Infinity),
    ...onlyThere(features.only_there),
    sumLine('users', users),
    ...entryLines(users, ({ user_id, team, role }) => `${user_id}  ${role} of ${team}`, USERS_SHOWN),
  ];
}

function sumLine(name: string, { added, changed, unchanged, only_there }: ListChanges<unknown>): string {
  return `${name}: ${added.length} new, ${changed.length} changed, ${unchanged} as they are${only_there.length === 0 ? '' : `, ${only_there.length} not in the file (they stay)`}`;
}

function entryLines<Entry>(changes: ListChanges<Entry>, line: (entry: Entry) => string, most: number): string[] {
  const all = [...changes.added.map((entry) => `  + ${line(entry)}`), ...changes.changed.map((one) => `  ~ ${one.key}  ${fieldsText(one)}`)];
  return all.length <= most ? all : [...all.slice(0, most), `    and ${toPost(changes).length - most} more; --json tells them all`];
}

function onlyThere(keys: readonly string[]): string[] {
  if (keys.length === 0) return [];
  const more = keys.length - ONLY_THERE_SHOWN;
  return [`    not in the file: ${keys.slice(0, ONLY_THERE_SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`];
}

const fieldsText = ({ fields }: Changed<unknown>): string => Object.entries(fields).map(([name, { from, to }]) => `${name} ${shown(name, from)} -> ${shown(name, to)}`).join(', ');

const shown = (name: string, value: unknown): string => (name === 'joined_at' && typeof value === 'number' ? new Date(value).toISOString() : value === null ? 'none' : JSON.stringify(value));
