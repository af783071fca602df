/** docs/adapters.md says what the adapters do. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { VERBS } from '../../producers/adapters/cloudevents/types.ts';
import { ADAPTER_ROUTES } from '../../producers/collector/adapterRoutes.ts';

const text = readFileSync(new URL('../../docs/adapters.md', import.meta.url), 'utf8');
const rows = text.split('\n').filter((line) => line.startsWith('| ')).map((line) => line.slice(2, -2).split(' | '));

test('its routes and content types are the collector\'s', () => {
  const told = rows.flatMap(([, route = '', types = '']) => {
    const path = /^`POST (\S+)`$/.exec(route)?.[1];
    return path === undefined ? [] : [[path, [...types.matchAll(/`(application\/\S+?)`/g)].map((match) => match[1])]];
  });
  assert.deepEqual(told, ADAPTER_ROUTES.map(({ path, bodies }) => [path, Object.keys(bodies)]));
});

test('its verbs are those of the code', () => {
  const told = new Map<string, string>();
  for (const [words = '', event = ''] of rows) {
    if (!/^(`[a-z]+` ?)+$/.test(words) || !/^`(task_|error)/.test(event)) continue;
    for (const [, verb = ''] of words.matchAll(/`([a-z]+)`/g)) told.set(verb, event);
  }
  assert.deepEqual([...told.keys()], [...VERBS.keys()]);
  for (const [verb, { type, outcome }] of VERBS) assert.ok(told.get(verb)?.startsWith(outcome === undefined ? `\`${type}\`` : `\`${type}\`, \`${outcome}\``), verb);
});
