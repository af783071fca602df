/** Blanks and strings in the bytes of a JSON text. */
export const QUOTE = 0x22;
const SPACE = 0x20;

/** Four bytes of a kind. */
const each = (byte: number): number => byte * 0x0101_0101;
const QUOTES = each(QUOTE);
const BACKSLASHES = each(0x5c);
const SPACES = each(SPACE);
const ONES = each(1);
const HIGHS = each(0x80) | 0;

/** Printable ASCII but for the quote and the backslash. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= SPACE && byte < 0x7f && byte !== QUOTE && byte !== 0x5c ? 1 : 0));

/** Where the first byte is that is no blank, or the end. */
export function blank(bytes: Buffer, from: number): number {
  let at = from;
  for (const { length } = bytes; at < length; at++) {
    const byte = bytes[at] as number;
    if (byte > SPACE || (byte !== SPACE && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) break;
  }
  return at;
}

/** Where the run of plain bytes from `start` on ends: at the closing quote, if it is an ordinary string. */
export function plain(bytes: Buffer, view: DataView, start: number): number {
  const { length } = bytes;
  let end = start;
  // Four at a time. The high bit of a byte is set where it is a quote or a backslash, less than a space, a delete, or not ASCII; beyond the first of these it says nothing, as a borrow may come from there.
  for (const last = length - 4; end <= last; end += 4) {
    const word = view.getInt32(end, true);
    const odd = (((word ^ QUOTES) - ONES) | ((word ^ BACKSLASHES) - ONES) | (word - SPACES) | (word + ONES) | word) & HIGHS;
    if (odd !== 0) return end + ((31 - Math.clz32(odd & -odd)) >> 3);
  }
  // Reading beyond the end would make every read slow.
  while (end < length && PLAIN[bytes[end] as number] === 1) end++;
  return end;
}
