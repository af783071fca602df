import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { createKeyRing } from '../../../../producers/collector/keys/ring.ts';
import { settingKeys } from '../../../../producers/collector/keys/settingKeys.ts';

const UNLIMITED = { requests: null, events: null };
const hash = (key: string): string => createHash('sha256').update(key).digest('hex');

const ring = (write: readonly string[], admin: readonly string[]): ReturnType<typeof createKeyRing>['authenticate'] => createKeyRing([...settingKeys(admin, 'admin', UNLIMITED), ...settingKeys(write, 'write', UNLIMITED)]).authenticate;
const auth = ring(['plain', 'notebooks:secret', 'a:b:c', `sha256:${hash('hidden')}`, `web:sha256:${hash('page').toUpperCase()}`, 'sha256:short'], ['root', 'ops:admin-secret', `sha256:${hash('top')}`]);

const KNOWN: readonly (readonly [header: string, name: string, source: string, rights: readonly string[]])[] = [
  ['Bearer plain', 'default', 'default', ['write']],
  ['bearer plain', 'default', 'default', ['write']],
  ['Bearer secret', 'notebooks', 'notebooks', ['write']],
  ['Bearer notebooks:secret', 'notebooks', 'notebooks', ['write']],
  ['Bearer b:c', 'a', 'a', ['write']],
  ['Bearer root', 'admin', 'default', ['write', 'admin']],
  ['Bearer admin-secret', 'ops', 'ops', ['write', 'admin']],
  ['Bearer hidden', 'default', 'default', ['write']],
  ['Bearer page', 'web', 'web', ['write']],
  ['Bearer top', 'admin', 'default', ['write', 'admin']],
];
for (const [header, name, source, rights] of KNOWN) {
  test(`${header} is ${name}, of ${source}: ${rights.join(' and ')}, for any source and from anywhere`, () => {
    assert.deepEqual(auth(header), { name, source, rights, sources: null, origins: null, limits: UNLIMITED });
  });
}

for (const header of [
  undefined, '', 'plain', 'Bearer', 'Bearer ', 'Basic plain', 'Bearer Plain', 'Bearer plain2', 'Bearer plai', 'Bearer notebooks', 'Bearer notebooks:', 'Bearer plain secret',
  `Bearer ${hash('hidden')}`, `Bearer sha256:${hash('hidden')}`, `Bearer web:sha256:${hash('page')}`, `Bearer web:page`,
]) {
  test(`${String(header)} is nobody`, () => {
    assert.equal(auth(header), null);
  });
}

test('without keys nobody may do anything, not even with an empty key', () => {
  assert.equal(ring([], [])('Bearer '), null);
  assert.equal(ring([], [])('Bearer x'), null);
});
