import assert from 'node:assert/strict';
import { request } from 'node:https';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { CERTIFICATE, CERTIFICATE_KEY, RENEWED, RENEWED_KEY } from './certificate.ts';
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

test('a renewed certificate is taken up without a restart, once its key is there too', async (t) => {
  let current = { cert: CERTIFICATE, key: CERTIFICATE_KEY };
  const lines: string[] = [];
  const world = await openWorld(t, { overrides: { tls: current }, readTls: () => Promise.resolve(current), log: (_level, message) => lines.push(message) });
  const name = (): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port: world.collector.port, rejectUnauthorized: false }, () => {
        resolve(socket.getPeerCertificate().subject.CN);
        socket.end();
      });
      socket.once('error', reject);
    });
  const until = async (what: () => boolean): Promise<void> => {
    while (!what()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  assert.equal(await name(), 'localhost');
  current = { cert: RENEWED, key: CERTIFICATE_KEY };
  await until(() => lines.includes('the certificate cannot be used: what was valid before stays so'));
  assert.equal(await name(), 'localhost');
  current = { cert: RENEWED, key: RENEWED_KEY };
  await until(() => lines.includes('the certificate has changed'));
  assert.equal(await name(), 'renewed');
});
