import { normaliseMessage } from '../../schemas/fingerprint.ts';
import { hashOf } from '../../schemas/ids.ts';
import type { EventError } from '../../schemas/records.ts';
import type { EventView } from '../wire/eventView.ts';

/** An event's error as it lies there: code, message and cause one behind the other. */
type LyingError = Pick<EventView, 'bytes' | 'errorFrom' | 'errorEnd' | 'messageAt' | 'messageEnd' | 'error'>;

interface Known {
  /** The error's bytes, with 1 for each digit of its message but 0. */
  readonly bytes: Buffer;
  readonly fingerprint: string;
}

/** Fingerprints found by the errors' bytes; what does not fit pushes another out. Ours: a platform has hundreds. */
const known = new Array<Known | null>(4_096).fill(null);
/** Longer ones are not worth keeping. */
const MAX_KNOWN_BYTES = 512;
const scratch = Buffer.alloc(MAX_KNOWN_BYTES);
const ONE = 0x31;
const NINE = 0x39;

/** The same for all occurrences of an error: of its code, its cause, and its message without numbers, ids, paths and quoted values. */
export function fingerprint(event: LyingError): string {
  const length = event.errorEnd - event.errorFrom;
  if (length > MAX_KNOWN_BYTES) return fingerprintOf(event.error);
  const place = (spell(event) >>> 0) % known.length;
  const found = known[place];
  if (found !== null && found !== undefined && isSpelt(found.bytes, length)) return found.fingerprint;
  const made = fingerprintOf(event.error);
  known[place] = { bytes: Buffer.from(scratch.subarray(0, length)), fingerprint: made };
  return made;
}

function fingerprintOf(error: EventError | null): string {
  if (error === null) throw new Error('an event without an error has no fingerprint');
  return hashOf(error.code, error.cause, normaliseMessage(error.message));
}

/** Writes the error to `scratch`, and gives a hash of it. Which digit it is makes no difference to how a message is normalised, but for a zero: 0x begins a hexadecimal number. */
function spell({ bytes, errorFrom, errorEnd, messageAt, messageEnd }: LyingError): number {
  let hash = 0;
  for (let at = errorFrom; at < errorEnd; at++) {
    let byte = bytes[at] as number;
    if (byte > ONE && byte <= NINE && at >= messageAt && at < messageEnd) byte = ONE;
    scratch[at - errorFrom] = byte;
    hash = (Math.imul(hash, 31) + byte) | 0;
  }
  return hash ^ (hash >>> 15);
}

function isSpelt(bytes: Buffer, length: number): boolean {
  if (bytes.length !== length) return false;
  for (let i = 0; i < length; i++) if (bytes[i] !== scratch[i]) return false;
  return true;
}
