/** From JSON to records, one value at a time. Unknown fields are ignored; a wrong type or a missing field costs that value alone. */
import { SYMBOLS, type EventError, type Feature, type PlatformEvent, type User } from '../../schemas/records.ts';
import { Invalid, flag, id, object, oneOf, optionalId, optionalMs, optionalOneOf, optionalTime, properties, text, time } from './fields.ts';

export const TYPES = ['interaction', 'error', 'timing', 'task_started', 'task_finished'] as const;
export const OUTCOMES = SYMBOLS.EventOutcome;
export const CAUSES = SYMBOLS.Cause;
export const STAGES = SYMBOLS.Stage;

export interface EventContext {
  /** Milliseconds: when the collector took the request. */
  readonly receivedAt: number;
  /** Of the key: the source of events that name none. */
  readonly source: string;
  readonly newId: () => string;
}

/** Throws `Invalid`. What a type requires besides is semantics.md section 1. */
export function validateEvent(value: unknown, { receivedAt, source, newId }: EventContext): PlatformEvent {
  const given = object(value, 'the event');
  if (given['type'] === 'clock') throw new Invalid('type clock is not taken here: a clock is posted to /v1/clock with an admin key');
  const type = oneOf(given['type'], 'type', TYPES);
  const event: PlatformEvent = {
    event_id: given['event_id'] === undefined || given['event_id'] === null ? newId() : id(given['event_id'], 'event_id'),
    user_id: id(given['user_id'], 'user_id'),
    session_id: optionalId(given['session_id'], 'session_id'),
    occurred_at: time(given['occurred_at'], 'occurred_at'),
    sent_at: optionalTime(given['sent_at'], 'sent_at'),
    received_at: receivedAt,
    source: optionalId(given['source'], 'source') ?? source,
    type,
    feature: id(given['feature'], 'feature'),
    action: optionalId(given['action'], 'action'),
    task_id: optionalId(given['task_id'], 'task_id'),
    outcome: optionalOneOf(given['outcome'], 'outcome', OUTCOMES),
    duration_ms: optionalMs(given['duration_ms'], 'duration_ms', 0),
    waiting_ms: optionalMs(given['waiting_ms'], 'waiting_ms', 0),
    release: optionalId(given['release'], 'release'),
    error: errorOf(given['error']),
    properties: properties(given['properties'], 'properties'),
  };
  switch (type) {
    case 'interaction':
      required(event.action, 'action', type);
      break;
    case 'error':
      required(event.error?.code ?? null, 'error.code', type);
      break;
    case 'timing':
      required(event.duration_ms, 'duration_ms', type);
      break;
    case 'task_started':
      required(event.task_id, 'task_id', type);
      break;
    case 'task_finished':
      required(event.task_id, 'task_id', type);
      required(event.outcome, 'outcome', type);
      break;
  }
  return event;
}

function required(value: string | number | null, field: string, type: string): void {
  if (value === null || value === '') throw new Invalid(`${field} is missing: an event of type ${type} requires it`);
}

function errorOf(value: unknown): EventError | null {
  if (value === undefined || value === null) return null;
  const given = object(value, 'error');
  return {
    code: id(given['code'], 'error.code'),
    message: text(given['message'], 'error.message', ''),
    cause: optionalOneOf(given['cause'], 'error.cause', CAUSES) ?? 'unknown',
  };
}

/** Throws `Invalid`. */
export function validateUser(value: unknown): User {
  const given = object(value, 'the user');
  return {
    user_id: id(given['user_id'], 'user_id'),
    team: id(given['team'], 'team'),
    role: id(given['role'], 'role'),
    org: id(given['org'], 'org'),
    joined_at: time(given['joined_at'], 'joined_at'),
  };
}

/** Throws `Invalid`. */
export function validateFeature(value: unknown): Feature {
  const given = object(value, 'the feature');
  return {
    feature: id(given['feature'], 'feature'),
    title: id(given['title'], 'title'),
    stage: oneOf(given['stage'], 'stage', STAGES),
    tool: optionalId(given['tool'], 'tool') ?? '',
    core: flag(given['core'], 'core'),
    expected_ms: optionalMs(given['expected_ms'], 'expected_ms', 1),
    task_timeout_ms: optionalMs(given['task_timeout_ms'], 'task_timeout_ms', 1),
    owner: optionalId(given['owner'], 'owner'),
    ignore_repeats: flag(given['ignore_repeats'], 'ignore_repeats'),
  };
}
