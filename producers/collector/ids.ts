/**
 * A UUIDv7 (RFC 9562): 48 bits of milliseconds, then the random bits of a version 4 UUID, which the caller brings (`crypto.randomUUID`).
 * Ids made later sort later, so that neighbours in time are neighbours in an index.
 */
export function uuidV7(now: number, v4: string): string {
  const time = now.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${v4.slice(15)}`;
}
