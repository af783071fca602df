/** The HTTP: headers on every answer, nothing without a session, nothing from other sites, files compressed once. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { createAdminKeys } from '../../../consumers/dashboard/access/adminKeys.ts';
import { createAttempts } from '../../../consumers/dashboard/access/attempts.ts';
import { createSealer } from '../../../consumers/dashboard/access/session.ts';
import { createApp } from '../../../consumers/dashboard/app.ts';
import { encodingOf, loadAssets } from '../../../consumers/dashboard/assets.ts';

const assets = loadAssets();
let now = 1_000_000;
const logged: unknown[] = [];
const make = (secure: boolean, publicHost: string | null = null) => createApp({
  assets, trustedProxies: [], health: () => ({ ready: true, detail: {} }), log: (...line) => { logged.push(line); },
  access: {
    keys: createAdminKeys(['ops:right']), sealer: createSealer(Buffer.from('k'.repeat(32))), attempts: createAttempts(() => now), sessionMs: 60_000, publicHost, secure, now: () => now,
    proxy: { header: 'x-user', secret: 'p'.repeat(32), addresses: [] }, userIdViewers: ['grace'],
  },
  routes: (scope, access) => {
    scope.get('/api/now', (request) => ({ viewer: access.viewerOf(request) }));
    scope.get('/api/broken', () => { throw new Error('row of user u-1'); });
  },
});
const app = make(false);
after(() => app.close());

const signIn = async (key: string, headers: Record<string, string> = {}) => app.inject({ method: 'POST', url: '/api/session', payload: { key }, headers });
const cookieOf = (answer: { headers: Record<string, unknown> }): string => String(answer.headers['set-cookie']).split(';')[0] ?? '';

test('every answer has the headers that keep others out, also a refusal', async () => {
  for (const url of ['/', '/challenges/abc', '/api/now', '/api/session', '/nowhere', '/healthz', [...assets.files.keys()][0] ?? '']) {
    const { headers } = await app.inject(url);
    assert.equal(headers['content-security-policy'], "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'", url);
    assert.deepEqual([headers['x-content-type-options'], headers['x-frame-options'], headers['referrer-policy']], ['nosniff', 'DENY', 'no-referrer'], url);
  }
});

test('who mistypes an address in a browser gets the page, which says so; a program gets JSON', async () => {
  const [person, program] = await Promise.all([{ accept: 'text/html,*/*;q=0.8' }, { accept: '*/*' }].map((headers) => app.inject({ url: '/nowhere', headers })));
  assert.deepEqual([person?.statusCode, program?.statusCode], [404, 404]);
  assert.match(person?.body ?? '', /^<!doctype html>/);
  assert.equal(program?.json<{ error: string }>().error, 'not_found');
});

test('without a session the API answers 401; with one it knows the viewer; signing out ends it', async () => {
  assert.equal((await app.inject('/api/now')).statusCode, 401);
  assert.equal((await signIn('wrong')).statusCode, 401);
  const answer = await signIn('right');
  assert.equal(answer.statusCode, 200);
  assert.match(String(answer.headers['set-cookie']), /^chokepoint=[\w.-]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=60$/);
  const cookie = cookieOf(answer);
  assert.deepEqual((await app.inject({ url: '/api/now', headers: { cookie: `other=1; ${cookie}` } })).json(), { viewer: { name: 'ops', by: 'key', sees_user_ids: true } });
  now += 60_000;
  assert.equal((await app.inject({ url: '/api/now', headers: { cookie } })).statusCode, 401, 'it expires');
  assert.match(String((await app.inject({ method: 'DELETE', url: '/api/session' })).headers['set-cookie']), /^chokepoint=; .*Max-Age=0$/);
});

test('over https the cookie goes nowhere else', async () => {
  const secure = make(true);
  const answer = await secure.inject({ method: 'POST', url: '/api/session', payload: { key: 'right' } });
  assert.match(String(answer.headers['set-cookie']), /^__Host-chokepoint=.*; Secure$/);
  assert.ok(answer.headers['strict-transport-security']);
  await secure.close();
});

test('a viewer by the proxy sees no user ids, unless the settings name them', async () => {
  const asked = async (user: string) => (await app.inject({ url: '/api/now', headers: { 'x-user': user, 'x-chokepoint-proxy-secret': 'p'.repeat(32) } })).json<{ viewer: unknown }>().viewer;
  assert.deepEqual(await asked('ada'), { name: 'ada', by: 'proxy', sees_user_ids: false });
  assert.deepEqual(await asked('grace'), { name: 'grace', by: 'proxy', sees_user_ids: true });
  assert.equal((await app.inject({ url: '/api/now', headers: { 'x-user': 'ada' } })).statusCode, 401);
});

test('what another site sends is refused', async () => {
  assert.equal((await signIn('right', { 'sec-fetch-site': 'cross-site' })).statusCode, 403);
  assert.equal((await signIn('right', { origin: 'https://evil.example', host: 'page.example' })).statusCode, 403);
  assert.equal((await signIn('right', { origin: 'http://page.example', host: 'page.example', 'sec-fetch-site': 'same-origin' })).statusCode, 200);
  assert.equal((await app.inject({ method: 'POST', url: '/api/session', payload: 'key=right', headers: { 'content-type': 'application/x-www-form-urlencoded' } })).statusCode, 415, 'as a form would send it');
});

test('behind a proxy that changes Host, what comes from where people open the page is taken; nothing else is', async () => {
  const behind = make(true, 'page.example');
  const from = async (origin: string, one = behind) => (await one.inject({ method: 'POST', url: '/api/session', payload: { key: 'right' }, headers: { origin, host: 'dashboard.internal:3000' } })).statusCode;
  assert.deepEqual([await from('https://page.example'), await from('http://dashboard.internal:3000')], [200, 200]);
  assert.deepEqual([await from('https://evil.example'), await from('https://page.example.evil.example'), await from('null'), await from('https://page.example', app)], [403, 403, 403, 403]);
  await behind.close();
});

test('too many wrong keys, and even the right one waits', async () => {
  now += 60_000;
  for (let n = 0; n < 10; n++) await signIn('wrong');
  const answer = await signIn('right');
  assert.deepEqual([answer.statusCode, answer.headers['retry-after']], [429, '60']);
  now += 60_000;
  assert.equal((await signIn('right')).statusCode, 200);
});

test('an error tells a viewer nothing of what was in it', async () => {
  const answer = await app.inject({ url: '/api/broken', headers: { cookie: cookieOf(await signIn('right')) } });
  assert.equal(answer.statusCode, 503);
  assert.ok(!answer.body.includes('u-1') && JSON.stringify(logged).includes('not served'));
});

test('files are compressed, kept for good under a name of their content, and hold no types', async () => {
  const html = (await app.inject('/')).body;
  const script = /src="(\/assets\/[0-9a-f]{16}\/main\.ts)"/.exec(html)?.[1] ?? '';
  const [plain, br, gzip] = await Promise.all(['identity', 'gzip, br', 'gzip'].map((encoding) => app.inject({ url: script, headers: { 'accept-encoding': encoding } })));
  assert.ok(plain && br && gzip);
  assert.deepEqual([br.headers['content-encoding'], gzip.headers['content-encoding']], ['br', 'gzip']);
  assert.equal(brotliDecompressSync(br.rawPayload).toString(), plain.body);
  assert.equal(gunzipSync(gzip.rawPayload).toString(), plain.body);
  assert.match(String(plain.headers['cache-control']), /immutable/);
  assert.equal((await app.inject('/')).headers['cache-control'], 'no-cache');
  assert.ok(!/\bimport type\b|: SessionShape\b/.test(plain.body));
  assert.ok(!/https?:\/\/(?!www\.w3\.org)/.test(html), 'nothing from elsewhere');
  assert.deepEqual(['br;q=0, gzip', 'gzip;q=0', 'deflate', undefined].map(encodingOf), ['gzip', null, null, null]);
});
