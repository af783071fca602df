/** A page in Chromium goes offline, comes back, loses answers and is closed: every event is acknowledged or still queued, and in ClickHouse once. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Page } from 'playwright-core';
import { eventually } from '../integration/sinkWorld.ts';
import { interact, keptBy, leave, openChromium, openSite, ready, statsOf } from '../producers/sdk/chromium.ts';
import { openSdkWorld } from './sdkWorld.ts';

const chromium = await openChromium();
const site = chromium === null ? null : await openSite();
const world = site === null ? null : await openSdkWorld([site.origin]);
after(async () => {
  await chromium?.close();
  await site?.close();
});
const numbers = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, index) => String(from + index));

test('a page that goes offline, comes back, and is closed', { timeout: 180_000, skip: chromium === null ? 'there is no browser: npm ci' : false }, async () => {
  assert.ok(chromium !== null && site !== null && world !== null);
  const { proxy, user, feature, key } = world;
  const { origin } = site;
  const context = await chromium.newContext();
  const open = async (): Promise<Page> => {
    const page = await context.newPage();
    await page.goto(origin + site.path({ url: proxy.url, key, user_id: user, batch_ms: 50 }));
    await ready(page);
    return page;
  };
  const track = (page: Page, from: number, to: number): Promise<void> => interact(page, from, to, feature);
  const acknowledged = (page: Page, count: number): Promise<void> => eventually(async () => (await statsOf(page)).acknowledged === count, `${count} are acknowledged`);

  const page = await open();
  await track(page, 0, 40);
  await acknowledged(page, 40);
  await context.setOffline(true);
  await track(page, 40, 80);
  await eventually(async () => (await statsOf(page)).retries >= 2, 'it has tried');
  const { acknowledged: done, queued, dropped } = await statsOf(page);
  assert.deepEqual([done, queued, Object.values(dropped).some((count) => count > 0)], [40, 40, false], 'acknowledged or still queued');
  assert.equal(await keptBy(page, proxy.url), 40);
  await context.setOffline(false);
  await acknowledged(page, 80);

  // What the collector has taken and the page never hears of; then the page is gone.
  proxy.fault = () => 'lose';
  await track(page, 80, 120);
  await eventually(async () => Object.keys(await world.inLog()).length === 120, 'they are in the log');
  await leave(page);
  proxy.fault = () => 'pass';

  // Closed at the moment of tracking.
  const second = await open();
  await acknowledged(second, 40);
  await track(second, 120, 160);
  await leave(second);
  // Closed while offline; not before its IndexedDB is open, when some would be lost.
  const third = await open();
  await eventually(async () => (await keptBy(third, proxy.url)) === 0, 'it has sent what the second left');
  proxy.fault = () => 'cut';
  await track(third, 160, 161);
  await eventually(async () => (await keptBy(third, proxy.url)) === 1, 'the first is kept');
  await track(third, 161, 200);
  await leave(third);
  proxy.fault = () => 'pass';

  const last = await open();
  await eventually(async () => (await keptBy(last, proxy.url)) === 0 && (await statsOf(last)).queued === 0, 'nothing is queued');
  const inLog = await world.inLog();
  assert.deepEqual(Object.keys(inLog).sort(), numbers(0, 200).sort());
  assert.ok(numbers(80, 120).every((action) => (inLog[action] ?? 0) >= 2), 'the log has repeats, or this would prove nothing');
  await world.eachOnce(numbers(0, 200));
  await context.close();
});
