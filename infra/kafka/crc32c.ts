/** CRC-32C (Castagnoli), which a record batch carries; eight tables at a time ("slicing by 8"), several times faster than byte by byte. */
const POLYNOMIAL = 0x82f63b78;
const TABLES = makeTables();

function makeTables(): Int32Array[] {
  const first = new Int32Array(256);
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let bit = 0; bit < 8; bit++) c = (c & 1) === 1 ? (c >>> 1) ^ POLYNOMIAL : c >>> 1;
    first[n] = c;
  }
  const tables = [first];
  for (let k = 1; k < 8; k++) {
    const previous = tables[k - 1] ?? first;
    tables.push(previous.map((c) => (c >>> 8) ^ (first[c & 0xff] ?? 0)));
  }
  return tables;
}

export function crc32c(data: Buffer): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = TABLES as [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array];
  const at = (table: Int32Array, index: number): number => table[index] as number;
  let crc = -1;
  let i = 0;
  for (const end = data.length - 7; i < end; i += 8) {
    const low = crc ^ ((data[i] as number) | ((data[i + 1] as number) << 8) | ((data[i + 2] as number) << 16) | ((data[i + 3] as number) << 24));
    crc =
      at(t7, low & 0xff) ^ at(t6, (low >>> 8) & 0xff) ^ at(t5, (low >>> 16) & 0xff) ^ at(t4, low >>> 24) ^
      at(t3, data[i + 4] as number) ^ at(t2, data[i + 5] as number) ^ at(t1, data[i + 6] as number) ^ at(t0, data[i + 7] as number);
  }
  for (; i < data.length; i++) crc = (crc >>> 8) ^ at(t0, (crc ^ (data[i] as number)) & 0xff);
  return (crc ^ -1) >>> 0;
}
