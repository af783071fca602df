import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { createLog } from '../../../infra/service/log.ts';
import { watchRefusals } from '../../../producers/collector/refusals.ts';
import { click, openWorld } from './world.ts';

const MARK = 'c0ffee-secret';

test('nothing of a payload, a key or a path is in the log, whatever is wrong with the request', async (t) => {
  const lines: string[] = [];
  const world = await openWorld(t, {
    log: createLog('collector', (line) => lines.push(line)),
    acknowledgeMs: 50,
    overrides: { writeKeys: [`web:${MARK}-key`], privacy: { pseudonymSecret: `${MARK}-and-32-characters-or-more`, denyProperties: [`${MARK}-name`] } },
  });
  const event = click({ event_id: MARK, user_id: MARK, session_id: MARK, action: MARK, feature: MARK, properties: { [MARK]: MARK }, [MARK]: MARK });
  const post = (body: unknown, key = `${MARK}-key`) => world.post(`/v1/events?q=${MARK}`, body, { key, headers: { 'x-mark': MARK, referer: `https://${MARK}.example` } });
  const statuses = [
    await post({ events: [event, { ...event, type: MARK }, MARK] }),
    await post(`{"events": [{"user_id": "${MARK}`),
    await post({ events: [event] }, `${MARK}-wrong`),
    await world.post(`/v1/${MARK}`, event),
    await world.post('/v1/users', { users: [{ user_id: MARK }] }, { key: 'a' }),
    await world.post('/v1/clock', { occurred_at: MARK }, { key: 'a' }),
  ].map(({ status }) => status);
  assert.deepEqual(statuses, [202, 400, 401, 404, 202, 400]);
  // An error that nobody foresaw, whose message quotes the body.
  t.mock.method(world.codec, 'encode', () => {
    throw new TypeError(`cannot encode ${MARK}`);
  });
  const broken = await post({ events: [event] });
  assert.deepEqual([broken.status, JSON.stringify(broken.body).includes(MARK)], [500, false]);
  t.mock.restoreAll();
  world.fault = () => Promise.reject(new Error('not enough replicas'));
  assert.equal((await post({ events: [event] })).status, 503);
  world.fault = null;
  await new Promise((resolve) => connect(world.collector.port, '127.0.0.1').end(`POST /${MARK} HTTP/9\r\n${MARK}\r\n\r\n`).resume().once('close', resolve));
  await world.collector.stop();

  const all = lines.join('');
  for (const line of lines) assert.equal(typeof (JSON.parse(line) as { message: unknown }).message, 'string');
  for (const expected of ['request not served', 'a send failed', 'requests were refused']) assert.ok(all.includes(expected), expected);
  assert.ok(!all.includes(MARK), lines.find((line) => line.includes(MARK)));
  assert.ok(all.includes('"at":["'), 'where the error was');
});

test('refusals are one line a minute, with a bounded number of addresses', () => {
  const said: { readonly [field: string]: unknown }[] = [];
  const refusals = watchRefusals((_level, _message, fields) => said.push(fields ?? {}), 3_600_000);
  for (let index = 0; index < 5_000; index++) refusals.note(`10.0.${index >> 8}.${index & 255}`, 401, null);
  for (let index = 0; index < 7; index++) refusals.note('10.9.9.9', 429, 'web');
  refusals.note('x'.repeat(16_000), 401, null);
  refusals.stop();
  assert.equal(said.length, 1);
  assert.equal(said[0]?.['requests'], 5_008);
  assert.deepEqual(Object.entries(said[0]['most'] as object)[0], ['others', 4_008]);
  assert.ok(JSON.stringify(said).length < 1_000);
});

test('an address in X-Forwarded-For is believed of trusted proxies only', async (t) => {
  for (const [trustedProxies, expected] of [[[], '127.0.0.1 401 no valid key'], [['10.0.0.0/8'], '127.0.0.1 401 no valid key'], [['127.0.0.0/8'], '203.0.113.7 401 no valid key']] as const) {
    const said: string[] = [];
    const world = await openWorld(t, { overrides: { trustedProxies }, log: (_level, message, fields) => said.push(message + JSON.stringify(fields)) });
    await world.post('/v1/events', {}, { key: 'nobody', headers: { 'x-forwarded-for': '203.0.113.7' } });
    await world.collector.stop();
    assert.ok(said.some((line) => line.includes(expected)), expected);
  }
});
