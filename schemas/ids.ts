import { hash } from 'node:crypto';

/** A deterministic id: the first 128 bits, in hex, of SHA-256 over the parts, NUL between them; null is told from the empty string. */
export function hashOf(...parts: readonly (string | number | null)[]): string {
  let text = '';
  for (let i = 0; i < parts.length; i++) text += `${i === 0 ? '' : '\u0000'}${parts[i] ?? '\u0001'}`;
  return hash('sha256', text, 'hex').slice(0, 32);
}
