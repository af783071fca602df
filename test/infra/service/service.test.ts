import assert from 'node:assert/strict';
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('child.ts', import.meta.url));

interface Running {
  readonly process: ChildProcess;
  /** The first line with that message, now or later. */
  line(message: string): Promise<Record<string, unknown>>;
  readonly exit: Promise<number | null>;
}

function run(t: TestContext, kind: string, options: { ipc?: true; port?: number } = {}): Running {
  const args = [kind, String(options.port ?? 0)];
  const child = options.ipc === true ? fork(CHILD, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] }) : spawn(process.execPath, [CHILD, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  const lines: Record<string, unknown>[] = [];
  const waiting = new Set<() => void>();
  if (child.stderr === null) throw new Error('no stderr');
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines.push(JSON.parse(line) as Record<string, unknown>);
    for (const wake of waiting) wake();
  });
  const exit = once(child, 'exit').then(([code]) => {
    for (const wake of waiting) wake();
    return code as number | null;
  });
  const line = (message: string): Promise<Record<string, unknown>> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = lines.find((one) => one['message'] === message);
        if (found !== undefined) resolve(found);
        else if (child.exitCode !== null) setTimeout(() => { reject(new Error(`it ended without "${message}": ${JSON.stringify(lines)}`)); }, 200);
      };
      waiting.add(look);
      look();
    });
  return { process: child, line, exit };
}

async function get(child: Running, path: string): Promise<{ status: number; text: string }> {
  const { port } = await child.line('health');
  const response = await fetch(`http://127.0.0.1:${String(port)}${path}`);
  return { status: response.status, text: await response.text() };
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} stops the service, which ends with 0`, async (t) => {
    const child = run(t, 'fine');
    await child.line('started');
    child.process.kill(signal);
    await child.line('closed');
    assert.equal(await child.exit, 0);
  });
}

test('the end of a parent stops the service', async (t) => {
  const child = run(t, 'fine', { ipc: true });
  await child.line('started');
  child.process.disconnect();
  assert.equal((await child.line('stopping'))['why'], 'the parent process ended');
  assert.equal(await child.exit, 0);
});

test('signals that come together are one; a later one ends the process at once', async (t) => {
  const child = run(t, 'never-stops');
  await child.line('started');
  child.process.kill('SIGINT');
  child.process.kill('SIGTERM');
  await child.line('stopping');
  assert.equal(child.process.exitCode, null);
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  assert.equal(child.process.exitCode, null, 'it is still stopping');
  child.process.kill('SIGINT');
  assert.equal(await child.exit, 1);
});

test('a service that fails ends with 1, and says why', async (t) => {
  const child = run(t, 'fails');
  assert.match(JSON.stringify(await child.line('cannot go on')), /it broke/);
  await child.line('closed');
  assert.equal(await child.exit, 1);
});

test('a service that cannot start ends with 1, and says why', async (t) => {
  const child = run(t, 'cannot-start');
  assert.match(JSON.stringify(await child.line('ended')), /no such thing.*deeper/);
  assert.equal(await child.exit, 1);
});

test('while it starts it is alive and not ready; then health is its own', async (t) => {
  const starting = run(t, 'never-starts');
  assert.equal((await get(starting, '/healthz')).status, 200);
  assert.deepEqual(await get(starting, '/readyz'), { status: 503, text: '{"ready":false,"detail":{"state":"starting"}}\n' });
  const fine = run(t, 'fine');
  await fine.line('started');
  assert.deepEqual(await get(fine, '/readyz'), { status: 200, text: '{"ready":true,"detail":{"kind":"fine"}}\n' });
  assert.match((await get(fine, '/metrics')).text, /chokepoint_process_resident_memory_bytes \d/);
  assert.equal((await get(fine, '/else')).status, 404);
  const bad = run(t, 'not-ready');
  await bad.line('started');
  assert.equal((await get(bad, '/readyz')).status, 503);
  assert.equal((await get(bad, '/healthz')).status, 200);
});

test('a port in use is named with its setting', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const child = run(t, 'fine', { port });
  const text = JSON.stringify(await child.line('ended'));
  assert.match(text, new RegExp(`port ${port} is in use`));
  assert.match(text, /CHILD_PORT/);
  assert.equal(await child.exit, 1);
});
