/** The questions of the document for the data team, read out of it. */
import { readFileSync } from 'node:fs';

const document = readFileSync(new URL('../../docs/for-the-data-team.md', import.meta.url), 'utf8');
const cookbook = /\n## Cookbook\n([\s\S]*?)\n## /.exec(document)?.[1] ?? '';
/** The questions as text, and the small world that their answers are of. */
export const [recipes = '', world = ''] = cookbook.split('\n### The small world\n');

export interface Recipe {
  readonly question: string;
  readonly sql: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly answer: string;
}

/** A question, its SQL, perhaps "With `name` = value, …:", its answer. */
export const recipesOf = (text: string): Recipe[] =>
  [...text.matchAll(/\n\n([^\n]+)\n\n```sql\n([\s\S]*?)```\n\n(?:With ([^\n]+):\n\n)?(\|[\s\S]*?)(?=\n\n|\n*$)/g)].map(([, question = '', sql = '', given = '', answer = '']) => ({
    question, sql, answer, parameters: Object.fromEntries([...given.matchAll(/`(\w+)` = `([^`]*)`/g)].map(([, name = '', value = '']) => [name, value])),
  }));
