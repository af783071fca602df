/** The stream of transitions, while the page is looked at: a browser has six connections to a server, for all its tabs. It connects again by itself; what was missed is then asked for. */
import type { Action, Card } from '../shapes.ts';
import { get } from './api.ts';
import { h, one } from './dom.ts';
import { moment } from './format.ts';

type Listener = (card: Card | null) => void;

const REFUSED_MS = 15_000;

const listeners = new Set<Listener>();
const actionListeners = new Set<(action: Action) => void>();
/** Between sign-in and sign-out. */
let wanted = false;
let source: EventSource | null = null;
let retry: ReturnType<typeof setTimeout> | undefined;
/** Since the last greeting, by this source or an earlier one. */
let missed = false;
let isLive: boolean | null = null;
/** Of the last answer, where answers stay away. */
let unansweredSince: number | null = null;

function draw(): void {
  const place = one('[data-live]');
  const state = isLive === true && unansweredSince === null ? 'live' : 'away';
  const words = unansweredSince === null ? (isLive === true ? 'Live' : 'Reconnecting') : `No answer since ${moment(unansweredSince)}`;
  place.hidden = !wanted || (isLive === null && unansweredSince === null);
  if (place.textContent === words && place.classList.contains(state)) return;
  place.className = `live ${state}`;
  place.replaceChildren(h('span', { class: 'dot', 'aria-hidden': 'true' }), words);
}

/** Where the server does not answer the page's questions: since when. */
export function sayAnswered(since: number | null): void {
  unansweredSince = since;
  draw();
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

function connect(): void {
  if (source !== null || !wanted || document.hidden) return;
  clearTimeout(retry);
  const mine = new EventSource('/api/live');
  source = mine;
  mine.addEventListener('hello', () => {
    isLive = true;
    draw();
    if (missed) for (const listener of listeners) listener(null);
    missed = false;
  });
  mine.addEventListener('challenge', (event) => {
    const card = JSON.parse((event as MessageEvent<string>).data) as Card;
    for (const listener of listeners) listener(card);
  });
  mine.addEventListener('action', (event) => {
    const action = JSON.parse((event as MessageEvent<string>).data) as Action;
    for (const listener of actionListeners) listener(action);
  });
  mine.addEventListener('error', () => {
    missed = true;
    isLive = false;
    draw();
    // A refusal ends an event source for good. Whether it was for the session, a question tells.
    if (mine.readyState === EventSource.CLOSED && source === mine) {
      source = null;
      retry = setTimeout(connect, REFUSED_MS);
      void get('/api/session').catch(() => undefined);
    }
  });
}

function disconnect(): void {
  clearTimeout(retry);
  source?.close();
  source = null;
}

export function startLive(): void {
  wanted = true;
  connect();
}

export function stopLive(): void {
  wanted = false;
  missed = false;
  isLive = null;
  disconnect();
  draw();
}

document.addEventListener('visibilitychange', () => {
  if (!document.hidden) connect();
  else if (source !== null) {
    disconnect();
    missed = true;
  }
});
