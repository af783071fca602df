/** The stream of transitions. The browser connects again by itself; what was missed is then asked for. */
import type { Action, Card } from '../shapes.ts';
import { h, one } from './dom.ts';

type Listener = (card: Card | null) => void;

const listeners = new Set<Listener>();
const actionListeners = new Set<(action: Action) => void>();
let source: EventSource | null = null;
/** Since the last greeting, by this source or by one that was refused. */
let missed = false;

function show(state: 'live' | 'away'): void {
  const place = one('[data-live]');
  place.hidden = false;
  place.className = `live ${state}`;
  place.replaceChildren(h('span', { class: 'dot', 'aria-hidden': 'true' }), state === 'live' ? 'Live' : 'Reconnecting');
}

/** `null` tells that something may have been missed. Gives what ends the listening. */
export function listen(listener: Listener): () => void {
  listeners.add(listener);
  return () => { listeners.delete(listener); };
}

/** What people do about challenges. Gives what ends the listening. */
export function listenToActions(listener: (action: Action) => void): () => void {
  actionListeners.add(listener);
  return () => { actionListeners.delete(listener); };
}

export function startLive(): void {
  if (source !== null) return;
  source = new EventSource('/api/live');
  source.addEventListener('hello', () => {
    show('live');
    if (missed) for (const listener of listeners) listener(null);
    missed = false;
  });
  source.addEventListener('challenge', (event) => {
    const card = JSON.parse((event as MessageEvent<string>).data) as Card;
    for (const listener of listeners) listener(card);
  });
  source.addEventListener('action', (event) => {
    const action = JSON.parse((event as MessageEvent<string>).data) as Action;
    for (const listener of actionListeners) listener(action);
  });
  source.addEventListener('error', () => {
    missed = true;
    show('away');
    // A refusal ends an event source for good.
    if (source?.readyState === EventSource.CLOSED) {
      source = null;
      setTimeout(startLive, 15_000);
    }
  });
}

export function stopLive(): void {
  source?.close();
  source = null;
  missed = false;
  one('[data-live]').hidden = true;
}
