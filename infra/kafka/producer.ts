/** Plain producing: acknowledged by all in-sync replicas, one request at a time. What is asked for while one is under way goes together in the next. */
import type { OutRecord, Producer } from '../ports.ts';
import { createArena } from './arena.ts';
import { KafkaError } from './errors.ts';
import type { Cluster } from './kafkajs.ts';
import { metadataOf } from './metadata.ts';
import { cutRounds, sendParts } from './produceRounds.ts';
import { encodeBatch } from './recordEncoder.ts';
import { within } from './retry.ts';

interface Sending {
  readonly records: readonly OutRecord[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Ours: after this long without an acknowledgement the caller hears of it; what was sent may arrive all the same. */
const SEND_FOR_MS = 15_000;
/** Ours: sends are put together up to so many records. */
const TOGETHER_RECORDS = 5_000;
const GOODBYE_WITHIN_MS = 2_000;

/** `cluster`: connected, this producer's own. */
export function createProducer(cluster: Cluster): Producer {
  const metadata = metadataOf(cluster);
  const memory = createArena();
  const waiting: Sending[] = [];
  let running: Promise<void> | null = null;
  let closed = false;

  async function write(records: readonly OutRecord[]): Promise<void> {
    for (const round of cutRounds(records)) {
      const timestamp = Date.now();
      // The round before is settled, and what of it may still be on its way lies in its request.
      memory.reset();
      const parts = round.map((chunk) => ({ topic: chunk.topic, partition: chunk.partition, batch: encodeBatch(chunk.records, { timestamp, producer: null, transactional: false }, memory.take) }));
      await sendParts(parts, { metadata, transactionalId: null, acrossConnections: true, forMs: SEND_FOR_MS });
    }
  }

  async function run(): Promise<void> {
    for (;;) {
      const together: Sending[] = [];
      for (let records = 0; waiting[0] !== undefined && (together.length === 0 || records + waiting[0].records.length <= TOGETHER_RECORDS); ) {
        const next = waiting.shift() as Sending;
        records += next.records.length;
        together.push(next);
      }
      if (together.length === 0) {
        // Here and not when the promise settles: whoever sends again as soon as its send is acknowledged comes in between, and would wait for ever.
        running = null;
        return;
      }
      try {
        await write(together.flatMap(({ records }) => records));
        for (const sending of together) sending.resolve();
      } catch (error) {
        // One sender's impossible record must not fail the others': each on its own then.
        const shared = together.length > 1 && error instanceof KafkaError && error.code !== 'UNAVAILABLE';
        for (const sending of together) {
          if (shared) await write(sending.records).then(sending.resolve, sending.reject);
          else sending.reject(error);
        }
      }
    }
  }

  return {
    send: (records) =>
      new Promise((resolve, reject) => {
        if (closed) {
          reject(new KafkaError('CLOSED', 'The producer is closed.'));
          return;
        }
        waiting.push({ records, resolve, reject });
        running ??= run();
      }),
    close: async () => {
      closed = true;
      await running;
      await within(GOODBYE_WITHIN_MS, cluster.disconnect());
    },
  };
}
