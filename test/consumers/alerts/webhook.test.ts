import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { LookupFunction } from 'node:net';
import { test } from 'node:test';
import { createWebhook, retryAfterMs } from '../../../consumers/alerts/webhook.ts';
import { startReceiver } from './receiver.ts';

const NOTICE = { key: 'c1/opened/5', body: JSON.stringify({ message: 'größer' }) };
const NOW = Date.UTC(2025, 6, 14);
const now = (): number => NOW;
const resolvesTo = (...addresses: string[]): LookupFunction => (_host, options, callback) => {
  if (options.all === true) callback(null, addresses.map((address) => ({ address, family: 4 })));
  else callback(null, addresses[0] ?? '', 4);
};

type Verify = (headers: Record<string, string>, body: string, secret: string, now: number) => boolean;
/** The code that docs/alerts.md gives receivers, as it stands there. */
async function documented(): Promise<Verify> {
  const code = /```js\n([^]*?)```/.exec(await readFile(new URL('../../../docs/alerts.md', import.meta.url), 'utf8'))?.[1] ?? '';
  const { verify } = await import(`data:text/javascript,${encodeURIComponent(code)}`) as { verify: Verify };
  return verify;
}

test('a delivery is a POST with its key and a signature that the receiver can verify', async () => {
  const receiver = await startReceiver(() => ({ status: 204 }));
  assert.deepEqual(await createWebhook({ url: receiver.url, secret: 's3cret', allowPrivate: true, now })(NOTICE), { ok: true });
  await receiver.close();
  const got = receiver.received[0];
  assert.ok(got);
  assert.equal(got.key, NOTICE.key);
  assert.equal(got.body, NOTICE.body);
  assert.equal(got.signature, `sha256=${createHmac('sha256', 's3cret').update(Buffer.from(NOTICE.body, 'utf8')).digest('hex')}`);
});

test('the timed signature is over time and body: an old time cannot be passed off as a new one', async () => {
  const receiver = await startReceiver(() => ({ status: 204 }));
  await createWebhook({ url: receiver.url, secret: 's3cret', allowPrivate: true, now })(NOTICE);
  await receiver.close();
  const got = receiver.received[0];
  assert.ok(got);
  const verify = await documented();
  const headers = { 'x-chokepoint-timestamp': got.timestamp, 'x-chokepoint-signature-timed': got.timed };
  assert.equal(verify(headers, got.body, 's3cret', NOW + 1_000), true);
  assert.equal(verify(headers, got.body, 's3cret', NOW + 300_001), false);
  assert.equal(verify({ ...headers, 'x-chokepoint-timestamp': String(NOW + 1) }, got.body, 's3cret', NOW), false);
  assert.equal(verify(headers, `${got.body} `, 's3cret', NOW), false);
  assert.equal(verify({}, got.body, 's3cret', NOW), false);
  const signed = (time: string): string => `sha256=${createHmac('sha256', 's3cret').update(`${time}.${got.body}`).digest('hex')}`;
  assert.equal(got.timestamp, String(NOW));
  assert.equal(got.timed, signed(got.timestamp));
  assert.notEqual(got.timed, signed(String(NOW + 1)));
});

test('what is not 2xx is a failure, with what the receiver asked for', async () => {
  const answers = [{ status: 500 }, { status: 429, headers: { 'retry-after': '7' } }, { status: 404 }];
  const receiver = await startReceiver((index) => answers[index] ?? { status: 200 });
  const deliver = createWebhook({ url: receiver.url, secret: null, allowPrivate: true, now });
  assert.deepEqual(await deliver(NOTICE), { ok: false, why: 'answered 500', retryAfterMs: null });
  assert.deepEqual(await deliver(NOTICE), { ok: false, why: 'answered 429', retryAfterMs: 7_000 });
  assert.deepEqual(await deliver(NOTICE), { ok: false, why: 'answered 404', retryAfterMs: null });
  assert.equal(receiver.received[0]?.signature, 'undefined');
  await receiver.close();
});

test('a redirect is not followed', async () => {
  const target = await startReceiver(() => ({ status: 200 }));
  const receiver = await startReceiver(() => ({ status: 307, headers: { location: target.url } }));
  const delivery = await createWebhook({ url: receiver.url, secret: null, allowPrivate: true, now })(NOTICE);
  assert.match(delivery.ok ? '' : delivery.why, /redirect: not followed/);
  assert.equal(target.received.length, 0);
  await Promise.all([receiver.close(), target.close()]);
});

test('no answer in time, and nobody there, are failures', async () => {
  const receiver = await startReceiver(() => null);
  const silent = await createWebhook({ url: receiver.url, secret: null, allowPrivate: true, now, timeoutMs: 50 })(NOTICE);
  assert.equal(silent.ok ? '' : silent.why, 'no answer in time');
  await receiver.close();
  const gone = await createWebhook({ url: receiver.url, secret: null, allowPrivate: true, now })(NOTICE);
  assert.match(gone.ok ? '' : gone.why, /ECONNREFUSED/);
});

for (const [what, url, resolve] of [
  ['an address of this machine', 'http://127.0.0.1:PORT/', undefined],
  ['an IPv6 address of this machine', 'http://[::1]:PORT/', undefined],
  ['an IPv4 address in IPv6', 'http://[::ffff:127.0.0.1]:PORT/', undefined],
  ['an address in other notation', 'http://0x7f.1:PORT/', undefined],
  ['a name that resolves to this machine', 'http://localhost:PORT/', undefined],
  ['a name of somebody else that resolves to this machine', 'http://example.com:PORT/', resolvesTo('127.0.0.1')],
  ['a name of which one address is private', 'http://example.com:PORT/', resolvesTo('8.8.8.8', '10.0.0.1')],
] satisfies [string, string, LookupFunction | undefined][]) {
  test(`${what} is refused before anything is sent`, async () => {
    const receiver = await startReceiver(() => ({ status: 200 }));
    const options = { url: url.replace('PORT', String(receiver.port)), secret: null, allowPrivate: false, now };
    const delivery = await createWebhook(resolve === undefined ? options : { ...options, resolve })(NOTICE);
    await receiver.close();
    assert.match(delivery.ok ? '' : delivery.why, /refused to connect to .*not a public address/);
    assert.equal(receiver.received.length, 0);
  });
}

test('a private address is reached where that is allowed, by name too', async () => {
  const receiver = await startReceiver(() => ({ status: 200 }));
  const deliver = createWebhook({ url: `http://example.com:${receiver.port}/`, secret: null, allowPrivate: true, now, resolve: resolvesTo('127.0.0.1') });
  assert.deepEqual(await deliver(NOTICE), { ok: true });
  await receiver.close();
});

test('Retry-After: seconds, a date, nonsense', () => {
  assert.equal(retryAfterMs('120', NOW), 120_000);
  assert.equal(retryAfterMs(new Date(NOW + 5_000).toUTCString(), NOW), 5_000);
  assert.equal(retryAfterMs(new Date(NOW - 5_000).toUTCString(), NOW), 0);
  assert.equal(retryAfterMs('soon', NOW), null);
  assert.equal(retryAfterMs(undefined, NOW), null);
});
