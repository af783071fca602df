import assert from 'node:assert/strict';
import { request } from 'node:https';
import { test } from 'node:test';
import { CERTIFICATE, CERTIFICATE_KEY } from './certificate.ts';
import { click, openWorld } from './world.ts';

test('with a certificate the collector speaks TLS, and nothing else', async (t) => {
  const world = await openWorld(t, { overrides: { tls: { cert: CERTIFICATE, key: CERTIFICATE_KEY } } });
  const status = await new Promise<number | undefined>((resolve, reject) => {
    request({ host: '127.0.0.1', port: world.collector.port, path: '/v1/events', method: 'POST', ca: CERTIFICATE, headers: { authorization: 'Bearer w', 'content-type': 'application/json' } }, (answer) => {
      answer.resume().once('end', () => {
        resolve(answer.statusCode);
      });
    })
      .once('error', reject)
      .end(JSON.stringify({ events: [click()] }));
  });
  assert.equal(status, 202);
  assert.equal(world.events().length, 1);
  await assert.rejects(world.get('/healthz'), 'plain HTTP');
});
