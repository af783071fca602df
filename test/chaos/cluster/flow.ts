/** Whether committed signals flow: a reader of one signal topic, read_committed as its real readers are, says up to where the input has come through. */
import type { LogReader } from '../../../infra/ports.ts';
import { HEADERS, topicName } from '../../../schemas/topics.ts';

export interface Flow {
  /** Resolves when of each partition a record at that offset of `platform.events`, or a later one, has come through. */
  readonly passes: (offsets: readonly number[]) => Promise<void>;
  readonly stop: () => Promise<void>;
}

const POLL_MS = 100;

export async function watchFlow(kafka: LogReader): Promise<Flow> {
  // Every transaction ends with a progress record in each of the three.
  const topic = topicName('actions', '');
  const ends = await kafka.ends(topic);
  const reached = ends.map(() => -1);
  const waiting = new Set<{ readonly offsets: readonly number[]; readonly resolve: () => void }>();
  let stopped = false;

  const tell = (): void => {
    for (const one of waiting) {
      if (!one.offsets.every((offset, partition) => (reached[partition] ?? -1) >= offset)) continue;
      waiting.delete(one);
      one.resolve();
    }
  };
  const follow = async (partition: number): Promise<void> => {
    for (let offset = ends[partition] ?? 0; !stopped; ) {
      try {
        const { records, next } = await kafka.poll({ topic, partition, offset }, POLL_MS);
        for (const { value, headers } of records) if (value === null) reached[partition] = Math.max(reached[partition] ?? -1, Number(headers[HEADERS.originOffset]));
        offset = next;
        tell();
      } catch {
        // The brokers are away for longer than a reader waits: it asks again.
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    }
  };
  const following = ends.map((_, partition) => follow(partition));
  return {
    passes: (offsets) => new Promise((resolve) => {
      waiting.add({ offsets, resolve });
      tell();
    }),
    stop: async () => {
      stopped = true;
      await Promise.all(following);
    },
  };
}
