/** The proxy between clients and a server that counts what it gets. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, test } from 'node:test';
import { freePort } from '../../../infra/local/ports.ts';
import { startHttpProxy, type HttpProxy } from './httpProxy.ts';

let proxy: HttpProxy;
let got = 0;
const server = createServer((request, response) => {
  request.resume().on('end', () => {
    got += 1;
    response.writeHead(request.url === '/no' ? 503 : 202).end('{}');
  });
});

beforeEach(async () => {
  got = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  proxy = await startHttpProxy(await freePort(), (server.address() as AddressInfo).port, { taken: 202 });
});
afterEach(async () => {
  await proxy.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** The status, or null where no answer came. */
const post = async (path = '/'): Promise<number | null> => {
  const answer = await fetch(proxy.url + path, { method: 'POST', body: 'x' }).catch(() => null);
  await answer?.text();
  return answer?.status ?? null;
};
const until = async (what: () => boolean): Promise<void> => {
  while (!what()) await new Promise((resolve) => setTimeout(resolve, 5));
};

test('requests and answers go through', async () => {
  assert.deepEqual([await post(), await post('/no')], [202, 503]);
  assert.equal(got, 2);
});

test('dropped answers: the server gets every request, and its client an end without answer; those that said 202 are counted', async () => {
  let dropped = 0;
  const end = proxy.dropAnswers(() => { dropped += 1; });
  const asked = Promise.all([post(), post(), post('/no')]);
  await until(() => dropped === 3);
  assert.equal(got, 3);
  assert.equal(end(), 2);
  assert.deepEqual(await asked, [null, null, null]);
  assert.equal(await post(), 202, 'afterwards all is well');
});

test('at a 202 the answer stays here, with its connection; others go through', async () => {
  let reached = 0;
  proxy.onTaken(() => { reached += 1; });
  assert.deepEqual([await post('/no'), reached], [503, 0]);
  assert.deepEqual([await post(), reached, got], [null, 1, 2]);
  assert.deepEqual([await post(), reached], [202, 1], 'once');
  proxy.onTaken(() => { reached += 1; })();
  assert.deepEqual([await post(), reached], [202, 1], 'disarmed');
});

test('a stall holds requests and lets them go; a cut breaks what is connected', async () => {
  let held = 0;
  const go = proxy.stall(() => { held += 1; });
  const asked = post();
  await until(() => held > 0);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(got, 0);
  assert.ok(go() > 0);
  assert.equal(await asked, 202);
  held = 0;
  const again = proxy.stall(() => { held += 1; });
  const cut = post();
  await until(() => held > 0);
  assert.ok(proxy.cut() > 0);
  assert.equal(await cut, null);
  again();
});

test('refused: requests of interest are answered here, the others go through; told of are those of interest', async () => {
  const lines: string[] = [];
  const choosy = await startHttpProxy(await freePort(), (server.address() as AddressInfo).port, { taken: 202, interest: /^\/insert/, onRequest: (line) => { lines.push(line); } });
  const ask = async (path: string): Promise<[number, string | null, string]> => {
    const answer = await fetch(choosy.url + path, { method: 'POST', body: 'x'.repeat(300_000) });
    return [answer.status, answer.headers.get('x-code'), await answer.text()];
  };
  const end = choosy.refuse({ status: '500 Internal Server Error', headers: { 'X-Code': '243' }, body: 'disk full' });
  assert.deepEqual(await ask('/insert?a=1'), [500, '243', 'disk full']);
  assert.deepEqual(await ask('/select'), [202, null, '{}']);
  assert.equal(end(), 1);
  assert.deepEqual(await ask('/insert?a=2'), [202, null, '{}'], 'afterwards all is well');
  assert.deepEqual([lines, got], [['/insert?a=1', '/insert?a=2'], 2]);
  await choosy.close();
});
