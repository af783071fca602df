import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeysError, parseKeysFile } from '../../../../producers/collector/keys/keysFile.ts';

const HASH = 'ab'.repeat(32);
const LIMITS = { requests: 5, events: null };
const KEY = { name: 'web', sha256: HASH, rights: 'write' };
const parse = (...keys: readonly unknown[]) => parseKeysFile(JSON.stringify({ keys }), LIMITS);
const callers = (...keys: readonly unknown[]) => parse(...keys).map(({ caller }) => caller);

test('what a key does not name: its own source only, any place, the limits of the settings', () => {
  assert.deepEqual(callers(KEY), [{ name: 'web', source: 'web', sources: ['web'], origins: null, rights: ['write'], limits: LIMITS }]);
});

test('what a key names is so', () => {
  const key = { ...KEY, rights: 'admin', sources: ['s', 't'], origins: ['https://app.example'], requests_per_second: 0.5, events_per_second: 100 };
  assert.deepEqual(callers(key), [{ name: 'web', source: 's', sources: ['s', 't'], origins: ['https://app.example'], rights: ['write', 'admin'], limits: { requests: 0.5, events: 100 } }]);
  assert.deepEqual(callers({ ...KEY, sources: ['*'] }).map(({ source, sources }) => [source, sources]), [['web', null]]);
  assert.deepEqual(callers({ ...KEY, sources: ['s', '*'] }).map(({ source, sources }) => [source, sources]), [['s', null]]);
  assert.deepEqual(parse({ ...KEY, sha256: [HASH, HASH.replaceAll('a', 'C')] }).map(({ hashes }) => hashes.map((hash) => hash.toString('hex'))), [[HASH, HASH.replaceAll('a', 'c')]]);
  assert.deepEqual(parse(), []);
});

const WRONG: readonly (readonly [what: string, key: unknown])[] = [
  ['name', { ...KEY, name: '' }], ['name', { ...KEY, name: 'a b' }], ['name', {}], ['name', 'web'], ['name', null],
  ['sha256', { ...KEY, sha256: 'secret' }], ['sha256', { ...KEY, sha256: [] }], ['sha256', { ...KEY, sha256: [HASH, 1] }], ['sha256', { name: 'x', rights: 'write' }],
  ['rights', { ...KEY, rights: 'all' }], ['rights', { ...KEY, rights: 'constructor' }], ['sources', { ...KEY, sources: [] }], ['sources', { ...KEY, sources: [1] }],
  ['origins', { ...KEY, origins: ['https://app.example/'] }], ['origins', { ...KEY, origins: [] }], ['origins', { ...KEY, origins: ['*'] }],
  ['requests_per_second', { ...KEY, requests_per_second: 0 }], ['events_per_second', { ...KEY, events_per_second: '5' }],
  ['there is no such field: orgins', { ...KEY, orgins: ['https://app.example'] }], ['__proto__', JSON.parse(`{"name": "web", "sha256": "${HASH}", "rights": "write", "__proto__": {"sources": ["*"]}}`)],
];
for (const [what, key] of WRONG) {
  test(`wrong: ${what}: ${JSON.stringify(key)}`, () => {
    assert.throws(() => parse(KEY, key), (error) => error instanceof KeysError && error.message.includes(what));
  });
}

test('a text that is no keys file, two of a name, too many', () => {
  for (const text of ['', '{', '[]', '{}', '{"keys": {}}', 'null']) assert.throws(() => parseKeysFile(text, LIMITS), KeysError);
  assert.throws(() => parse(KEY, KEY), /web: there are two/);
  assert.throws(() => parse(...Array.from({ length: 1_001 }, (_, index) => ({ ...KEY, name: `k${index}` }))), /1001 keys/);
});

test('no value of the file is in an error: it may be a key in the wrong place', () => {
  for (const text of ['{"keys": [{"sha256": "hunter2"', '{"keys": [{"name": "hunter2 x", "sha256": "hunter2", "rights": "hunter2", "sources": [{"a": "hunter2"}], "origins": "hunter2"}]}']) {
    assert.throws(() => parseKeysFile(text, LIMITS), (error) => error instanceof KeysError && !error.message.includes('hunter2'));
  }
});
