import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAuth } from '../../../producers/collector/auth.ts';

const auth = createAuth(['plain', 'notebooks:secret', 'a:b:c'], ['root', 'ops:admin-secret']);

const KNOWN: readonly (readonly [header: string, source: string, rights: readonly string[]])[] = [
  ['Bearer plain', 'default', ['write']],
  ['bearer plain', 'default', ['write']],
  ['Bearer secret', 'notebooks', ['write']],
  ['Bearer notebooks:secret', 'notebooks', ['write']],
  ['Bearer b:c', 'a', ['write']],
  ['Bearer root', 'default', ['write', 'admin']],
  ['Bearer admin-secret', 'ops', ['write', 'admin']],
];
for (const [header, source, rights] of KNOWN) {
  test(`${header} is ${source}, ${rights.join(' and ')}`, () => {
    assert.deepEqual(auth(header), { source, rights });
  });
}

for (const header of [undefined, '', 'plain', 'Bearer', 'Bearer ', 'Basic plain', 'Bearer Plain', 'Bearer plain2', 'Bearer plai', 'Bearer notebooks', 'Bearer notebooks:', 'Bearer plain secret']) {
  test(`${String(header)} is nobody`, () => {
    assert.equal(auth(header), null);
  });
}

test('without keys nobody may do anything, not even with an empty key', () => {
  assert.equal(createAuth([], [])('Bearer '), null);
  assert.equal(createAuth([], [])('Bearer x'), null);
});
