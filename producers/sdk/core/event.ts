/** From what a caller said to the line that is sent: within the collector's limits, so that no event is refused for its form. Pure. */
import type { Cause, Details, Outcome, TrackedError, TrackedEvent } from './types.ts';

/** The collector's limits (producers/collector/fields.ts). */
const MAX_ID_CHARS = 256;
const MAX_PROPERTIES = 256;
/** Of a message: more is a log, and a fingerprint needs less. */
const MAX_MESSAGE_CHARS = 4_000;
/** Of an ECMAScript Date. */
const MAX_TIME_MS = 8.64e15;
/** Below the collector's 256 KiB for an event, whatever the characters take as UTF-8 in practice. */
const MAX_LINE_CHARS = 200_000;

const CAUSES: readonly Cause[] = ['user', 'platform', 'quota', 'dependency', 'unknown'];
const OUTCOMES: readonly Outcome[] = ['completed', 'failed', 'abandoned'];
const UNFIT = /[\p{Cc}\p{Cs}]/u;
const UNFIT_ALL = /[\p{Cc}\p{Cs}]/gu;

/** A name or id as the collector takes it. */
const name = (value: string): string => {
  const short = value.length > MAX_ID_CHARS ? value.slice(0, MAX_ID_CHARS) : value;
  return UNFIT.test(short) ? short.replace(UNFIT_ALL, '\uFFFD') : short;
};
const nameOf = (value: unknown): string | undefined => (typeof value === 'string' ? name(value) : typeof value === 'number' ? String(value) : undefined);

/** Whole milliseconds from 0; undefined for what is no duration. */
export const milliseconds = (value: unknown): number | undefined => (typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER ? Math.max(0, Math.round(value)) : undefined);

const isTime = (value: unknown): boolean => Number.isInteger(value) && Math.abs(value as number) <= MAX_TIME_MS;

/** In milliseconds since 1970; what is no time is taken for now. */
export function occurredAt(given: Details['occurred_at'], now: number): number {
  const value = given === undefined ? now : Math.round(Number(given));
  return isTime(value) ? value : now;
}

/** Anything that can be thrown, as an event's error. */
export function errorOf(thrown: unknown): TrackedError {
  if (typeof thrown !== 'object' || thrown === null) return { code: 'Error', message: String(thrown).slice(0, MAX_MESSAGE_CHARS), cause: 'unknown' };
  const { code, name: kind, message, cause } = thrown as Readonly<Record<string, unknown>>;
  return {
    code: firstName(code, kind),
    message: typeof message === 'string' ? message.slice(0, MAX_MESSAGE_CHARS) : '',
    cause: CAUSES.find((one) => one === cause) ?? 'unknown',
  };
}

const firstName = (...values: readonly unknown[]): string => values.map(nameOf).find((value) => value !== undefined && value !== '') ?? 'Error';

/** What is no string, number or boolean is left out. */
export function propertiesOf(given: unknown): Record<string, string> | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  const result: Record<string, string> = {};
  let count = 0;
  for (const key of Object.keys(given)) {
    const value: unknown = (given as Readonly<Record<string, unknown>>)[key];
    if (key.length > MAX_ID_CHARS || key === '__proto__' || !(typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')) continue;
    if (++count > MAX_PROPERTIES) break;
    result[key] = String(value);
  }
  return count === 0 ? undefined : result;
}

export type Line = { readonly id: string; readonly text: string } | { readonly refused: 'invalid' | 'too_large' };

/** The event as JSON, checked again: a `beforeSend` may have changed anything. */
export function lineOf(event: TrackedEvent): Line {
  const id = nameOf(event.event_id) ?? '';
  const user = nameOf(event.user_id) ?? '';
  const feature = nameOf(event.feature) ?? '';
  if (id === '' || user === '' || feature === '' || !isTime(event.occurred_at) || !saysWhat(event)) return { refused: 'invalid' };
  const text = JSON.stringify({
    event_id: id,
    user_id: user,
    session_id: nameOf(event.session_id),
    occurred_at: event.occurred_at,
    source: nameOf(event.source),
    type: event.type,
    feature,
    action: nameOf(event.action),
    task_id: nameOf(event.task_id),
    outcome: event.type === 'task_finished' ? event.outcome : undefined,
    duration_ms: milliseconds(event.duration_ms),
    waiting_ms: milliseconds(event.waiting_ms),
    release: nameOf(event.release),
    error: event.error === undefined ? undefined : errorOf(event.error),
    properties: event.properties === undefined ? undefined : propertiesOf(event.properties),
  });
  return text.length > MAX_LINE_CHARS ? { refused: 'too_large' } : { id, text };
}

/** What semantics.md section 1 requires of each type. */
function saysWhat(event: TrackedEvent): boolean {
  switch (event.type) {
    case 'interaction':
      return (nameOf(event.action) ?? '') !== '';
    case 'error':
      return event.error !== undefined;
    case 'timing':
      return milliseconds(event.duration_ms) !== undefined;
    case 'task_started':
      return (nameOf(event.task_id) ?? '') !== '';
    case 'task_finished':
      return (nameOf(event.task_id) ?? '') !== '' && OUTCOMES.some((one) => one === event.outcome);
  }
}

/** With the moment of this attempt: its distance to `received_at` tells how far the clock of this machine is off. */
export const withSentAt = (text: string, now: number): string => `${text.slice(0, -1)},"sent_at":${Math.round(now)}}`;
