/**
 * The partition of a user: Java's murmur2 of the UTF-8 user_id, toPositive, mod P, as the Java client's default partitioner has it,
 * so that a producer in any language agrees (Apache Kafka, org.apache.kafka.common.utils.Utils#murmur2).
 */
export function partitionOf(userId: string, partitions: number): number {
  const bytes = Buffer.from(userId, 'utf8');
  return partitionOfBytes(bytes, 0, bytes.length, partitions);
}

/** The same of a user_id's UTF-8 bytes, which lie from `start` to `end`. */
export function partitionOfBytes(bytes: Buffer, start: number, end: number, partitions: number): number {
  return (murmur2(bytes, start, end) & 0x7fffffff) % partitions;
}

const M = 0x5bd1e995;

export function murmur2(data: Buffer, start = 0, end = data.length): number {
  const length = end - start;
  let h = 0x9747b28c ^ length;
  const words = length >> 2;
  for (let i = 0; i < words; i++) {
    let k = data.readInt32LE(start + i * 4);
    k = Math.imul(k, M);
    k ^= k >>> 24;
    h = Math.imul(h, M) ^ Math.imul(k, M);
  }
  const rest = start + words * 4;
  const left = length & 3;
  if (left >= 3) h ^= (data[rest + 2] ?? 0) << 16;
  if (left >= 2) h ^= (data[rest + 1] ?? 0) << 8;
  if (left >= 1) {
    h ^= data[rest] ?? 0;
    h = Math.imul(h, M);
  }
  h ^= h >>> 13;
  h = Math.imul(h, M);
  h ^= h >>> 15;
  return h | 0;
}
