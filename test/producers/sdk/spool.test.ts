/** The spool, with processes that are killed: what is on the disk is sent by one that comes later, and by one only. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createTracker } from '../../../producers/sdk/node/main.ts';
import type { Problem } from '../../../producers/sdk/core/types.ts';
import { openWorld } from '../collector/world.ts';
import { faultyProxy, type FaultyProxy } from './faultyProxy.ts';

const CHILD = fileURLToPath(new URL('spoolChild.ts', import.meta.url));
const WAIT_MS = 30_000;

async function setting(t: TestContext): Promise<{ spool: string; collector: string; proxy: FaultyProxy; actions: () => string[]; lines: () => number; track: (from: number, to: number, end: 'stay' | 'exit' | 'end') => ChildProcess }> {
  const spool = mkdtempSync(join(tmpdir(), 'chokepoint-spool-'));
  t.after(() => { rmSync(spool, { recursive: true, force: true }); });
  const world = await openWorld(t);
  const proxy = await faultyProxy(() => world.url);
  t.after(() => proxy.close());
  return {
    spool,
    collector: world.url,
    proxy,
    actions: () => world.events().map(({ action }) => String(action)).sort((a, b) => Number(a) - Number(b)),
    lines: () => files(spool).reduce((sum, file) => sum + readFileSync(join(spool, file), 'utf8').split('\n').length - 1, 0),
    track: (from, to, end) => {
      const child = spawn(process.execPath, [CHILD, proxy.url, 'w', spool, String(from), String(to), end], { stdio: ['pipe', 'pipe', 'inherit'] });
      t.after(() => child.kill('SIGKILL'));
      return child;
    },
  };
}

const files = (spool: string): string[] => readdirSync(spool).filter((name) => name.endsWith('.spool'));
const numbers = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, index) => String(from + index));

async function until(condition: () => boolean, what: string): Promise<void> {
  for (const end = performance.now() + WAIT_MS; !condition(); ) {
    assert.ok(performance.now() < end, `waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

test('killed while the collector is away, its events are sent by the next process that names the directory', async (t) => {
  const { spool, collector, proxy, actions, lines, track } = await setting(t);
  proxy.fault = () => 'cut';
  const killed = track(0, 700, 'stay');
  await until(() => lines() === 700, 'all is on the disk');
  await kill(killed);
  // Past the proxy, which goes on cutting: a request of the dead process may come to it yet.
  const tracker = createTracker({ url: collector, key: 'w', user_id: 'ada', batch_ms: 10, spool });
  await until(() => tracker.stats().acknowledged === 700, 'they are acknowledged');
  assert.deepEqual(actions(), numbers(0, 700));
  assert.deepEqual((await tracker.close()).queued, 0);
  await until(() => readdirSync(spool).length === 0, 'nothing is left in the directory');
});

test('a process that lives keeps its own: another neither sends nor touches it', async (t) => {
  const { spool, proxy, lines, track } = await setting(t);
  proxy.fault = () => 'cut';
  track(0, 50, 'stay');
  await until(() => lines() === 50, 'all is on the disk');
  const before = files(spool);
  proxy.fault = () => ({ status: 503, headers: { 'retry-after': '600' } });
  const tracker = createTracker({ url: proxy.url, key: 'w', user_id: 'ada', batch_ms: 10, spool });
  tracker.interaction('f', 'mine');
  await until(() => lines() === 51, 'the other has its own');
  assert.equal(tracker.stats().queued, 1);
  assert.equal((await tracker.close(0)).queued, 1);
  assert.deepEqual(files(spool).filter((file) => before.includes(file)), before);
});

test('of several that start at once, one takes over a dead one\'s file', async (t) => {
  const { spool, collector, proxy, actions, lines, track } = await setting(t);
  proxy.fault = () => 'cut';
  const dead = [track(0, 300, 'stay'), track(300, 600, 'stay'), track(600, 900, 'stay')];
  await until(() => lines() === 900, 'all is on the disk');
  await Promise.all(dead.map(kill));
  const trackers = Array.from({ length: 6 }, () => createTracker({ url: collector, key: 'w', user_id: 'ada', batch_ms: 10, spool }));
  await until(() => trackers.reduce((sum, tracker) => sum + tracker.stats().acknowledged, 0) >= 900, 'they are acknowledged');
  await Promise.all(trackers.map((tracker) => tracker.close()));
  assert.deepEqual(actions(), numbers(0, 900), 'each sent once');
});

test('process.exit keeps what was tracked a moment ago; a process that ends by itself sends it', async (t) => {
  const { lines, actions, track } = await setting(t);
  const [code] = (await once(track(0, 40, 'exit'), 'exit')) as [number];
  assert.deepEqual([code, lines(), actions()], [0, 40, []]);
  await once(track(40, 60, 'end'), 'exit');
  assert.deepEqual(actions(), numbers(0, 60));
});

test('a line that was cut off is skipped, a file that does not fit waits', async (t) => {
  const { spool, proxy, actions } = await setting(t);
  const event = (n: number): string => `${JSON.stringify({ event_id: `e${n}`, user_id: 'ada', occurred_at: Date.now(), type: 'interaction', feature: 'f', action: String(n) })}\n`;
  writeFileSync(join(spool, 'aaaa.0.spool'), event(0) + event(1) + event(2).slice(0, 40));
  writeFileSync(join(spool, 'bbbb.0.spool'), numbers(3, 30).map((n) => event(Number(n))).join(''));
  const small = createTracker({ url: proxy.url, key: 'w', user_id: 'ada', batch_ms: 10, queue_events: 10, spool });
  await until(() => small.stats().acknowledged === 2, 'what fits is sent');
  await small.close();
  assert.deepEqual([actions(), files(spool)], [['0', '1'], ['bbbb.0.spool']]);
});

test('a directory that cannot be used is said; events go from memory', async (t) => {
  const { spool, proxy, actions } = await setting(t);
  const problems: Problem[] = [];
  appendFileSync(join(spool, 'file'), '');
  for (const directory of [join(spool, 'file', 'below'), join(spool, 'x'.repeat(200))]) {
    const tracker = createTracker({ url: proxy.url, key: 'w', user_id: 'ada', batch_ms: 10, spool: directory, onProblem: (problem) => { problems.push(problem); } });
    tracker.interaction('f', String(problems.length));
    assert.deepEqual((await tracker.close()).queued, 0);
  }
  assert.deepEqual(actions(), ['0', '1']);
  assert.deepEqual(problems.map(({ kind }) => kind), ['storage', 'storage']);
});

test('consent taken back erases the files', async (t) => {
  const { spool, proxy, lines } = await setting(t);
  proxy.fault = () => 'cut';
  const tracker = createTracker({ url: proxy.url, key: 'w', user_id: 'ada', batch_ms: 10, spool });
  for (let n = 0; n < 20; n++) tracker.interaction('f', 'a');
  await until(() => lines() === 20, 'all is on the disk');
  tracker.interaction('f', 'on its way to the disk');
  tracker.consent(false);
  assert.deepEqual((await tracker.close(0)).queued, 0);
  assert.deepEqual(files(spool), []);
});
