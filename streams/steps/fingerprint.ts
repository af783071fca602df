import { normaliseMessage } from '../../schemas/fingerprint.ts';
import { hashOf } from '../../schemas/ids.ts';
import type { EventError } from '../../schemas/records.ts';

/** Fingerprints of errors that differ in their digits at most; emptied when it is full. */
const known = new Map<string, string>();
const MAX_KNOWN = 4_096;
/** Longer ones are not worth keeping. */
const MAX_KNOWN_CHARS = 512;

/** The same for all occurrences of an error: of its code, its cause, and its message without numbers, ids, paths and quoted values. */
export function fingerprint({ code, cause, message }: EventError): string {
  if (message.length > MAX_KNOWN_CHARS) return hashOf(code, cause, normaliseMessage(message));
  // Which digit it is makes no difference to how a message is normalised, but for a zero: 0x begins a hexadecimal number.
  const key = `${code}\u0000${cause}\u0000${message.replace(/[1-9]/g, '1')}`;
  let found = known.get(key);
  if (found === undefined) {
    found = hashOf(code, cause, normaliseMessage(message));
    if (known.size === MAX_KNOWN) known.clear();
    known.set(key, found);
  }
  return found;
}
