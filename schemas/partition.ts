/**
 * The partition of a user: Java's murmur2 of the UTF-8 user_id, toPositive, mod P, as the Java client's default partitioner has it,
 * so that a producer in any language agrees (Apache Kafka, org.apache.kafka.common.utils.Utils#murmur2).
 */
export function partitionOf(userId: string, partitions: number): number {
  return (murmur2(Buffer.from(userId, 'utf8')) & 0x7fffffff) % partitions;
}

const M = 0x5bd1e995;

export function murmur2(data: Buffer): number {
  const length = data.length;
  let h = 0x9747b28c ^ length;
  const words = length >> 2;
  for (let i = 0; i < words; i++) {
    let k = data.readInt32LE(i * 4);
    k = Math.imul(k, M);
    k ^= k >>> 24;
    h = Math.imul(h, M) ^ Math.imul(k, M);
  }
  const rest = words * 4;
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
