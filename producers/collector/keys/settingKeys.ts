/**
 * The keys of WRITE_KEYS and ADMIN_KEYS. An entry is `secret` or `source:secret`, where `sha256:<64 hex digits>` may stand for the secret; events
 * that name no source get the key's, `default` where it has none. They may name any source, and come from anywhere.
 */
import { RIGHTS, sha256, type Key, type Limits, type Right } from './key.ts';

const DEFAULT_SOURCE = 'default';
const HASHED = /^(?:(.+):)?sha256:([0-9a-f]{64})$/i;

export function settingKeys(entries: readonly string[], right: Right, limits: Limits): Key[] {
  return entries.map((entry) => {
    const hashed = HASHED.exec(entry);
    const colon = entry.indexOf(':');
    const named = colon > 0 && colon < entry.length - 1;
    const source = (hashed === null ? (named ? entry.slice(0, colon) : null) : hashed[1]) ?? null;
    const hashes =
      hashed === null
        ? // The whole entry too, for those who send it as it stands in the setting.
          [sha256(entry), ...(named ? [sha256(entry.slice(colon + 1))] : [])]
        : [Buffer.from(hashed[2] ?? '', 'hex')];
    return { hashes, caller: { name: source ?? (right === 'admin' ? 'admin' : DEFAULT_SOURCE), source: source ?? DEFAULT_SOURCE, sources: null, origins: null, rights: RIGHTS[right], limits } };
  });
}
