/** Who may: admin keys, sessions that cannot be made or changed by others, proxies that are believed, attempts that are counted. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { createAdminKeys } from '../../../consumers/dashboard/access/adminKeys.ts';
import { createAttempts } from '../../../consumers/dashboard/access/attempts.ts';
import { createProxyName, PROXY_SECRET_HEADER } from '../../../consumers/dashboard/access/proxy.ts';
import { createSealer } from '../../../consumers/dashboard/access/session.ts';

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

test('a key is known as it stands, without its name, and by its hash; no other is', () => {
  const keys = createAdminKeys(['plain', 'ops:named', `hashed:sha256:${hashOf('secret')}`]);
  assert.deepEqual(['plain', 'named', 'ops:named', 'secret'].map((key) => keys.check(key)?.name), ['admin', 'ops', 'ops', 'hashed']);
  for (const wrong of ['', 'ops', 'plain ', hashOf('secret'), `sha256:${hashOf('secret')}`]) assert.equal(keys.check(wrong), null, wrong);
  const id = keys.check('plain')?.id ?? '';
  assert.ok(keys.isCurrent(id) && !createAdminKeys(['other']).isCurrent(id) && !keys.isCurrent(''));
});

test('a session is opened as it was sealed, until it is over; whatever was changed is none', () => {
  const sealer = createSealer(Buffer.from('a'.repeat(32)));
  const session = { name: 'ops', key_id: 'abc', until: 1_000 };
  const token = sealer.seal(session);
  assert.deepEqual(sealer.open(token, 999), session);
  assert.equal(sealer.open(token, 1_000), null, 'over');
  assert.equal(createSealer(Buffer.from('b'.repeat(32))).open(token, 1), null, 'another secret');
  const [body = '', signature = ''] = token.split('.');
  const longer = Buffer.from(JSON.stringify({ ...session, until: 9_999 })).toString('base64url');
  for (const forged of [`${longer}.${signature}`, body, `${body}.`, `.${signature}`, `${token}.x`, '', '.', 'x'.repeat(2_000)]) assert.equal(sealer.open(forged, 1), null, forged.slice(0, 40));
});

test('a proxy is believed with the secret, or from its address; a header alone is nothing', () => {
  const header = 'x-forwarded-user';
  const bySecret = createProxyName({ header, secret: 's'.repeat(32), addresses: [] });
  assert.equal(bySecret({ [header]: 'ada', [PROXY_SECRET_HEADER]: 's'.repeat(32) }, '203.0.113.9'), 'ada');
  assert.equal(bySecret({ [header]: 'ada', [PROXY_SECRET_HEADER]: 'wrong' }, '127.0.0.1'), null);
  assert.equal(bySecret({ [header]: 'ada' }, '127.0.0.1'), null);
  assert.equal(bySecret({ [header]: ' ', [PROXY_SECRET_HEADER]: 's'.repeat(32) }, '203.0.113.9'), null, 'nobody');
  const byAddress = createProxyName({ header, secret: null, addresses: ['10.0.0.0/8', '::1'] });
  assert.deepEqual(['10.1.2.3', '::ffff:10.1.2.3', '::1', '11.0.0.1', '', 'nonsense'].map((address) => byAddress({ [header]: 'ada' }, address)), ['ada', 'ada', 'ada', null, null, null]);
  assert.equal(createProxyName({ header: null, secret: 's'.repeat(32), addresses: ['::1'] })({ [header]: 'ada' }, '::1'), null);
});

test('ten failures a minute of an address, a hundred of all; then it waits', () => {
  let now = 0;
  const attempts = createAttempts(() => now);
  for (let n = 0; n < 10; n++) attempts.failed('a');
  assert.equal(attempts.waitSeconds('a'), 60);
  assert.equal(attempts.waitSeconds('b'), null);
  now = 59_000;
  assert.equal(attempts.waitSeconds('a'), 1);
  now = 60_000;
  assert.equal(attempts.waitSeconds('a'), null);
  for (let n = 0; n < 100; n++) attempts.failed(`host-${String(n)}`);
  assert.equal(attempts.waitSeconds('somebody else'), 60);
});
