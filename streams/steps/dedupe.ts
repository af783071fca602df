import { hash128, hash128Ascii, type Hash } from '../state/hash128.ts';
import type { Seen } from '../state/seen.ts';
import type { EventView } from '../wire/eventView.ts';
import { PASSED, type Drop, type Ok } from './result.ts';

export interface DedupeState {
  /** (user_id, event_id) of what gave signals, within the window. */
  readonly events: Seen;
  /** Origins of replayed dead letters that need not come again, and the events that they were of. */
  readonly origins: Seen;
}

/** Who an event is; where it is a replay, where it first was. */
export interface Identity {
  readonly event: Hash;
  readonly origin: Hash | null;
}

const DUPLICATE: Drop = { kind: 'drop', why: 'duplicate' };
const ORIGIN = /^[\w.-]{1,249}\/\d{1,10}\/\d{1,16}$/;

/** Where a replayed dead letter first was: `topic/partition/offset`. Anything else there is not an origin, and the event is judged like any other. */
export function originOf(header: string | undefined): string | null {
  return header !== undefined && ORIGIN.test(header) ? header : null;
}

/** `event` and `replay`: to write to, so that nothing is made per event. */
export function identify(view: EventView, origin: string | null, { event, replay }: { readonly event: Hash; readonly replay: Hash }): Identity {
  if (!hash128Ascii(view.bytes, view.userIdAt, view.userIdEnd, view.eventIdAt, view.eventIdEnd, event)) hash128(view.user_id, view.event_id, event);
  if (origin === null) return { event, origin };
  hash128(origin, '', replay);
  return { event, origin: replay };
}

/** Known already? Only what passes all checks is remembered (`remember`), so that a dead letter can be sent again once it is mended. */
export function dedupe({ event, origin }: Identity, occurredAt: number, { events, origins }: DedupeState): Ok<null> | Drop {
  // By the event too: two dead letters may be of one event, which its client sent twice.
  if (origin !== null && (origins.has(origin) || origins.has(event))) return DUPLICATE;
  if (!events.has(event)) return PASSED;
  if (origin !== null) rememberReplay(event, origin, occurredAt, origins);
  return DUPLICATE;
}

export function remember({ event, origin }: Identity, occurredAt: number, { events, origins }: DedupeState): void {
  events.add(event, occurredAt);
  if (origin !== null) rememberReplay(event, origin, occurredAt, origins);
}

/** The window forgets the event, and a replay is exempt from it: from now on these must tell. */
function rememberReplay(event: Hash, origin: Hash, occurredAt: number, origins: Seen): void {
  origins.add(origin, occurredAt);
  origins.add(event, occurredAt);
}
