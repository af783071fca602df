/** What an adapter makes of one event of another standard. Whether its values are right is judged where all events are: producers/collector/validate.ts. */
import type { EventType, PlatformEvent } from '../../schemas/records.ts';
import { isObject } from './json.ts';

/** An element as `POST /v1/events` takes it, with an id that is the same whenever the same event is sent again. */
export type Element = Readonly<Partial<Record<keyof PlatformEvent, unknown>>> & { readonly event_id: string };

export type Adapted =
  | { readonly kind: 'event'; readonly element: Element }
  /** It is right, and tells nothing about what users do. */
  | { readonly kind: 'ignored' }
  /** `detail` says what is missing and what to do. */
  | { readonly kind: 'refused'; readonly detail: string };

/** Never throws, whatever the value. */
export type Adapt = (value: unknown) => Adapted;

export type AdaptedType = Exclude<EventType, 'clock'>;

/** An element's properties: `ours`, and those of the payload over them; what is no map goes on as it is, to be refused with the reason that all get. */
export const propertiesOf = (ours: Readonly<Record<string, string>>, given: unknown): unknown => (isObject(given) ? { ...ours, ...given } : (given ?? ours));

export const refused = (detail: string): Adapted => ({ kind: 'refused', detail });
export const IGNORED: Adapted = { kind: 'ignored' };

/** Fields of an element that a payload may bring under their own names; they are taken as they are. */
const OWN = ['user_id', 'session_id', 'feature', 'action', 'task_id', 'outcome', 'duration_ms', 'waiting_ms', 'release', 'error'] as const satisfies readonly (keyof PlatformEvent)[];

export function ownFields(payload: Readonly<Record<string, unknown>>): Partial<Record<keyof PlatformEvent, unknown>> {
  const own: Partial<Record<keyof PlatformEvent, unknown>> = {};
  for (const field of OWN) if (Object.hasOwn(payload, field)) own[field] = payload[field];
  return own;
}
