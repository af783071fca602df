/** A real Chromium, and a site whose pages use the SDK as it is shipped. The browser comes with the package, so nothing else need be installed. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, normalize } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { buildSdk } from '../../../producers/sdk/build.ts';
import type { BrowserOptions, BrowserTracker } from '../../../producers/sdk/core/types.ts';

/** What a page of the site has. */
export interface PageWindow {
  track: BrowserTracker;
}

export interface Site {
  /** Its origin: another than the collector's. */
  readonly origin: string;
  /** A page with a tracker of these options. */
  path(options: Partial<BrowserOptions>): string;
  close(): Promise<void>;
}

/** Null, with a complaint, where the packages are missing; on CI that is an error. */
export async function openChromium(): Promise<Browser | null> {
  try {
    const { chromium } = await import('playwright-core');
    const { default: binary } = await import('@sparticuz/chromium');
    // Not its own arguments: they switch off the security of the web, which is to be tested too.
    return await chromium.launch({ executablePath: await binary.executablePath(), args: ['--no-sandbox', '--headless=shell', '--disable-gpu', '--disable-dev-shm-usage'] });
  } catch (error) {
    if (process.env['CI'] === 'true') throw error;
    console.error(`\n!! The SDK is NOT tested in a browser: ${String(error)}\n`);
    return null;
  }
}

const BODY = `
  <section data-chokepoint-feature="notebooks"><button id="create" data-chokepoint-action="create"><b>Create</b></button><button id="plain">Plain</button></section>
  <form data-chokepoint-feature="search" data-chokepoint-action="search"><input value="secret"><button id="submit">Go</button></form>`;

export async function openSite(): Promise<Site> {
  const sdk = mkdtempSync(join(tmpdir(), 'chokepoint-site-'));
  buildSdk(sdk, { declarations: false });
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://site');
    if (!url.pathname.endsWith('.js')) {
      const script = `import { createTracker } from '/browser/main.js'; window.track = createTracker(JSON.parse(decodeURIComponent(location.search.slice(1))));`;
      response.writeHead(200, { 'content-type': 'text/html' }).end(`<!doctype html><title>site</title><script>document.addEventListener('submit', (event) => event.preventDefault());</script><script type="module">${script}</script>${BODY}`);
      return;
    }
    response.writeHead(200, { 'content-type': 'text/javascript' }).end(readFileSync(join(sdk, normalize(url.pathname))));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    path: (options) => `/?${encodeURIComponent(JSON.stringify(options))}`,
    close: () => new Promise((resolve) => {
      rmSync(sdk, { recursive: true, force: true });
      server.close(() => { resolve(); });
      server.closeAllConnections();
    }),
  };
}

/** Tracks interactions with the numbers from…to-1 as actions. */
export const interact = (page: Page, from: number, to: number, feature = 'notebooks'): Promise<void> =>
  page.evaluate(([first, end, name]) => { for (let n = first; n < end; n++) (globalThis as unknown as PageWindow).track.interaction(name, String(n)); }, [from, to, feature] as const);

export const statsOf = (page: Page): Promise<ReturnType<BrowserTracker['stats']>> => page.evaluate(() => (globalThis as unknown as PageWindow).track.stats());

export const ready = (page: Page): Promise<unknown> => page.waitForFunction(() => 'track' in globalThis);

/** Closes it as a person does, and waits until it is gone: before that it may still try again what has failed, and hear the answer. */
export async function leave(page: Page): Promise<void> {
  const gone = page.waitForEvent('close');
  await page.close({ runBeforeUnload: true });
  await gone;
}

/** How many events the origin keeps, of whichever tab. */
export const keptBy = (page: Page, collector: string): Promise<number> =>
  page.evaluate((name) => new Promise<number>((resolve, reject) => {
    const { indexedDB } = globalThis as unknown as { indexedDB: { open(name: string): { result: { transaction(store: string): { objectStore(store: string): { count(): { result: number; onsuccess: () => void } } } }; onsuccess: () => void; onerror: (error: unknown) => void } } };
    const request = indexedDB.open(name);
    request.onerror = reject;
    request.onsuccess = () => {
      const count = request.result.transaction('events').objectStore('events').count();
      count.onsuccess = () => { resolve(count.result); };
    };
  }), `chokepoint ${collector} `);
