/** What an event's `type` says: the kind of event, the action, the feature. The table is in docs/adapters.md; a test holds both together. */
import type { EventOutcome } from '../../../schemas/records.ts';
import type { AdaptedType } from '../adapted.ts';

export interface Meaning {
  /** Any text where the sender names one of our types itself: it is judged with the rest. */
  readonly type: string;
  readonly outcome?: EventOutcome;
  readonly action?: string;
  readonly feature?: string;
}

/** `chokepoint.timing`, and the fields in data. */
const OURS = 'chokepoint.';

interface Verb {
  readonly type: AdaptedType;
  readonly outcome?: EventOutcome;
}

const ended = (outcome: EventOutcome): Verb => ({ type: 'task_finished', outcome });

/** Last words that start, end or break something; any other is an action. */
export const VERBS: ReadonlyMap<string, Verb> = new Map<string, Verb>([
  ['started', { type: 'task_started' }],
  ['completed', ended('completed')],
  ['succeeded', ended('completed')],
  ['successful', ended('completed')],
  ['finished', ended('completed')],
  ['failed', ended('failed')],
  ['abandoned', ended('abandoned')],
  ['aborted', ended('abandoned')],
  ['cancelled', ended('abandoned')],
  ['canceled', ended('abandoned')],
  ['error', { type: 'error' }],
]);

/** `v1`, `v1beta1`, `2`, as a type's last words. */
const VERSION = /^v?\d+(?:(?:alpha|beta)\d*)?$/;

export function meaningOf(type: string): Meaning {
  if (type.startsWith(OURS)) return { type: type.slice(OURS.length) };
  const words = type.split('.');
  while (words.length > 1 && VERSION.test(words.at(-1) ?? '')) words.pop();
  const action = words.pop() ?? '';
  const feature = words.join('.');
  return { ...(VERBS.get(action.toLowerCase()) ?? { type: 'interaction' }), action, ...(feature === '' ? {} : { feature }) };
}
