/**
 * `npm run screenshots -- [--url URL] [--data DIR]`: the pictures of the page in docs/images, from a running `npm start`. Made by hand when the page has changed: numbers and times are the demo's of
 * that day.
 */
import { mkdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser } from 'playwright-core';
import { readKeys } from '../../../infra/cli/keys.ts';
import { openChromium } from '../../producers/sdk/chromium.ts';

interface Shot {
  readonly name: string;
  readonly path: string;
  readonly dark?: boolean;
  readonly phone?: boolean;
  /** Of the window; the picture is what is seen of the page. */
  readonly height?: number;
}

const SHOTS: readonly Shot[] = [
  { name: 'now', path: '/', height: 730 }, { name: 'now-dark', path: '/', dark: true, height: 730 }, { name: 'now-phone', path: '/', phone: true },
  { name: 'challenge', path: '/challenges/', height: 1_180 }, { name: 'challenge-dark-phone', path: '/challenges/', dark: true, phone: true, height: 1_100 },
  { name: 'expertise', path: '/expertise' }, { name: 'stages', path: '/stages', height: 1_000 }, { name: 'pipeline-dark', path: '/pipeline', dark: true }, { name: 'catalog', path: '/catalog', height: 700 },
];
const MOST_BYTES = 200_000;
const IMAGES = resolve(import.meta.dirname, '../../../docs/images');

async function take(browser: Browser, url: string, key: string, { name, path, dark = false, phone = false, height = 860 }: Shot): Promise<string> {
  const context = await browser.newContext({ baseURL: url, colorScheme: dark ? 'dark' : 'light', viewport: { width: phone ? 390 : 1_280, height: phone ? Math.max(844, height) : height }, reducedMotion: 'reduce' });
  const answer = await context.request.post('/api/session', { data: { key } });
  if (!answer.ok()) throw new Error(`${url} does not take the key: ${String(answer.status())}`);
  const page = await context.newPage();
  await page.goto('/');
  await page.waitForSelector('.card');
  if (path === '/challenges/') await page.locator('.card.SoP a').last().click();
  else if (path !== '/') await page.goto(path);
  await page.waitForFunction(() => document.querySelector('main:not([aria-busy]) h1') !== null && !document.body.textContent.includes('Loading …') && [...document.querySelectorAll('.picture')].every((one) => one.clientWidth < 40 || one.querySelector('svg') !== null));
  await page.evaluate(() => { (document.activeElement as HTMLElement | null)?.blur(); });
  if (path === '/') await page.waitForSelector('.spark');
  const file = join(IMAGES, `${name}.png`);
  await page.screenshot({ path: file });
  await context.close();
  return file;
}

const { values } = parseArgs({ options: { url: { type: 'string', default: 'http://127.0.0.1:3000' }, data: { type: 'string', default: '.data' } } });
const key = readKeys(resolve(values.data))?.admin_keys[0];
if (key === undefined) throw new Error(`no keys.json in ${resolve(values.data)}: --data names the directory of the running platform`);
const browser = await openChromium();
if (browser === null) throw new Error('there is no browser: npm ci');
mkdirSync(IMAGES, { recursive: true });
try {
  for (const shot of SHOTS) {
    const file = await take(browser, values.url, key, shot);
    const { size } = statSync(file);
    console.log(`${file}  ${String(Math.round(size / 1_000))} kB${size > MOST_BYTES ? ': too large' : ''}`);
    if (size > MOST_BYTES) process.exitCode = 1;
  }
} finally {
  await browser.close();
}
