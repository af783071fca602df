/** The collector refuses most of this already; events may come straight from Kafka clients. */
import type { EventError, EventOutcome, PlatformEvent } from '../../schemas/records.ts';
import { MAX_ID_CHARS, MAX_PROPERTIES } from '../limits.ts';
import type { EventView } from '../wire/eventView.ts';
import { deadLetter, ok, type DeadLettered, type Ok } from './result.ts';

/** An event with what its type requires (semantics 1). */
export type ValidEvent = EventView &
  (
    | { type: 'interaction'; action: string }
    | { type: 'error'; error: EventError }
    | { type: 'timing'; duration_ms: number }
    | { type: 'task_started'; task_id: string }
    | { type: 'task_finished'; task_id: string; outcome: EventOutcome }
  );

export function validate(event: EventView): Ok<ValidEvent> | DeadLettered {
  // Of nearly all events it is known from their bytes that nothing is wrong with their text.
  const wrong = (event.isPlain ? null : emptyId(event)) ?? missing(event) ?? (event.isPlain ? null : unfitText(event)) ?? negative(event);
  return wrong === null ? ok(event as ValidEvent) : deadLetter('validate', 'invalid', wrong);
}

function emptyId(event: PlatformEvent): string | null {
  if (event.event_id === '') return 'event_id is empty: the client must make one (UUIDv7), or a retry cannot be recognised';
  if (event.user_id === '') return 'user_id is empty: it must name a user';
  return event.feature === '' ? 'feature is empty: it must name an entry of the catalog' : null;
}

function missing(event: EventView): string | null {
  switch (event.type) {
    case 'interaction':
      return event.hasAction ? null : lacks('action', event.type);
    case 'error':
      return event.hasErrorCode ? null : lacks('error.code', event.type);
    case 'timing':
      return event.duration_ms === null ? lacks('duration_ms', event.type) : null;
    case 'task_started':
      return isMissing(event.task_id) ? lacks('task_id', event.type) : null;
    case 'task_finished':
      if (isMissing(event.task_id)) return lacks('task_id', event.type);
      if (event.outcome === null) return lacks('outcome', event.type);
      return event.errorFrom !== 0 && !event.hasErrorCode ? 'error.code is empty: name the error, or leave error out' : null;
    case 'clock':
      return 'a clock is no event of a user';
  }
}

const isMissing = (value: string | null | undefined): boolean => value === null || value === undefined || value === '';

const lacks = (field: string, type: string): string => `${field} is missing: an event of type ${type} requires it`;

// Hashes and keys of state are made of these: a control character could make two of them one.
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
const KEYS = ['event_id', 'user_id', 'feature', 'task_id'] as const;
const NAMES = ['session_id', 'source', 'action', 'release'] as const;

function unfitText(event: PlatformEvent): string | null {
  for (const field of KEYS) {
    const value = event[field];
    if (value === null) continue;
    if (value.length > MAX_ID_CHARS) return tooLong(field, value);
    if (CONTROL.test(value)) return `${field} has a control character: take it out`;
  }
  for (const field of NAMES) {
    const value = event[field];
    if (value !== null && value.length > MAX_ID_CHARS) return tooLong(field, value);
  }
  if (event.error !== null && event.error.code.length > MAX_ID_CHARS) return tooLong('error.code', event.error.code);
  const { properties } = event;
  let count = 0;
  for (const key in properties) {
    if (key.length > MAX_ID_CHARS) return `properties has a key of ${key.length} characters: at most ${MAX_ID_CHARS} are taken`;
    if (++count > MAX_PROPERTIES) return `properties has more than ${MAX_PROPERTIES} keys: send fewer`;
  }
  return null;
}

const tooLong = (field: string, value: string): string => `${field} has ${value.length} characters: at most ${MAX_ID_CHARS} are taken`;

function negative({ duration_ms, waiting_ms }: PlatformEvent): string | null {
  if (duration_ms !== null && duration_ms < 0) return `duration_ms is ${duration_ms}: send milliseconds, 0 or more`;
  if (waiting_ms !== null && waiting_ms < 0) return `waiting_ms is ${waiting_ms}: send milliseconds, 0 or more`;
  return null;
}
