/**
 * The keys that are valid now. What is compared are SHA-256 hashes, all of them and in constant time, so that the time of an answer tells
 * nothing.
 */
import { timingSafeEqual } from 'node:crypto';
import { sha256, type Caller, type Key } from './key.ts';

export type Authenticate = (authorization: string | undefined) => Caller | null;

export interface KeyRing {
  readonly authenticate: Authenticate;
  /** From the next request on. */
  replace(keys: readonly Key[]): void;
}

export function createKeyRing(keys: readonly Key[]): KeyRing {
  let known = flat(keys);
  return {
    authenticate: (authorization) => {
      const token = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
      const hash = sha256(token ?? '');
      let found: Caller | null = null;
      for (const { hash: own, caller } of known) {
        if (timingSafeEqual(hash, own) && found === null) found = caller;
      }
      return token === undefined ? null : found;
    },
    replace: (next) => {
      known = flat(next);
    },
  };
}

const flat = (keys: readonly Key[]): readonly { readonly hash: Buffer; readonly caller: Caller }[] => keys.flatMap(({ hashes, caller }) => hashes.map((hash) => ({ hash, caller })));
