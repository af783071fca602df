import type { PlatformEvent } from '../../schemas/records.ts';
import type { Seen } from '../state/seen.ts';
import { PASSED, type Drop, type Ok } from './result.ts';

export interface DedupeState {
  /** (user_id, event_id) of what gave signals, within the window. */
  readonly events: Seen;
  /** Origins of replayed dead letters that need not come again. */
  readonly origins: Seen;
}

const DUPLICATE: Drop = { kind: 'drop', why: 'duplicate' };
const ORIGIN = /^[\w.-]{1,249}\/\d{1,10}\/\d{1,16}$/;

/** Where a replayed dead letter first was: `topic/partition/offset`. Anything else there is not an origin, and the event is judged like any other. */
export function originOf(header: string | undefined): string | null {
  return header !== undefined && ORIGIN.test(header) ? header : null;
}

/** Known already? Only what passes all checks is remembered (`remember`), so that a dead letter can be sent again once it is mended. */
export function dedupe({ user_id, event_id, occurred_at }: PlatformEvent, origin: string | null, { events, origins }: DedupeState): Ok<null> | Drop {
  if (origin !== null && origins.has(origin, '')) return DUPLICATE;
  if (!events.has(user_id, event_id)) return PASSED;
  // The window forgets the event, and a replay is exempt from it: from now on its origin must tell.
  if (origin !== null) origins.add(origin, '', occurred_at);
  return DUPLICATE;
}

export function remember({ user_id, event_id, occurred_at }: PlatformEvent, origin: string | null, { events, origins }: DedupeState): void {
  events.add(user_id, event_id, occurred_at);
  if (origin !== null) origins.add(origin, '', occurred_at);
}
