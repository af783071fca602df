/** What people have done about a challenge. */
import type { Action, CardState } from '../shapes.ts';
import { day } from './format.ts';

const NOTHING: CardState = { acknowledged_by: null, snoozed_until: null, assignee: null, fixed_at: null, useful: 0, not_useful: 0, comments: 0 };

/** The state once the action is in; votes are counted by the server, one per person. */
export function stateAfter(state: CardState | null, { kind, by, until, assignee, at }: Action): CardState {
  const before = state ?? NOTHING;
  switch (kind) {
    case 'acknowledged': return { ...before, acknowledged_by: by };
    case 'snoozed': return { ...before, snoozed_until: until };
    case 'assigned': return { ...before, assignee };
    case 'fixed': return { ...before, fixed_at: at };
    case 'commented': return { ...before, comments: before.comments + 1 };
    case 'reopened': return { ...before, acknowledged_by: null, snoozed_until: null, fixed_at: null };
    case 'useful':
    case 'not_useful': return before;
  }
}

/** In a few words; none where nobody has done anything. */
export function stateWords(state: CardState | null): string[] {
  if (state === null) return [];
  const { acknowledged_by, snoozed_until, assignee, fixed_at } = state;
  return [
    ...(fixed_at === null ? [] : [`marked fixed ${day(fixed_at)}`]),
    ...(snoozed_until === null || snoozed_until < Date.now() ? [] : [`snoozed until ${day(snoozed_until)}`]),
    ...(assignee === null ? [] : [`assigned to ${assignee}`]),
    ...(acknowledged_by === null ? [] : [`acknowledged by ${acknowledged_by}`]),
  ];
}
