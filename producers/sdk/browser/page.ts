/** What a tracker hears of its page: that it is hidden, left or shown, that the network is back; and, where wanted, clicks on what is marked. */
import type { Dwell } from '../core/dwell.ts';

/** Calls what the page does until the function that is given is called. */
export function listenToPage(heard: { hidden(): void; shown(): void; left(): void; back(): void; online(): void }): () => void {
  const stop = new AbortController();
  const { signal } = stop;
  const changed = (): void => {
    if (document.visibilityState === 'hidden') heard.hidden();
    else heard.shown();
  };
  document.addEventListener('visibilitychange', changed, { signal });
  // Also where the page goes to the back/forward cache, from which it may come back.
  addEventListener('pagehide', () => { heard.left(); }, { signal });
  addEventListener('pageshow', ({ persisted }) => { if (persisted) heard.back(); }, { signal });
  addEventListener('online', () => { heard.online(); }, { signal });
  return () => { stop.abort(); };
}

const ACTION = 'data-chokepoint-action';
const FEATURE = 'data-chokepoint-feature';

/**
 * Clicks on what has `data-chokepoint-action`, submits of forms that have it; the feature is in `data-chokepoint-feature` of the same element or one around
 * it. Nothing else of the page is read: no text, no value, no address.
 */
export function capture(tell: (feature: string, action: string) => void): () => void {
  const stop = new AbortController();
  const listen = (type: 'click' | 'submit', marked: string): void => {
    const onEvent = ({ target }: Event): void => {
      const element = target instanceof Element ? target.closest(marked) : null;
      const action = element?.getAttribute(ACTION) ?? '';
      const feature = element?.closest(`[${FEATURE}]`)?.getAttribute(FEATURE) ?? '';
      if (action !== '' && feature !== '') tell(feature, action);
    };
    // Captured on the way down: a handler that stops the event does not hide it.
    document.addEventListener(type, onEvent, { capture: true, passive: true, signal: stop.signal });
  };
  listen('click', `[${ACTION}]:not(form)`);
  listen('submit', `form[${ACTION}]`);
  return () => { stop.abort(); };
}

/** The visit of a page, told as it ends. */
export function watch(dwell: Dwell, tell: (feature: string, duration_ms: number) => void): { begin(feature: string): void; hidden(): void; shown(): void; end(): void } {
  const now = (): number => performance.now();
  const say = (visit: ReturnType<Dwell['end']>): void => { if (visit !== null) tell(visit.feature, visit.duration_ms); };
  return {
    begin: (feature) => { say(dwell.begin(feature, document.visibilityState === 'visible', now())); },
    hidden: () => { dwell.hidden(now()); },
    shown: () => { dwell.visible(now()); },
    end: () => { say(dwell.end(now())); },
  };
}
