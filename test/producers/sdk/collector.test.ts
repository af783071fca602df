/** The SDK in Node against the real collector (over Kafka in memory), through a network that fails. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { createTracker, type NodeOptions } from '../../../producers/sdk/node/main.ts';
import type { Tracker } from '../../../producers/sdk/core/types.ts';
import { openWorld, type World } from '../collector/world.ts';
import { faultyProxy, type FaultyProxy } from './faultyProxy.ts';

interface Setting {
  readonly world: World;
  readonly proxy: FaultyProxy;
  readonly tracker: Tracker;
}

async function open(t: TestContext, options: Partial<NodeOptions> = {}, overrides: object = {}): Promise<Setting> {
  const world = await openWorld(t, { overrides });
  const proxy = await faultyProxy(() => world.url);
  t.after(() => proxy.close());
  const tracker = createTracker({ url: proxy.url, key: 'w', user_id: 'ada', batch_ms: 10, ...options });
  t.after(() => tracker.close(0));
  return { world, proxy, tracker };
}

/** Each of so many actions is in the log, in order, and nothing else; how often does not matter: the processor counts each id once. */
function inLogInOrder(world: World, count: number): void {
  const first = new Map<string, string>();
  for (const { event_id, action } of world.events()) first.set(event_id, first.get(event_id) ?? String(action));
  assert.deepEqual([...first.values()], Array.from({ length: count }, (_, index) => String(index)));
}

const many = (tracker: Tracker, from: number, to: number): void => { for (let n = from; n < to; n++) tracker.interaction('f', String(n), { properties: { n } }); };

test('batches arrive packed, in order, each once', async (t) => {
  const { world, proxy, tracker } = await open(t);
  many(tracker, 0, 1_200);
  assert.equal(await tracker.flush(), true);
  inLogInOrder(world, 1_200);
  assert.equal(world.events().length, 1_200);
  assert.deepEqual(proxy.posts.map(({ ids, packed }) => [ids.length, packed]), [[500, true], [500, true], [200, true]]);
  assert.ok(world.events().every(({ source, sent_at, occurred_at }) => source === 'web' && sent_at !== null && sent_at >= occurred_at));
});

test('answers that are lost and connections that break: the same ids again, until each is acknowledged', async (t) => {
  const { world, proxy, tracker } = await open(t, { batch_events: 20 });
  proxy.fault = (count) => (['lose', 'cut', 'pass'] as const)[count % 3] ?? 'pass';
  many(tracker, 0, 60);
  const flushed = await tracker.flush(30_000);
  assert.ok(flushed, `not flushed: ${JSON.stringify({ ...tracker.stats(), now: performance.now(), posts: proxy.posts.map(({ at, ids, fault: what }) => [at, ids.length, what]) })}`);
  inLogInOrder(world, 60);
  assert.ok(world.events().length > 60, 'the log has repeats');
  assert.deepEqual([tracker.stats().acknowledged, tracker.stats().queued], [60, 0]);
});

test('a collector that takes less at once: halves, and nothing is lost but what it can never take', async (t) => {
  const { world, tracker } = await open(t, {}, { maxEvents: 30, maxBodyBytes: 60_000 });
  many(tracker, 0, 100);
  tracker.interaction('f', 'large', { properties: { text: 'x'.repeat(80_000) } });
  many(tracker, 100, 200);
  assert.equal(await tracker.flush(20_000), true);
  inLogInOrder(world, 200);
  assert.deepEqual([tracker.stats().acknowledged, tracker.stats().dropped.too_large], [200, 1]);
});

test('Retry-After is waited for', async (t) => {
  const { world, proxy, tracker } = await open(t);
  proxy.fault = (count) => (count === 0 ? { status: 429, headers: { 'retry-after': '2' } } : 'pass');
  many(tracker, 0, 3);
  assert.equal(await tracker.flush(20_000), true);
  inLogInOrder(world, 3);
  assert.ok((proxy.posts[1]?.at ?? 0) - (proxy.posts[0]?.at ?? 0) >= 2_000);
});

test('a wrong key, a portal that answers 200, Kafka away: all of it is kept, and the problem is said', { timeout: 60_000 }, async (t) => {
  for (const status of [401, 200, 503]) {
    const { world, proxy, tracker } = await open(t);
    proxy.fault = () => ({ status });
    many(tracker, 0, 3);
    assert.equal(await tracker.flush(300), false);
    while (tracker.stats().problem === null) await new Promise((resolve) => setTimeout(resolve, 10));
    const { acknowledged, queued, problem } = tracker.stats();
    assert.deepEqual([world.events().length, acknowledged, queued, problem?.slice(0, 3)], [0, 0, 3, String(status)]);
  }
});

test('what the collector refuses is counted and said, and does not hold up the others', async (t) => {
  const said: string[] = [];
  const { world, tracker } = await open(t, { onProblem: ({ kind, detail }) => said.push(`${kind} ${detail}`) });
  many(tracker, 0, 2);
  // Few enough characters for the SDK, too many bytes for the collector.
  tracker.interaction('f', 'large', { properties: { text: '\u6f22'.repeat(100_000) } });
  many(tracker, 2, 3);
  assert.equal(await tracker.flush(), true);
  inLogInOrder(world, 3);
  assert.deepEqual([tracker.stats().acknowledged, tracker.stats().rejected, said.length, said[0]?.slice(0, 19)], [3, 1, 1, 'rejected too_large:']);
  assert.equal(world.deadLetters().length, 1);
});
