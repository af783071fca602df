import { normaliseMessage } from '../../schemas/fingerprint.ts';
import { hashOf } from '../../schemas/ids.ts';
import type { EventError } from '../../schemas/records.ts';

/** The same for all occurrences of an error: of its code, its cause, and its message without numbers, ids, paths and quoted values. */
export function fingerprint({ code, cause, message }: EventError): string {
  return hashOf(code, cause, normaliseMessage(message));
}
