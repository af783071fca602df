/** The SDK in Chromium, on pages of another origin than the collector's (the real one, over Kafka in memory). */
import assert from 'node:assert/strict';
import { after, test, type TestContext } from 'node:test';
import type { BrowserContext, Page } from 'playwright-core';
import type { BrowserOptions } from '../../../producers/sdk/core/types.ts';
import { openWorld, type World } from '../collector/world.ts';
import { interact, keptBy, leave, openChromium, openSite, ready, statsOf, type PageWindow } from './chromium.ts';
import { faultyProxy, type FaultyProxy } from './faultyProxy.ts';

const chromium = await openChromium();
const site = chromium === null ? null : await openSite();
after(async () => {
  await chromium?.close();
  await site?.close();
});
const skip = chromium === null ? 'there is no browser: npm ci' : false;
const WAIT_MS = 30_000;

interface Setting {
  readonly world: World;
  readonly proxy: FaultyProxy;
  readonly context: BrowserContext;
  /** A page of the site in the same browser profile. */
  readonly open: (options?: Partial<BrowserOptions>) => Promise<Page>;
  readonly actions: () => string[];
}

async function setting(t: TestContext): Promise<Setting> {
  assert.ok(chromium !== null && site !== null);
  const world = await openWorld(t, { overrides: { origins: [site.origin] } });
  const proxy = await faultyProxy(() => world.url);
  t.after(() => proxy.close());
  const context = await chromium.newContext();
  t.after(() => context.close());
  return {
    world,
    proxy,
    context,
    open: async (options = {}) => {
      const page = await context.newPage();
      await page.goto(site.origin + site.path({ url: proxy.url, key: 'w', user_id: 'ada', batch_ms: 100, ...options }));
      await ready(page);
      return page;
    },
    actions: () => [...new Map(world.events().map(({ event_id, action }) => [event_id, String(action)])).values()].sort((a, b) => Number(a) - Number(b)),
  };
}

const numbers = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, index) => String(from + index));

async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const end = performance.now() + WAIT_MS; !(await condition()); ) {
    assert.ok(performance.now() < end, `waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Tracks `count` interactions, the last of them now, with IndexedDB open: before it is, a page that is closed may lose some. */
async function interactKept(page: Page, proxy: FaultyProxy, count: number): Promise<void> {
  await interact(page, 0, 1);
  await until(async () => (await keptBy(page, proxy.url)) === 1, 'the first is kept');
  await interact(page, 1, count);
}

test('events of a page arrive packed, across origins, with the browser\'s key', { skip }, async (t) => {
  const { world, proxy, open, actions } = await setting(t);
  const page = await open();
  await interact(page, 0, 300);
  await until(async () => (await statsOf(page)).acknowledged === 300, 'all is acknowledged');
  assert.deepEqual(actions(), numbers(0, 300));
  assert.ok(proxy.posts.every(({ packed }) => packed) && world.events().every(({ source }) => source === 'web'));
  await until(async () => (await keptBy(page, proxy.url)) === 0, 'nothing is kept');
});

test('offline and back: kept meanwhile, then sent without waiting for the next attempt', { skip }, async (t) => {
  const { proxy, context, open, actions } = await setting(t);
  const page = await open();
  await context.setOffline(true);
  await interact(page, 0, 50);
  await until(async () => (await statsOf(page)).retries >= 3, 'it has tried');
  assert.deepEqual([(await statsOf(page)).queued, await keptBy(page, proxy.url), proxy.posts.length], [50, 50, 0]);
  await context.setOffline(false);
  await until(async () => (await statsOf(page)).acknowledged === 50, 'all is acknowledged');
  assert.deepEqual(actions(), numbers(0, 50));
});

test('closed right after: what was tracked gets out with the page', { skip }, async (t) => {
  const { proxy, open, actions } = await setting(t);
  const page = await open({ batch_ms: 60_000 });
  await interact(page, 0, 80);
  await leave(page);
  await until(() => actions().length === 80, 'they are there');
  assert.ok(proxy.posts.every(({ packed }) => !packed), 'in the moment of leaving there is no time to pack');
});

test('closed right after, with more than may outlive a page: the rest is with the next page', { skip }, async (t) => {
  const { proxy, open, actions } = await setting(t);
  const page = await open({ batch_ms: 60_000 });
  await interactKept(page, proxy, 450);
  await leave(page);
  const next = await open();
  await until(() => actions().length === 450, 'all are there');
  assert.deepEqual(actions(), numbers(0, 450));
  await until(async () => (await keptBy(next, proxy.url)) === 0, 'nothing is kept');
});

test('closed while offline: the next page of the site sends it', { skip }, async (t) => {
  const { proxy, open, actions } = await setting(t);
  proxy.fault = () => 'cut';
  const page = await open();
  await interactKept(page, proxy, 60);
  await leave(page);
  await until(() => proxy.posts.length > 0, 'it has tried');
  proxy.fault = () => 'pass';
  const next = await open();
  await until(async () => (await statsOf(next)).acknowledged === 60, 'they are acknowledged');
  assert.deepEqual(actions(), numbers(0, 60));
});

test('a page that crashes keeps what is older than a moment', { skip }, async (t) => {
  const { proxy, open, actions } = await setting(t);
  proxy.fault = () => 'cut';
  const page = await open();
  await interact(page, 0, 60);
  await until(async () => (await keptBy(page, proxy.url)) === 60, 'they are kept');
  const crashed = page.waitForEvent('crash');
  await Promise.race([page.goto('chrome://crash').catch(() => undefined), crashed]);
  await crashed;
  proxy.fault = () => 'pass';
  const next = await open();
  await until(async () => (await statsOf(next)).acknowledged === 60, 'they are acknowledged');
  assert.deepEqual(actions(), numbers(0, 60));
});

test('a tab does not take what is another\'s that lives', { skip }, async (t) => {
  const { proxy, open, actions } = await setting(t);
  proxy.fault = () => ({ status: 503, headers: { 'retry-after': '600', 'access-control-allow-origin': '*', 'access-control-expose-headers': 'retry-after' } });
  const first = await open();
  await interact(first, 0, 40);
  await until(async () => (await statsOf(first)).retries === 1, 'it has been told to wait');
  proxy.fault = () => 'pass';
  const second = await open();
  await interact(second, 40, 50);
  await until(async () => (await statsOf(second)).acknowledged >= 10, 'the second has sent its own');
  await until(async () => (await keptBy(second, proxy.url)) === 40, 'and does not keep them any more');
  assert.deepEqual([actions(), (await statsOf(first)).queued], [numbers(40, 50), 40]);
  await leave(first);
  const third = await open();
  // Either of those that are open may be its heir, and only one: the second has sent 10 of its own.
  await until(async () => (await statsOf(second)).acknowledged + (await statsOf(third)).acknowledged === 50, 'its heir has sent them');
  assert.deepEqual(actions(), numbers(0, 50));
});

test('a page\'s dwell is the time in which it was visible; captured are marked elements only', { skip }, async (t) => {
  const { world, open } = await setting(t);
  const page = await open({ autoCapture: true });
  const from = performance.now();
  await page.evaluate(() => { (globalThis as unknown as PageWindow).track.page('notebooks'); });
  await page.click('#create b');
  await page.click('#plain');
  await page.click('#submit');
  await new Promise((resolve) => setTimeout(resolve, 300));
  await page.evaluate(() => { (globalThis as unknown as PageWindow).track.page('training'); });
  const most = performance.now() - from;
  await new Promise((resolve) => setTimeout(resolve, 50));
  await leave(page);
  await until(() => world.events().filter(({ type }) => type === 'timing').length === 2, 'both visits are there');
  const events = world.events();
  assert.deepEqual(events.filter(({ type }) => type === 'interaction').map(({ feature, action }) => [feature, action]), [['notebooks', 'create'], ['search', 'search']]);
  const [notebooks, training] = events.filter(({ type }) => type === 'timing').map(({ feature, duration_ms }) => ({ feature, ms: duration_ms ?? 0 }));
  assert.ok(notebooks?.feature === 'notebooks' && notebooks.ms >= 300 && notebooks.ms <= most, JSON.stringify(notebooks));
  assert.ok(training?.feature === 'training' && training.ms >= 50, JSON.stringify(training));
  assert.ok(!JSON.stringify(events, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)).includes('secret'));
});

test('Do Not Track and Global Privacy Control: nothing is sent or kept', { skip }, async (t) => {
  const { proxy, context, open } = await setting(t);
  for (const property of ['doNotTrack', 'globalPrivacyControl']) {
    await context.addInitScript(`Object.defineProperty(navigator, ${JSON.stringify(property)}, { get: () => ${property === 'doNotTrack' ? "'1'" : 'true'}, configurable: true });`);
    const page = await open();
    await interact(page, 0, 5);
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.deepEqual([(await statsOf(page)).state, proxy.posts.length], ['off', 0]);
    await page.close();
  }
});
