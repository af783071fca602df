/** A key: who sends, and what that sender may do. The key itself is nowhere kept, only its SHA-256: keys are random, so nothing slower is needed. */
import { createHash } from 'node:crypto';

export type Right = 'write' | 'admin';

/** Per second; null: no limit. */
export interface Limits {
  readonly requests: number | null;
  readonly events: number | null;
}

export interface Caller {
  /** In metrics and logs; never the key. */
  readonly name: string;
  /** Of events that name none. */
  readonly source: string;
  /** That events may name; null: any. */
  readonly sources: readonly string[] | null;
  /** Of the web pages that the key is for; null: it is not bound to pages. */
  readonly origins: readonly string[] | null;
  /** An admin key also writes. */
  readonly rights: readonly Right[];
  readonly limits: Limits;
}

export interface Key {
  readonly caller: Caller;
  /** SHA-256; several while a key is being changed. */
  readonly hashes: readonly Buffer[];
}

export const RIGHTS: Readonly<Record<Right, readonly Right[]>> = { write: ['write'], admin: ['write', 'admin'] };

export const sha256 = (value: string): Buffer => createHash('sha256').update(value).digest();
