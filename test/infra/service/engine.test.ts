/** What the binary tells Node and V8 before it loads anything: compiled code is found again, and what cannot be had does no harm. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const BINARY = fileURLToPath(new URL('../../../infra/cli/chokepoint.ts', import.meta.url));
const WORKER = fileURLToPath(new URL('../../../consumers/analyzer/expertise/worker.ts', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'chokepoint-engine-'));
after(() => { rmSync(home, { recursive: true, force: true }); });

function node(cache: string, ...args: readonly string[]): { readonly stdout: string; readonly stderr: string; readonly status: number | null } {
  return spawnSync(process.execPath, args, { encoding: 'utf8', env: { ...process.env, NODE_COMPILE_CACHE: undefined, NODE_DISABLE_COMPILE_CACHE: undefined, CHOKEPOINT_CACHE: cache } });
}

const help = (cache: string, command: string): ReturnType<typeof node> => node(cache, BINARY, command, '--help');

/** Files of compiled code, each with when it was written. */
function kept(cache: string): ReadonlyMap<string, bigint> {
  const files = readdirSync(cache, { recursive: true, encoding: 'utf8' }).map((name) => join(cache, name)).filter((file) => statSync(file).isFile());
  return new Map(files.map((file) => [file, statSync(file, { bigint: true }).mtimeNs]));
}

test('compiled code is kept, and the next process of the same service takes it as it is, whatever other services have been started in between', () => {
  const cache = join(home, 'kept');
  for (const service of ['processor', 'analyzer']) {
    const { stdout, stderr, status } = help(cache, service);
    // An engine that does not know a flag says so on stderr.
    assert.deepEqual([stderr, status], ['', 0]);
    assert.match(stdout, new RegExp(`^usage: npm run chokepoint -- ${service}`));
  }
  const before = kept(cache);
  assert.ok([...before.keys()].every((file) => file.startsWith(join(cache, 'compiled'))));
  // Each has some, in a directory of its own: code that was compiled under other flags is of no use.
  assert.equal(readdirSync(join(cache, 'compiled')).length, 2);
  assert.ok(before.size > 20, `${before.size} files`);
  for (const service of ['processor', 'analyzer', 'processor']) help(cache, service);
  assert.deepEqual(kept(cache), before);
});

test('the training thread, whose modules no other thread loads, keeps them too', () => {
  const cache = join(home, 'thread');
  const train = join(home, 'train.mjs');
  writeFileSync(train, `
    import { Worker } from 'node:worker_threads';
    const worker = new Worker(${JSON.stringify(WORKER)});
    worker.postMessage({ tick: 0, chunks: [], last: null, lastFrequent: null });
    worker.once('message', async ({ record }) => { console.log(record.decision); await worker.terminate(); });`);
  assert.equal(node(cache, train).stdout, 'none\n');
  const before = kept(cache);
  assert.ok(before.size > 5, `${before.size} files`);
  assert.equal(node(cache, train).stdout, 'none\n');
  assert.deepEqual(kept(cache), before);
});

test('where nothing can be kept, a command runs as before', () => {
  const cache = join(home, 'a-file');
  writeFileSync(cache, '');
  const { stderr, status } = help(cache, 'analyzer');
  assert.deepEqual([stderr, status], ['', 0]);
});
