/** Whole numbers from 0 to 2^53 in as few bytes as they take, seven bits a byte, lowest first. */

const MORE = 0x80;
const LOW = 0x7f;

/** Writes a number and gives where the next may begin. A number takes at most 8 bytes. */
export function writeVarint(bytes: Uint8Array, from: number, value: number): number {
  let at = from;
  let left = value;
  while (left > LOW) {
    bytes[at++] = left % MORE | MORE;
    left = Math.floor(left / MORE);
  }
  bytes[at++] = left;
  return at;
}

export class VarintReader {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;

  next(): number {
    const first = this.bytes[this.at++] ?? 0;
    if (first < MORE) return first;
    let value = first & LOW;
    for (let factor = MORE, byte = first; byte >= MORE; factor *= MORE) {
      byte = this.bytes[this.at++] ?? 0;
      value += (byte & LOW) * factor;
    }
    return value;
  }

  /** Passes over so many. */
  skip(count: number): void {
    const { bytes } = this;
    let { at } = this;
    for (let left = count; left > 0; ) if ((bytes[at++] ?? 0) < MORE) left -= 1;
    this.at = at;
  }
}
