/**
 * The strings of bytes that come again and again (users, features, teams, fingerprints): found by their bytes, so that no new one is made, and a map that is asked with
 * it need not hash it again. Of a fixed size, one for the process: what does not fit pushes another out.
 */

/** Ours: a few thousand users are active at a time. */
const PLACES = 32_768;
/** Longer ones are not worth comparing. */
const MAX_BYTES = 64;

const texts = new Array<string>(PLACES).fill('');

export function cachedText(bytes: Buffer, from: number, to: number): string {
  if (to - from > MAX_BYTES) return bytes.toString('utf8', from, to);
  let hash = 0;
  for (let i = from; i < to; i++) hash = (Math.imul(hash, 31) + (bytes[i] as number)) | 0;
  const place = (hash ^ (hash >>> 15)) & (PLACES - 1);
  const known = texts[place] as string;
  if (isOf(known, bytes, from, to)) return known;
  const text = bytes.toString('utf8', from, to);
  texts[place] = text;
  return text;
}

/** A text that is not ASCII never is: its bytes are other ones, and may be those of another text. */
function isOf(text: string, bytes: Buffer, from: number, to: number): boolean {
  if (text.length !== to - from) return false;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f || unit !== bytes[from + i]) return false;
  }
  return true;
}
