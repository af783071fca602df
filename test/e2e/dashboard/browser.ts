/** One browser and one platform for a test file, and how its tests open the page and read it. */
import assert from 'node:assert/strict';
import { after } from 'node:test';
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { openChromium } from '../../producers/sdk/chromium.ts';
import { openDashboardWorld } from './world.ts';

const chromium = await openChromium();
export const world = chromium === null ? null : await openDashboardWorld();
after(() => chromium?.close());
export const options = { timeout: 180_000, skip: chromium === null ? 'there is no browser: npm ci' : false } as const;

interface Opened {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What the browser complained of: errors, refusals by the policy, requests to elsewhere. */
  readonly complaints: string[];
}

export async function open(settings: BrowserContextOptions = {}): Promise<Opened> {
  assert.ok(chromium !== null && world !== null);
  const { url } = world;
  const context = await chromium.newContext({ baseURL: url, ...settings });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => { if (message.type() === 'error' && !message.text().includes('401')) complaints.push(message.text()); });
  page.on('dialog', (dialog) => { complaints.push(`dialog ${dialog.message()}`); void dialog.dismiss(); });
  page.on('request', (request) => { if (!request.url().startsWith(url)) complaints.push(`request to ${request.url()}`); });
  return { context, page, complaints };
}

export async function signedIn(settings: BrowserContextOptions = {}): Promise<Opened> {
  const opened = await open(settings);
  assert.equal((await opened.context.request.post('/api/session', { data: { key: 'admin' } })).status(), 200);
  return opened;
}

/** The view has what it asked for: charts are drawn, samples are there. */
export async function settled(page: Page): Promise<void> {
  await page.waitForSelector('main:not([aria-busy]) h1');
  await page.waitForFunction(() => !document.body.textContent.includes('Loading …') && [...document.querySelectorAll('.picture')].every((one) => one.clientWidth < 40 || one.querySelector('svg') !== null));
}

export async function visit(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await settled(page);
}

export const textOf = (page: Page, selector: string): Promise<string[]> => page.locator(selector).allTextContents();
/** A table by its caption, as rows of cells. */
export const rowsOf = (page: Page, caption: string): Promise<string[][]> =>
  page.evaluate((name) => [...document.querySelectorAll('table')].filter((table) => table.caption?.textContent === name).flatMap((table) => [...table.querySelectorAll('tbody tr')].map((row) => [...row.children].map((cell) => cell.textContent))), caption);
