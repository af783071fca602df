/** Who may sign in: keys of the settings and of the collector's keys file, as it is now. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { openAdminKeys } from '../../../infra/cli/adminKeys.ts';

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const FAST_MS = 5;

test('admin keys of the file sign in, without a restart; who is taken out is out; a wrong file changes nothing', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'chokepoint-keys-'));
  const file = join(directory, 'keys.json');
  const write = (...keys: object[]): void => { writeFileSync(file, JSON.stringify({ keys })); };
  const [ops, web, page] = [{ name: 'ops', sha256: [hashOf('old'), hashOf('new')], rights: 'admin' }, { name: 'web', sha256: hashOf('writes'), rights: 'write' }, { name: 'page', sha256: hashOf('bound'), rights: 'admin', origins: 'https://app.example' }];
  write(ops, web, page);
  const said: string[] = [];
  const { keys, stop } = await openAdminKeys(['ada:set'], file, (_level, message) => { said.push(message); }, FAST_MS);
  t.after(() => { stop(); rmSync(directory, { recursive: true }); });
  assert.deepEqual(['set', 'old', 'new', 'writes', 'bound', hashOf('old')].map((key) => keys.check(key)?.name ?? null), ['ada', 'ops', 'ops', null, null, null]);
  const session = keys.check('old')?.id ?? '';

  const until = async (what: string, holds: () => boolean): Promise<void> => {
    for (let n = 0; n < 400 && !holds(); n++) await pause(FAST_MS);
    assert.ok(holds(), what);
  };
  write({ ...ops, sha256: hashOf('new') });
  await until('the key that was taken out is no longer known', () => keys.check('old') === null);
  assert.ok(!keys.isCurrent(session) && keys.check('new') !== null && keys.check('set') !== null);
  writeFileSync(file, '{"keys": [{}]}');
  await until('it is said that the file is wrong', () => said.some((message) => message.includes('cannot be used')));
  assert.equal(keys.check('new')?.name, 'ops');
});

test('a file that is wrong at the start is an error', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'chokepoint-keys-'));
  t.after(() => { rmSync(directory, { recursive: true }); });
  const file = join(directory, 'keys.json');
  writeFileSync(file, '{"keys": [{"name": "ops"}]}');
  await assert.rejects(openAdminKeys([], file, () => undefined), { code: 'KEYS' });
  await assert.rejects(openAdminKeys([], join(directory, 'none.json'), () => undefined), { code: 'ENOENT' });
});
