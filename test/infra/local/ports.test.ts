import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../../infra/local/ports.ts';

const PORTS = new URL('../../../infra/local/ports.ts', import.meta.url);
/** Two of so many drawn at random would meet a dozen times. */
const MANY = 600;

test('nobody gets a port twice, also where nothing listens yet, and in another process', async (t) => {
  const script = `process.on('message', () => undefined); const { freePort } = await import(${JSON.stringify(PORTS.href)}); const ports = []; for (let n = 0; n < ${String(MANY / 2)}; n++) ports.push(await freePort()); process.send(ports);`;
  const others = [0, 1].map(() => spawn(process.execPath, ['--input-type=module', '-e', script], { cwd: fileURLToPath(new URL('.', PORTS)), stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }));
  t.after(() => { for (const other of others) other.disconnect(); });
  // Who listens to the channel stays alive, until this test has ended.
  const theirs = others.map(async (other) => ((await once(other, 'message')) as [number[]])[0]);
  const ours: number[] = [];
  for (let n = 0; n < MANY; n++) ours.push(await freePort());
  const all = [...ours, ...(await Promise.all(theirs)).flat()];
  assert.equal(all.length, 2 * MANY);
  assert.equal(new Set(all).size, all.length);
});
