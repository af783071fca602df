/** From what a person asks for to the record of it, or to what is wrong with it. Pure: who, when and a new id are arguments. */
import { SYMBOLS, type ActionKind, type ChallengeAction } from '../../schemas/records.ts';

export interface Asked {
  readonly action_id?: string | undefined;
  readonly kind: ActionKind;
  readonly text?: string | null | undefined;
  /** Epoch ms. */
  readonly until?: number | null | undefined;
  readonly assignee?: string | null | undefined;
}

const KINDS: readonly ActionKind[] = SYMBOLS.ActionKind;

/** Ours: a paragraph or two, and a name or an address. */
const LONGEST_TEXT = 2_000;
const LONGEST_NAME = 200;
/** Ours: who does not want to hear of it for longer marks it fixed or changes the rules. */
const LONGEST_SNOOZE_MS = 90 * 86_400_000;

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const trimmed = (value: string | null | undefined): string | null => {
  const text = value?.trim() ?? '';
  return text === '' ? null : text;
};

/** The first thing that is wrong, with the field and what to do; null where all is well. */
function problemOf({ action_id, kind, text, until, assignee }: Asked, at: number): string | null {
  if (action_id !== undefined && !UUID_V7.test(action_id)) return 'action_id: must be a UUIDv7 in lower case; leave it out to have one made';
  if (!KINDS.includes(kind)) return `kind: must be one of ${KINDS.join(', ')}`;
  if ((text?.length ?? 0) > LONGEST_TEXT) return `text: at most ${String(LONGEST_TEXT)} characters; put the rest where a link can point to`;
  if ((assignee?.length ?? 0) > LONGEST_NAME) return `assignee: at most ${String(LONGEST_NAME)} characters`;
  if (kind === 'commented' && trimmed(text) === null) return 'text: a comment needs one';
  if (kind === 'assigned' && assignee === undefined) return 'assignee: say to whom, or null for nobody';
  if (kind !== 'assigned' && trimmed(assignee) !== null) return 'assignee: only with kind assigned';
  if (kind !== 'snoozed' && typeof until === 'number') return 'until: only with kind snoozed';
  if (kind === 'snoozed' && (typeof until !== 'number' || !Number.isSafeInteger(until) || until <= at)) return 'until: say until when to snooze, in epoch milliseconds later than now';
  if (kind === 'snoozed' && (until ?? 0) > at + LONGEST_SNOOZE_MS) return 'until: at most 90 days from now';
  return null;
}

export function actionOf(asked: Asked, { challenge_id, at, by, newId }: { readonly challenge_id: string; readonly at: number; readonly by: string; readonly newId: () => string }): { readonly record: ChallengeAction } | { readonly problem: string } {
  const problem = problemOf(asked, at);
  if (problem !== null) return { problem };
  const { action_id, kind, text, until, assignee } = asked;
  return { record: { action_id: action_id ?? newId(), challenge_id, kind, at, by, until: until ?? null, assignee: trimmed(assignee), text: trimmed(text) } };
}
