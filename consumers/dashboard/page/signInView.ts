/** Signing in with an admin key. */
import type { SessionShape } from '../shapes.ts';
import { call } from './api.ts';
import { h } from './dom.ts';
import type { View } from './view.ts';

export function signInView(signedIn: (session: SessionShape) => void): View {
  const key = h('input', { id: 'key', name: 'key', type: 'password', autocomplete: 'current-password', required: true, spellcheck: 'false', 'aria-describedby': 'key-help key-wrong' });
  const wrong = h('p', { id: 'key-wrong', class: 'wrong', role: 'alert' });
  const button = h('button', { type: 'submit', class: 'primary' }, 'Sign in');
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    button.disabled = true;
    wrong.textContent = '';
    try {
      signedIn(await call<SessionShape>('POST', '/api/session', { key: key.value }));
    } catch (error) {
      wrong.textContent = error instanceof Error ? error.message : String(error);
      key.select();
    } finally {
      button.disabled = false;
    }
  };
  return {
    title: 'Sign in',
    content: [h('div', { class: 'sign-in' }, h('h1', {}, 'Sign in'), h('form', { submit: (event) => { void submit(event); } },
      h('label', { for: 'key' }, 'Admin key'), key, h('p', { id: 'key-help', class: 'fine' }, 'One of ADMIN_KEYS. After npm start it is in keys.json in the data directory, and in the terminal.'), wrong, button))],
  };
}
