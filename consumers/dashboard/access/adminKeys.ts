/** The admin keys as the collector takes them: `secret` or `name:secret`, where `sha256:<64 hex digits>` may stand for the secret. Compared as hashes, all of them, in constant time. */
import { createHash, timingSafeEqual } from 'node:crypto';

interface KnownKey {
  readonly name: string;
  /** Names the key in a session without telling it: of a key that is gone the sessions are, too. */
  readonly id: string;
}

export interface AdminKeys {
  check(key: string): KnownKey | null;
  isCurrent(id: string): boolean;
}

const HASHED = /^(?:(.+):)?sha256:([0-9a-f]{64})$/i;
const ID_CHARS = 16;
const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

export function createAdminKeys(entries: readonly string[]): AdminKeys {
  const known = entries.flatMap((entry) => {
    const hashed = HASHED.exec(entry);
    const colon = entry.indexOf(':');
    const named = hashed === null && colon > 0 && colon < entry.length - 1;
    const name = (hashed === null ? (named ? entry.slice(0, colon) : undefined) : hashed[1]) ?? 'admin';
    const hashes = hashed === null ? [sha256(entry), ...(named ? [sha256(entry.slice(colon + 1))] : [])] : [Buffer.from(hashed[2] ?? '', 'hex')];
    return hashes.map((hash) => ({ hash, name, id: sha256(hash.toString('hex')).toString('hex').slice(0, ID_CHARS) }));
  });
  return {
    check: (key) => {
      const hash = sha256(key);
      let found: KnownKey | null = null;
      for (const one of known) if (timingSafeEqual(hash, one.hash) && found === null) found = { name: one.name, id: one.id };
      return found;
    },
    isCurrent: (id) => known.some((one) => one.id === id),
  };
}
