/** A signal in one line, all that is in it: as the plain processor says it must be, and as it was found. Equal lines are equal signals. */
import { normaliseMessage } from '../../../schemas/fingerprint.ts';
import { hashOf } from '../../../schemas/ids.ts';
import type { ActionSignal, ErrorSignal, SignalUser, TimeSignal } from '../../../schemas/records.ts';
import { createHash, hash128 } from '../../../streams/state/hash128.ts';
import { idOfKind, type Kind } from '../../../streams/steps/signalId.ts';
import type { PlainSignal } from '../../driver/plainProcessor.ts';

export type Found =
  | { readonly class: 'action'; readonly record: ActionSignal }
  | { readonly class: 'error'; readonly record: ErrorSignal }
  | { readonly class: 'time'; readonly record: TimeSignal };

const UNKNOWN: SignalUser = { team: 'unknown', role: 'unknown', org: 'unknown', joined_at: null };

/** As steps/signalId.ts defines it. */
export function expectedId({ event, class: signalClass, what }: PlainSignal): string {
  const hash = createHash();
  hash128(event.user_id, event.event_id, hash);
  return idOfKind(hash, (signalClass === 'error' ? 'error' : (what ?? 'action')) as Kind);
}

export function expectedText(signal: PlainSignal, users: ReadonlyMap<string, SignalUser>): string {
  const { class: signalClass, event, feature, what, at, watermark, duration, censored, timer, late } = signal;
  const properties = { ...withoutOurs(event.properties), ...(timer ? { timer: 'true' } : {}), ...(late ? { late: 'true' } : {}) };
  return [
    signalClass, expectedId(signal), event.event_id, event.user_id, event.session_id, at, event.received_at, event.source, feature.stage, feature.feature, feature.tool, userText(users.get(event.user_id) ?? UNKNOWN), event.release,
    watermark, propertiesText(properties), ...contentOf(),
  ].join(' | ');

  function contentOf(): unknown[] {
    switch (signalClass) {
      case 'action': return [event.type === 'interaction' ? event.action : 'task', event.task_id, what];
      case 'error': return [event.error?.code, event.error?.message, event.error?.cause, event.error === null ? null : hashOf(event.error.code, event.error.cause, normaliseMessage(event.error.message))];
      case 'time': return [what, duration, what === 'completion' ? feature.expected_ms : null, censored];
    }
  }
}

export function foundText({ class: signalClass, record }: Found): string {
  const content = signalClass === 'action' ? [record.action, record.task_id, record.outcome] : signalClass === 'error' ? [record.code, record.message, record.cause, record.fingerprint] : [record.measure, record.duration_ms, record.expected_ms, record.censored];
  return [
    signalClass, record.signal_id, record.event_id, record.user_id, record.session_id, record.occurred_at, record.received_at, record.source, record.stage, record.feature, record.tool, userText(record.user), record.release,
    record.watermark, propertiesText(record.properties), ...content,
  ].join(' | ');
}

const userText = ({ team, role, org, joined_at }: SignalUser): string => [team, role, org, joined_at].join('/');
const propertiesText = (properties: Readonly<Record<string, string>>): string => Object.entries(properties).map(([name, value]) => `${name}=${value}`).sort().join(' ');
/** `timer` and `late` are the processor's to say. */
const withoutOurs = (properties: Readonly<Record<string, string>>): Record<string, string> => Object.fromEntries(Object.entries(properties).filter(([name]) => name !== 'timer' && name !== 'late'));
