import type { RecordCodec } from '../../schemas/codec.ts';

/** The user of a dead letter, where its bytes are an event or the JSON of one; null where they cannot be read. Never throws: they are anybody's. */
export function letterUser(original: Buffer, codec: RecordCodec): string | null {
  if (original.length === 0) return null;
  try {
    return codec.decode('PlatformEvent', original).user_id;
  } catch {
    return userOfJson(original);
  }
}

function userOfJson(original: Buffer): string | null {
  try {
    const value = JSON.parse(original.toString('utf8')) as unknown;
    return typeof value === 'object' && value !== null && 'user_id' in value && typeof value.user_id === 'string' ? value.user_id : null;
  } catch {
    return null;
  }
}
