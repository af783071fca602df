/**
 * UUIDv7 (RFC 9562), monotone within a process: 48 bits of milliseconds, a counter of 12 bits that begins at random in its lower half, 62 random bits.
 * Where the counter overflows or the clock goes back, the time runs ahead of the clock instead.
 */

/** 32-bit words of randomness fetched at once: a call to the generator costs more than an id. */
const POOL_WORDS = 512;
const COUNTER_LIMIT = 0x1000;
const COUNTER_START = 0x7ff;

const HEX = Array.from({ length: 256 }, (_, byte) => (byte + 256).toString(16).slice(1));

/** The hexadecimal digits of a 16-bit number. */
const hex16 = (value: number): string => (HEX[(value >>> 8) & 255] ?? '') + (HEX[value & 255] ?? '');

export type NewId = (now: number) => string;

/** `fill` fills with random bits: `crypto.getRandomValues`. */
export function createIds(fill: (words: Uint32Array<ArrayBuffer>) => unknown): NewId {
  const pool = new Uint32Array(POOL_WORDS);
  let left = 0;
  let time = -1;
  let counter = 0;
  let prefix = '';

  const word = (): number => {
    if (left === 0) {
      fill(pool);
      left = POOL_WORDS;
    }
    return pool[--left] ?? 0;
  };

  return (now) => {
    counter++;
    if (now > time || counter === COUNTER_LIMIT) {
      time = now > time ? Math.floor(now) : time + 1;
      counter = word() & COUNTER_START;
      const digits = time.toString(16).padStart(12, '0');
      prefix = `${digits.slice(0, 8)}-${digits.slice(8)}-7`;
    }
    const [high, low] = [word(), word()];
    return `${prefix}${hex16(counter).slice(1)}-${hex16(((high >>> 16) & 0x3fff) | 0x8000)}-${hex16(high)}${hex16(low >>> 16)}${hex16(low)}`;
  };
}
