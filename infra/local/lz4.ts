/** Reads LZ4 frames, which clickhouse-connect packs its inserts in; Node has no LZ4. Format: lz4_Frame_format.md and lz4_Block_format.md of the LZ4 project. Checksums are not looked at: TCP has its own, and what is bent does not parse. */

const MAGIC = 0x184d2204;
const UNCOMPRESSED = 0x8000_0000;
const MIN_MATCH = 4;
/** A length of 15 goes on in further bytes, for as long as they are 255. */
const LONG = 15;
const MORE = 255;

/** Throws a RangeError where the frame is cut short or bent, or where what is in it is longer than `most` bytes. */
export function readLz4Frame(frame: Buffer, most: number): Buffer {
  if (frame.length < 7 || frame.readUInt32LE(0) !== MAGIC) throw new RangeError('not an LZ4 frame');
  const flags = frame.readUInt8(4);
  const has = (bit: number): boolean => (flags & bit) !== 0;
  if (has(1)) throw new RangeError('LZ4 dictionaries are not supported');
  const checksumBytes = has(16) ? 4 : 0;
  let at = 7 + (has(8) ? 8 : 0);
  let out = Buffer.alloc(Math.min(most, Math.max(frame.length * 4, 64 * 1024)));
  let length = 0;
  const room = (bytes: number): void => {
    if (length + bytes <= out.length) return;
    if (length + bytes > most) throw new RangeError(`longer than ${most} bytes when unpacked`);
    const larger = Buffer.alloc(Math.min(most, Math.max(length + bytes, out.length * 2)));
    out.copy(larger, 0, 0, length);
    out = larger;
  };
  const literals = (from: number, to: number): void => {
    if (to > frame.length) throw new RangeError('an LZ4 block is cut short');
    room(to - from);
    frame.copy(out, length, from, to);
    length += to - from;
  };
  const block = (end: number): void => {
    const extended = (value: number): number => {
      if (value < LONG) return value;
      let total = value;
      for (let next = MORE; next === MORE; at++) total += next = at < end ? frame.readUInt8(at) : -1;
      return total;
    };
    while (at < end) {
      const token = frame.readUInt8(at++);
      const count = extended(token >> 4);
      literals(at, at + count);
      at += count;
      if (at >= end) break; // The last sequence has no match.
      const distance = frame.readUInt16LE(at);
      at += 2;
      const bytes = extended(token & LONG) + MIN_MATCH;
      if (distance === 0 || distance > length) throw new RangeError('an LZ4 block points before its beginning');
      room(bytes);
      // Byte by byte: a match may reach into what it writes.
      for (let n = 0; n < bytes; n++, length++) out[length] = out[length - distance] ?? 0;
    }
    if (at !== end) throw new RangeError('an LZ4 block is bent');
  };
  for (;;) {
    const size = frame.readUInt32LE(at);
    at += 4;
    if (size === 0) return out.subarray(0, length);
    const end = at + (size % UNCOMPRESSED);
    if (end > frame.length) throw new RangeError('an LZ4 frame is cut short');
    if (size >= UNCOMPRESSED) literals(at, end);
    else block(end);
    at = end + checksumBytes;
  }
}
