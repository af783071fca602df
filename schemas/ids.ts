import { createHash } from 'node:crypto';

/** A deterministic id: the first 128 bits, in hex, of SHA-256 over the parts, NUL between them; null is told from the empty string. */
export function hashOf(...parts: readonly (string | number | null)[]): string {
  return createHash('sha256').update(parts.map((part) => (part === null ? '\u0001' : String(part))).join('\u0000')).digest('hex').slice(0, 32);
}
