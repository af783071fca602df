/** The page: which view a path is, moving between them without a load, the session, the theme. */
import type { SessionShape } from '../shapes.ts';
import { ApiError, call, get, SIGNED_OUT } from './api.ts';
import { catalogView } from './catalogView.ts';
import { challengeView } from './challengeView.ts';
import { h, one } from './dom.ts';
import { expertiseView } from './expertiseView.ts';
import { startLive, stopLive } from './live.ts';
import { nowView } from './nowView.ts';
import { pipelineView } from './pipelineView.ts';
import { signInView } from './signInView.ts';
import { stagesView } from './stagesView.ts';
import { startTheme } from './themeSwitch.ts';
import type { View } from './view.ts';

const main = one('#main');
const nav = one('nav');
let session: SessionShape | null = null;
let leave: () => void = () => undefined;
/** Counts views, so that one that comes late does not replace a later one. */
let turn = 0;
/** Of the view that is there, or on its way. */
let openPath = '';

/** Views are fetched with the page; which one a path is. */
const VIEWS: readonly { readonly name: string; readonly path: RegExp; readonly open: (id: string) => Promise<View> }[] = [
  { name: 'now', path: /^\/$/, open: () => nowView() },
  { name: 'challenge', path: /^\/challenges\/([^/]+)$/, open: (id) => challengeView(id) },
  { name: 'expertise', path: /^\/expertise$/, open: () => expertiseView() },
  { name: 'stages', path: /^\/stages$/, open: () => stagesView() },
  { name: 'pipeline', path: /^\/pipeline$/, open: () => pipelineView() },
  { name: 'catalog', path: /^\/catalog$/, open: () => catalogView() },
];

function show({ title, content, leave: next }: View, name: string, focus: boolean): void {
  leave();
  leave = next ?? (() => undefined);
  document.title = `${title} · Chokepoint`;
  main.replaceChildren(...content);
  main.removeAttribute('aria-busy');
  for (const link of nav.querySelectorAll('a')) {
    if (link.dataset['nav'] === name) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  if (focus) {
    main.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;

const failed = (error: unknown): View => ({
  title: 'Not available',
  content: [h('h1', {}, error instanceof ApiError && error.status === 404 ? 'Not found' : 'Not available now'), h('p', { class: 'lead' }, sentence(error instanceof Error ? error.message : String(error))), h('p', { class: 'gap' }, h('button', { type: 'button', click: () => { void open(false); } }, 'Try again'), ' ', h('a', { href: '/' }, 'To the challenges'))],
});

function drawSession(): void {
  nav.hidden = session === null;
  const who = one('[data-who]');
  who.hidden = session === null;
  who.textContent = session === null ? '' : session.name;
  who.title = session === null ? '' : session.sees_user_ids ? 'sees user ids' : 'sees no user ids';
  one('[data-sign-out]').hidden = session?.by !== 'key';
}

function signIn(): void {
  turn += 1;
  session = null;
  stopLive();
  drawSession();
  show(signInView((found) => {
    session = found;
    drawSession();
    void open(true);
  }), '', false);
  main.querySelector('input')?.focus();
}

async function open(focus: boolean): Promise<void> {
  const mine = ++turn;
  const { pathname } = location;
  openPath = pathname;
  const view = VIEWS.find(({ path }) => path.test(pathname));
  main.setAttribute('aria-busy', 'true');
  try {
    session ??= await get<SessionShape>('/api/session');
    drawSession();
    startLive();
    const opened = view === undefined ? failed(new ApiError(404, 'There is no such page.')) : await view.open(decodeURIComponent(view.path.exec(pathname)?.[1] ?? ''));
    if (mine === turn) show(opened, view?.name ?? '', focus);
    else opened.leave?.();
  } catch (error) {
    if (mine !== turn) return;
    if (error instanceof ApiError && error.status === 401) signIn();
    else show(failed(error), view?.name ?? '', focus);
  }
}

/** Links within the page; with a key or another button they are the browser's. */
function follow(event: MouseEvent): void {
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (link === null || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  if (link.origin !== location.origin || link.target !== '' || link.hash !== '') return;
  event.preventDefault();
  if (link.pathname !== location.pathname) history.pushState(null, '', link.pathname);
  void open(true);
}

document.addEventListener('click', follow);
// To the browser the skip link is such a move as well: its focus would be taken back to the beginning when the view came again.
window.addEventListener('popstate', () => { if (location.pathname !== openPath) void open(true); });
document.addEventListener(SIGNED_OUT, () => {
  const isTyped = [...main.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>('input, textarea')].some(({ value }) => value !== '');
  if (session !== null && !isTyped) signIn();
});
one('[data-sign-out]').addEventListener('click', () => {
  call('DELETE', '/api/session').then(signIn, (error: unknown) => { if (session !== null) show(failed(new Error(`You are still signed in: ${error instanceof Error ? error.message : String(error)}`)), '', true); });
});
startTheme();
void open(false);
