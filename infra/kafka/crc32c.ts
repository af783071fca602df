/** CRC-32C (Castagnoli), which a record batch carries; eight bytes at a time ("slicing by 8") over one flat table, several times faster than byte by byte. */
const POLYNOMIAL = 0x82f63b78;
const SLICES = 8;
const TABLE = makeTable();

/** Slice k at k × 256: what a byte does to the CRC of k further bytes. */
function makeTable(): Int32Array {
  const table = new Int32Array(SLICES * 256);
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let bit = 0; bit < 8; bit++) c = (c & 1) === 1 ? (c >>> 1) ^ POLYNOMIAL : c >>> 1;
    table[n] = c;
  }
  for (let at = 256; at < table.length; at++) {
    const previous = table[at - 256] as number;
    table[at] = (previous >>> 8) ^ (table[previous & 0xff] as number);
  }
  return table;
}

export function crc32c(data: Buffer): number {
  const t = TABLE;
  let crc = -1;
  let i = 0;
  for (const end = data.length - 7; i < end; i += SLICES) {
    const low = crc ^ ((data[i] as number) | ((data[i + 1] as number) << 8) | ((data[i + 2] as number) << 16) | ((data[i + 3] as number) << 24));
    crc =
      (t[1792 + (low & 0xff)] as number) ^ (t[1536 + ((low >>> 8) & 0xff)] as number) ^ (t[1280 + ((low >>> 16) & 0xff)] as number) ^ (t[1024 + (low >>> 24)] as number) ^
      (t[768 + (data[i + 4] as number)] as number) ^ (t[512 + (data[i + 5] as number)] as number) ^ (t[256 + (data[i + 6] as number)] as number) ^ (t[data[i + 7] as number] as number);
  }
  for (; i < data.length; i++) crc = (crc >>> 8) ^ (t[(crc ^ (data[i] as number)) & 0xff] as number);
  return ~crc >>> 0;
}
