import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { settingsMarkdown } from '../../infra/cli/settings.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

test("the README's settings are those of infra/settingsTable.ts (`npm run chokepoint -- settings` prints them)", () => {
  assert.ok(readme.includes(settingsMarkdown()));
});

test("the README's scripts exist", () => {
  const { scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { scripts: Record<string, string> };
  const named = [...readme.matchAll(/npm run ([a-z:-]+)/g)].map((match) => match[1] ?? '');
  assert.ok(named.length > 0);
  for (const name of [...named, 'start', 'test']) assert.ok(name in scripts, `npm run ${name}`);
});
