import assert from 'node:assert/strict';
import { test } from 'node:test';
import { click, openWorld } from './world.ts';

const PAGE = 'https://app.example';

const preflight = (url: string, origin: string): Promise<Response> =>
  fetch(url, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,content-encoding,content-type' } });

test('a page of an allowed origin may post, and sees refusals and how long to wait', async (t) => {
  const world = await openWorld(t, { acknowledgeMs: 50, overrides: { origins: [PAGE] } });
  const asked = await preflight(`${world.url}/v1/events`, PAGE);
  assert.deepEqual(
    [asked.status, ...['access-control-allow-origin', 'access-control-allow-methods', 'access-control-allow-headers', 'vary'].map((name) => asked.headers.get(name))],
    [204, PAGE, 'POST', 'authorization, content-type, content-encoding', 'origin'],
  );
  const post = (key: string) => world.post('/v1/events', { events: [click()] }, { key, headers: { origin: PAGE } });
  for (const [answer, status] of [[await post('w'), 202], [await post('x'), 401]] as const) {
    assert.deepEqual([answer.status, answer.headers.get('access-control-allow-origin'), answer.headers.get('access-control-expose-headers')], [status, PAGE, 'retry-after']);
  }
  world.fault = () => Promise.reject(new Error('not enough replicas'));
  const refused = await post('w');
  assert.deepEqual([refused.status, refused.headers.get('access-control-allow-origin')], [503, PAGE]);
});

test('other origins and other paths are told nothing', async (t) => {
  const world = await openWorld(t, { overrides: { origins: [PAGE] } });
  for (const [path, origin] of [['/v1/events', 'https://evil.example'], ['/v1/events', 'null'], ['/v1/users', PAGE]] as const) {
    const asked = await preflight(world.url + path, origin);
    assert.equal(asked.headers.get('access-control-allow-origin'), null, `${path} ${origin}`);
  }
  assert.equal((await world.post('/v1/users', { users: [] }, { key: 'a', headers: { origin: PAGE } })).headers.get('access-control-allow-origin'), null);
});

test('without a setting there is no CORS; with * any page may', async (t) => {
  assert.equal((await preflight(`${(await openWorld(t)).url}/v1/events`, PAGE)).status, 404);
  const open = await openWorld(t, { overrides: { origins: ['*'] } });
  assert.equal((await preflight(`${open.url}/v1/events`, PAGE)).headers.get('access-control-allow-origin'), PAGE);
});
