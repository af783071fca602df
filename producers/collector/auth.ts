/**
 * Keys. An entry of WRITE_KEYS or ADMIN_KEYS is `secret` or `source:secret`; events that name no source get the key's, `default` where it
 * has none. What is compared are SHA-256 hashes, all of them and in constant time, so that the time of an answer tells nothing.
 */
import { createHash, timingSafeEqual } from 'node:crypto';

export type Right = 'write' | 'admin';

export interface Caller {
  readonly source: string;
  /** An admin key also writes. */
  readonly rights: readonly Right[];
}

export type Authenticate = (authorization: string | undefined) => Caller | null;

const DEFAULT_SOURCE = 'default';

const sha256 = (value: string): Buffer => createHash('sha256').update(value).digest();

export function createAuth(writeKeys: readonly string[], adminKeys: readonly string[]): Authenticate {
  const known: { readonly hash: Buffer; readonly caller: Caller }[] = [];
  const add = (entry: string, rights: readonly Right[]): void => {
    const colon = entry.indexOf(':');
    const named = colon > 0 && colon < entry.length - 1;
    const caller = { source: named ? entry.slice(0, colon) : DEFAULT_SOURCE, rights };
    // The whole entry too, for those who send it as it stands in the setting.
    known.push({ hash: sha256(entry), caller });
    if (named) known.push({ hash: sha256(entry.slice(colon + 1)), caller });
  };
  for (const key of adminKeys) add(key, ['write', 'admin']);
  for (const key of writeKeys) add(key, ['write']);
  return (authorization) => {
    const token = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
    const hash = sha256(token ?? '');
    let found: Caller | null = null;
    for (const { hash: own, caller } of known) {
      if (timingSafeEqual(hash, own) && found === null) found = caller;
    }
    return token === undefined ? null : found;
  };
}
