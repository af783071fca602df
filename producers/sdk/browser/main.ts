/** The SDK in a browser: `import { createTracker } from 'chokepoint/sdk'`. docs/producers.md says how to use it and what it guarantees. */
import { createDwell } from '../core/dwell.ts';
import { createTracker as create } from '../core/tracker.ts';
import { createTransport } from '../core/transport.ts';
import type { BrowserOptions, BrowserTracker, Details } from '../core/types.ts';
import { capture, listenToPage, watch } from './page.ts';
import { openStore } from './store.ts';
import { live } from './tabs.ts';

export type { BrowserOptions, BrowserTracker, Cause, Details, DropReason, EventType, Options, Outcome, Problem, Stats, Task, TrackedError, TrackedEvent, Tracker, Tracking } from '../core/types.ts';

/** Browsers let 64 KiB outlive a page, over all requests: one that is under way and a last one share them. */
const KEEPALIVE_BYTES = 30_000;
/** With sent_at, which is added to each, within that too. */
const LAST_CHARS = 20_000;
/** As gzip packs events to a tenth, most batches are within what may outlive the page. */
const BATCH_CHARS = 200_000;

/** Never throws: with wrong options every call does nothing, and `stats().problem` (and `onProblem`, else a warning on the console) says why. */
export function createTracker(options: BrowserOptions): BrowserTracker {
  const tab = newTab();
  const inside = create(options, {
    enabled: !optedOut(),
    clock: { wall: () => Date.now(), monotonic: () => performance.now(), chance: Math.random, after },
    fill: (words) => crypto.getRandomValues(words),
    transport: createTransport({ url: options.url, key: options.key, fetch: fetch.bind(globalThis), timeoutMs: options.timeout_ms ?? 20_000, keepaliveBytes: KEEPALIVE_BYTES }),
    journal: options.offline === false || !('indexedDB' in globalThis) ? null : (onProblem) => openStore({ name: `chokepoint ${options.url} ${options.source ?? ''}`, tab, after, onFailure: (detail) => { onProblem({ kind: 'storage', detail }); } }),
    batchChars: BATCH_CHARS,
  });
  const { tracker, sender } = inside;
  if (tracker.stats().state === 'off') return { ...tracker, page: () => undefined };

  let release = live(tab);
  let about: Details | undefined;
  const visit = watch(createDwell(), (feature, duration_ms) => { tracker.time(feature, duration_ms, about); });
  let current: string | null = null;
  const page: BrowserTracker['page'] = (feature, details) => {
    visit.end();
    current = feature;
    about = details;
    if (feature !== null) visit.begin(feature);
  };
  const stopListening = listenToPage({
    hidden: () => {
      visit.hidden();
      sender.leave(LAST_CHARS);
    },
    shown: () => {
      visit.shown();
      sender.wake();
    },
    left: () => {
      visit.end();
      sender.leave(LAST_CHARS);
      release();
    },
    back: () => {
      release = live(tab);
      // That is another visit.
      if (current !== null) visit.begin(current);
    },
    online: () => { sender.wake(); },
  });
  const stopCapture = options.autoCapture === true ? capture((feature, action) => { tracker.interaction(feature, action); }) : null;
  return {
    ...tracker,
    page,
    close: (timeout) => {
      visit.end();
      stopListening();
      stopCapture?.();
      // Only then may another tab take over what is left.
      return tracker.close(timeout).finally(() => { release(); });
    },
  };
}

/** Do Not Track, and Global Privacy Control, which has taken its place. */
const optedOut = (): boolean => navigator.doNotTrack === '1' || (navigator as { readonly globalPrivacyControl?: boolean }).globalPrivacyControl === true;

/** Not randomUUID, which pages that are not served over HTTPS do not have. */
const newTab = (): string => [...crypto.getRandomValues(new Uint32Array(4))].map((word) => word.toString(16)).join('-');

function after(ms: number, call: () => void): () => void {
  const timer = setTimeout(call, Math.min(ms, 2 ** 31 - 1));
  return () => { clearTimeout(timer); };
}
