/** The routes files in docs/alerts.md are read as they stand. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readRoutes } from '../../consumers/alerts/routes/file.ts';

const document = readFileSync(new URL('../../docs/alerts.md', import.meta.url), 'utf8');
const files = [...document.matchAll(/^```yaml\n([^]*?)^```/gm)].map(([, text]) => text ?? '');
const url = 'https://receiver.example/a/b';
const variables = Object.fromEntries([...document.matchAll(/env: (ALERTS_SECRET_\w+)/g)].map(([, name]) => [name ?? '', url]));
const routesOf = (text: string): Record<string, string> => Object.fromEntries(readRoutes(text, { variables, readFile: () => 'secret' }).map(({ name, when }) => [name, when.kind]));

test('the examples are good, and are the routes that the page says', () => {
  assert.deepEqual(files.map(routesOf), [
    { 'people.et': 'digest', 'people.sop': 'hours' },
    { 'simplify.team-notebooks': 'hours', 'simplify.ada-example-com': 'hours', 'simplify.team-training': 'always', simplify: 'hours', teach: 'digest', 'on-call': 'hours', pager: 'always', archive: 'always' },
  ]);
});
