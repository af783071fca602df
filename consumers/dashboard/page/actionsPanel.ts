/** What people do about a challenge: acknowledge, snooze, assign, comment, mark fixed, say whether it was useful; and what was done. */
import type { Action, ActionKind, CardState } from '../shapes.ts';
import { call, get } from './api.ts';
import { stateAfter, stateWords } from './cardState.ts';
import { announce, h, section, type Child } from './dom.ts';
import { moment } from './format.ts';

const DAY_MS = 86_400_000;
/** Ours: by then the tables have an action that the stream told. */
const ROW_MS = 30_000;
const SNOOZES: readonly { readonly days: number; readonly name: string }[] = [{ days: 1, name: 'a day' }, { days: 7, name: 'a week' }, { days: 28, name: 'four weeks' }];

const SAID: Readonly<Record<ActionKind, (action: Action) => string>> = {
  acknowledged: () => 'acknowledged it', snoozed: ({ until }) => `snoozed it until ${moment(until)}`, assigned: ({ assignee }) => (assignee === null ? 'took the assignment back' : `assigned it to ${assignee}`), commented: () => 'commented',
  fixed: () => 'marked it fixed', useful: () => 'found it useful', not_useful: () => 'found it not useful', reopened: () => 'took back what was acknowledged, snoozed or fixed',
};

const entry = (action: Action): HTMLElement => h('li', {}, h('time', { class: 'fine', datetime: new Date(action.at).toISOString() }, moment(action.at)), ' ', h('b', {}, action.by), ` ${SAID[action.kind](action)}`, action.text === null ? null : h('p', { class: 'said' }, action.text));

/** A UUIDv7 (RFC 9562). `crypto.randomUUID` is there in secure contexts only. */
function newId(): string {
  const random = [...crypto.getRandomValues(new Uint8Array(10))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const time = Date.now().toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-8${random.slice(3, 6)}-${random.slice(6, 18)}`;
}

export interface ActionsPanel {
  readonly element: HTMLElement;
  /** From the stream: ours come back on it too. */
  take(action: Action): void;
  /** From the tables, which know of more than this server's stream tells. */
  renew(state: CardState | null): void;
}

export function actionsPanel(id: string, first: CardState | null): ActionsPanel {
  const path = `/api/challenges/${encodeURIComponent(id)}/actions`;
  let state = first;
  let actions: readonly Action[] = [];
  let recent: { readonly action: Action; readonly until: number }[] = [];
  const words = h('p', { class: 'lead' });
  const log = h('ol', { class: 'log', tabindex: 0, 'aria-label': 'Actions so far, the latest first' });
  const wrong = h('p', { class: 'wrong', role: 'alert' });
  const draw = (): void => {
    const said = stateWords(state);
    words.textContent = said.length === 0 ? 'Nobody has taken it up yet.' : `It is ${said.join(', ')}.`;
    log.replaceChildren(...(actions.length === 0 ? [h('li', { class: 'empty' }, 'Nothing yet.')] : actions.toReversed().map(entry)));
  };
  const take = (action: Action): void => {
    if (actions.some(({ action_id }) => action_id === action.action_id)) return;
    actions = [...actions, action];
    recent.push({ action, until: Date.now() + ROW_MS });
    state = stateAfter(state, action);
    draw();
  };
  let attempt = { of: '', id: '' };
  let isUnderWay = false;
  const act = async (asked: { readonly kind: ActionKind } & Partial<Pick<Action, 'until' | 'assignee' | 'text'>>): Promise<boolean> => {
    if (isUnderWay) return false;
    isUnderWay = true;
    wrong.textContent = '';
    // Tried again after a failure it is the same action, which counts once, whether the first try came through or not.
    const of = JSON.stringify(asked);
    if (attempt.of !== of) attempt = { of, id: newId() };
    try {
      const action = await call<Action>('POST', path, { ...asked, action_id: attempt.id });
      attempt = { of: '', id: '' };
      take(action);
      announce(`Done: you ${SAID[action.kind](action)}.`);
      return true;
    } catch (error) {
      wrong.textContent = error instanceof Error ? error.message : String(error);
      return false;
    } finally {
      isUnderWay = false;
    }
  };
  const button = (kind: ActionKind, name: string): HTMLElement => h('button', { type: 'button', click: () => { void act({ kind }); } }, name);
  const takeBack = button('reopened', 'Take back');
  takeBack.title = 'Takes back that it was acknowledged, snoozed or marked fixed';
  const form = (name: string, id_: string, field: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement, send: () => Promise<boolean>, label: Child): HTMLElement =>
    h('form', { class: 'act', submit: (event) => { event.preventDefault(); void send().then((done) => { if (done && !(field instanceof HTMLSelectElement)) field.value = ''; }); } }, h('label', { for: id_ }, label), field, h('button', { type: 'submit' }, name));
  const snooze = h('select', { id: 'snooze' }, ...SNOOZES.map(({ days, name }) => h('option', { value: days }, name)));
  const assignee = h('input', { id: 'assignee', autocomplete: 'off', maxlength: 200 });
  const comment = h('textarea', { id: 'comment', rows: 2, maxlength: 2_000, required: true });
  const load = (): void => {
    void get<{ readonly actions: readonly Action[] }>(path).then((found) => {
      const seen = new Set(found.actions.map(({ action_id }) => action_id));
      actions = [...found.actions, ...actions.filter(({ action_id }) => !seen.has(action_id))];
      draw();
    }, () => { if (actions.length === 0) log.replaceChildren(h('li', {}, 'What was done so far cannot be read now.')); });
  };
  draw();
  load();
  return {
    take,
    renew: (known) => {
      recent = recent.filter(({ until }) => until > Date.now());
      state = recent.reduce((before, { action }) => stateAfter(before, action), known);
      draw();
      load();
    },
    element: section('What is done about it', null, words, h('div', { class: 'two' },
      h('div', { class: 'panel acts' },
        h('div', { class: 'filters' }, button('acknowledged', 'Acknowledge'), button('fixed', 'Mark fixed'), takeBack, h('span', { class: 'apart-left' }), button('useful', 'Useful'), button('not_useful', 'Not useful')),
        h('div', { class: 'halves' },
          form('Snooze', 'snooze', snooze, () => act({ kind: 'snoozed', until: Date.now() + Number(snooze.value) * DAY_MS }), 'Snooze for'),
          form('Assign', 'assignee', assignee, () => act({ kind: 'assigned', assignee: assignee.value.trim() === '' ? null : assignee.value }), 'Assign to (empty: nobody)')),
        form('Comment', 'comment', comment, () => act({ kind: 'commented', text: comment.value }), 'Comment'),
        wrong),
      h('div', { class: 'panel' }, h('h3', {}, 'So far'), log))),
  };
}
