/** A file applied to a collector over HTTP, and read back from the topics. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyChanges } from '../../../producers/catalog/apply.ts';
import { changesOf, isNothing } from '../../../producers/catalog/changes.ts';
import { readCatalogFile } from '../../../producers/catalog/file.ts';
import { readCatalogNow } from '../../../producers/catalog/now.ts';
import { changeLines } from '../../../producers/catalog/words.ts';
import { createPoster, PostError } from '../../../producers/client/poster.ts';
import { topicName } from '../../../schemas/topics.ts';
import { openWorld } from '../collector/world.ts';

const file = (changes: { users?: number; title?: string } = {}) => readCatalogFile('f', JSON.stringify({
  features: [{ feature: 'a', title: changes.title ?? 'A', stage: 'data', expected_ms: 5 }, { feature: 'b', title: 'B', stage: 'training' }],
  users: Array.from({ length: changes.users ?? 1 }, (_, n) => ({ user_id: `u${n}`, team: 't', role: 'r', org: 'o', joined_at: '2026-01-01' })),
}));

test('what is new or differs is posted, in parts; then there is nothing to do, and what the file does not name stays', async (t) => {
  const world = await openWorld(t);
  const now = () => readCatalogNow(world.kafka, world.codec, '');
  const requests: string[] = [];
  const post = createPoster({ url: world.url, key: 'a', patienceMs: 0, fetch: (url, init) => { requests.push(new URL(url).pathname); return fetch(url, init); } });

  const first = changesOf(file({ users: 1_100 }), await now());
  assert.deepEqual([first.features.added.length, first.users.added.length], [2, 1_100]);
  await applyChanges(first, post);
  assert.deepEqual(requests, ['/v1/features', '/v1/users', '/v1/users', '/v1/users']);
  assert.equal((await now()).users.size, 1_100);
  assert.ok(isNothing(changesOf(file({ users: 1_100 }), await now())));

  const second = changesOf(file({ title: 'Another' }), await now());
  assert.deepEqual(second.features.changed.map(({ key, fields }) => [key, fields]), [['a', { title: { from: 'A', to: 'Another' } }]]);
  assert.deepEqual([second.features.unchanged, second.users.unchanged, second.users.only_there.length], [1, 1, 1_099]);
  const before = requests.length;
  await applyChanges(second, post);
  assert.deepEqual(requests.slice(before), ['/v1/features'], 'only what differs');
  const after = await now();
  assert.deepEqual([after.features.get('a')?.title, after.users.size], ['Another', 1_100]);
});

test('what is gone or cannot be read counts as absent, and comes back', async (t) => {
  const world = await openWorld(t);
  const post = createPoster({ url: world.url, key: 'a', patienceMs: 0 });
  const wanted = file();
  await applyChanges(changesOf(wanted, await readCatalogNow(world.kafka, world.codec, '')), post);
  const topic = topicName('features', '');
  world.kafka.append([{ topic, partition: 0, key: 'a', value: null }, { topic, partition: 0, key: 'b', value: Buffer.from('no record') }]);
  const changes = changesOf(wanted, await readCatalogNow(world.kafka, world.codec, ''));
  assert.deepEqual(changes.features.added.map(({ feature }) => feature), ['a', 'b']);
});

test('a key that may not is an error, not half a catalog', async (t) => {
  const world = await openWorld(t);
  const post = createPoster({ url: world.url, key: 'w', patienceMs: 0 });
  await assert.rejects(applyChanges(changesOf(file(), await readCatalogNow(world.kafka, world.codec, '')), post), (error) => error instanceof PostError && error.message.includes('401'));
  assert.deepEqual(world.kafka.records(topicName('features', '')), []);
});

test('changes in words: features one by one, of many users the first', () => {
  const lines = changeLines(changesOf(file({ users: 30 }), {
    features: new Map([['a', { feature: 'a', title: 'A', stage: 'data', tool: '', core: true, expected_ms: null, task_timeout_ms: null, owner: null, ignore_repeats: false }], ['z', { feature: 'z', title: 'Z', stage: 'data', tool: '', core: false, expected_ms: null, task_timeout_ms: null, owner: null, ignore_repeats: false }]]),
    users: new Map([['u0', { user_id: 'u0', team: 't', role: 'r', org: 'o', joined_at: 0 }]]),
  }));
  assert.deepEqual(lines.slice(0, 5), [
    'features: 1 new, 1 changed, 0 as they are, 1 not in the file (they stay)',
    '  + b  "B" (training)',
    '  ~ a  core true -> false, expected_ms none -> 5',
    '    not in the file: z',
    'users: 29 new, 1 changed, 0 as they are',
  ]);
  assert.deepEqual([lines.length, lines.at(-1)], [26, '    and 10 more; --json tells them all']);
});
