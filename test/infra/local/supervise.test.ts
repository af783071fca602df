import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pidFile, startPart, type PartProcess } from '../../../infra/local/supervise.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'supervise-'));
after(() => { rmSync(dataDir, { recursive: true, force: true }); });

const shell = (name: string, script: string): Promise<PartProcess> => startPart({ name, command: '/bin/sh', args: ['-c', script], dataDir, ready: (logged) => logged().includes('ready') });

void test('a part is ready when it says so; its output is in its log, its pid in a file; stopping ends it', async () => {
  const part = await shell('good', 'echo more >&2; echo ready; exec sleep 600');
  assert.equal(readFileSync(pidFile(dataDir, 'good'), 'utf8'), String(part.pid));
  await part.stop();
  assert.equal(readFileSync(part.logFile, 'utf8'), 'more\nready\n');
  assert(!existsSync(pidFile(dataDir, 'good')));
  assert.throws(() => process.kill(part.pid, 0), { code: 'ESRCH' });
  await part.stop(); // Again is no mistake.
});

void test('what an earlier start has logged does not make a part ready', async () => {
  await (await shell('again', 'echo ready; exec sleep 600')).stop();
  await assert.rejects(shell('again', 'echo not this time; exit 4'), /again ended by itself \(exit 4\); the end of .*again\.log:\n {2}not this time$/);
});

void test('a part that ends later settles `failed`; one that is stopped does not', async () => {
  const failing = await shell('failing', 'echo ready; sleep 1; echo bad news; exit 7');
  assert.match((await failing.failed).message, /failing ended by itself \(exit 7\)[\s\S]*bad news/);
  await failing.stop();
  const stopped = await shell('stopped', 'echo ready; exec sleep 600');
  await stopped.stop();
  assert.equal(await Promise.race([stopped.failed, new Promise((resolve) => setImmediate(resolve, 'quiet'))]), 'quiet');
});

void test('one that does not end when asked to is killed when there is nothing to wait for', { timeout: 10_000 }, async () => {
  const part = await shell('stubborn', 'trap "" TERM; echo ready; while :; do sleep 0.1; done');
  await part.stop('at once');
  assert.throws(() => process.kill(part.pid, 0), { code: 'ESRCH' });
});

void test('a command that is not there is said to be so', async () => {
  await assert.rejects(startPart({ name: 'none', command: '/nowhere/at-all', args: [], dataDir, ready: () => true }), /none could not be started: \/nowhere\/at-all not found/);
});
