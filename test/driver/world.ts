/** What the driver tests share: input, waiting for a condition, and what committed output should be. */
import type { Log } from '../../infra/service/log.ts';
import { createMemoryKafka, type MemoryKafka } from '../fakes/memoryKafka.ts';

export const silent: Log = () => undefined;

/** A log of words over two partitions; `words` says how many records each partition gets. Without a period: else a batch taken twice looks like the next. */
export function wordsWorld(words: number, options: { maxBatch?: number } = {}): MemoryKafka {
  const kafka = createMemoryKafka({ partitions: 2, maxBatch: 7, ...options });
  for (let n = 0; n < words; n++) for (const partition of [0, 1]) kafka.append([{ topic: 'words', partition, key: `w${String(Math.imul(n + 1, 0x9e3779b1 + partition) >>> 29)}`, value: null }]);
  return kafka;
}

/** Output of an uninterrupted run: a function of the input alone. */
export function expectedCounts(kafka: MemoryKafka): string[] {
  const counts = new Map<string, number>();
  return kafka.records('words').map(({ partition, key }) => {
    const name = `${partition}:${String(key)}`;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return `${name}=${String(count)}`;
  });
}

export function actualCounts(kafka: MemoryKafka): string[] {
  return kafka.records('counts').map(({ partition, key, value }) => `${partition}:${String(key)}=${String(value)}`);
}

/** Waits for macrotasks, not for time: everything in these tests runs in this process. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  for (let turn = 0; turn < 200_000; turn++) {
    if (condition()) return;
    await new Promise(setImmediate);
  }
  throw new Error(`Waited in vain until ${what}.`);
}
