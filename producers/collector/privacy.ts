/**
 * What of a person does not reach Kafka, where it is so set: user ids become keyed pseudonyms (HMAC-SHA-256, cut to 128 bits), and properties of
 * some names are dropped. Of what is rejected only the known fields are kept then, with the same done to them: it may hold an id anywhere.
 */
import { createHmac } from 'node:crypto';
import type { PlatformEvent } from '../../schemas/records.ts';
import { writtenAnew } from './body.ts';

export interface PrivacySettings {
  /** Null: user ids stay as they are. */
  readonly pseudonymSecret: string | null;
  /** Names of properties; upper and lower case are the same. */
  readonly denyProperties: readonly string[];
}

export interface Privacy {
  /** Everything stays as it came. */
  readonly changesNothing: boolean;
  readonly userId: (userId: string) => string;
  readonly event: (event: PlatformEvent) => PlatformEvent;
  /** What may be kept of a value that is rejected, whose bytes are `original`. */
  readonly original: (value: unknown, original: Buffer) => Buffer;
}

/** Hex digits: 128 bits, half of the hash. */
const PSEUDONYM_CHARS = 32;
const WITHHELD = Buffer.from('withheld: it cannot be read, so what is personal in it cannot be taken out');
const EVENT_FIELDS = [
  'event_id', 'user_id', 'session_id', 'occurred_at', 'sent_at', 'source', 'type', 'feature', 'action', 'task_id', 'outcome', 'duration_ms', 'waiting_ms', 'release', 'error', 'properties',
] as const satisfies readonly (keyof PlatformEvent)[];

export function createPrivacy({ pseudonymSecret, denyProperties }: PrivacySettings): Privacy {
  if (pseudonymSecret === null && denyProperties.length === 0) return { changesNothing: true, userId: (id) => id, event: (event) => event, original: (_value, original) => original };
  const denied = new Set(denyProperties.map((name) => name.toLowerCase()));
  const userId = (id: string): string => (pseudonymSecret === null ? id : createHmac('sha256', pseudonymSecret).update(id, 'utf8').digest('hex').slice(0, PSEUDONYM_CHARS));
  const allowed = <Value>(properties: Readonly<Record<string, Value>>): Record<string, Value> => {
    // Not by assignment: a rejected value may have any key.
    return Object.fromEntries(Object.entries(properties).filter(([name]) => !denied.has(name.toLowerCase())));
  };
  return {
    changesNothing: false,
    userId,
    event: (event) => ({ ...event, user_id: userId(event.user_id), properties: allowed(event.properties) }),
    original: (value) => {
      if (!isObject(value)) return WITHHELD;
      const kept: [string, unknown][] = [];
      for (const field of EVENT_FIELDS) {
        if (!Object.hasOwn(value, field)) continue;
        const given = value[field];
        if (field === 'user_id') kept.push([field, typeof given === 'string' ? userId(given) : null]);
        else if (field === 'properties') kept.push([field, isObject(given) ? allowed(given) : null]);
        else kept.push([field, given]);
      }
      return Buffer.from(writtenAnew(Object.fromEntries(kept)));
    },
  };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);
