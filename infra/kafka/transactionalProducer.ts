/**
 * One transaction at a time, all or nothing. Its own state machine, a few lines long: after any failure the producer is unusable, and whoever needs one
 * opens a new one, which fences this and ends what it left open (never abort and go on: KAFKA-17754).
 */
import type { TransactionalProducer, Work } from '../ports.ts';
import { createArena } from './arena.ts';
import { inputKey } from './assigner.ts';
import { isTransient, protocolType, toKafkaError } from './clientErrors.ts';
import { KafkaError } from './errors.ts';
import type { Broker, Cluster } from './kafkajs.ts';
import { offsetTopics } from './membership.ts';
import { metadataOf } from './metadata.ts';
import { cutRounds, sendParts, type Chunk } from './produceRounds.ts';
import { encodeBatch } from './recordEncoder.ts';
import { retrying, within } from './retry.ts';

/** Ours: how long the coordinator keeps a transaction open whose producer is gone; read_committed readers wait that long. Commits take milliseconds. */
const TRANSACTION_TIMEOUT_MS = 30_000;
/** Ours: longer than the transaction timeout, within which an open transaction of the last owner ends. */
const INIT_FOR_MS = 40_000;
const COMMIT_FOR_MS = 15_000;
const GOODBYE_WITHIN_MS = 2_000;
const MAX_SEQUENCE = 0x7fffffff;

/** `cluster`: connected, this producer's own. */
export async function openTransactionalProducer(cluster: Cluster, transactionalId: string): Promise<TransactionalProducer> {
  const metadata = metadataOf(cluster);
  let coordinator: Broker | null = null;
  const findCoordinator = async (): Promise<Broker> => (coordinator ??= await metadata.coordinator('transaction', transactionalId));
  const refresh = async (): Promise<void> => {
    coordinator = null;
    await metadata.refresh();
  };

  // Sending it again is safe: each fences the one before.
  const identity = await retrying({ doing: `open the transactional producer ${transactionalId}`, refresh, forMs: INIT_FOR_MS }, async () =>
    (await findCoordinator()).initProducerId({ transactionalId, transactionTimeout: TRANSACTION_TIMEOUT_MS }),
  );
  const { producerId, producerEpoch } = identity;
  const txn = { transactionalId, producerId, producerEpoch };
  const sequences = new Map<string, number>();
  const memory = createArena();
  let state: 'ready' | 'busy' | 'unusable' | 'closed' = 'ready';
  let begun = false;

  /** A request to a coordinator: again while the last transaction is still ending or the coordinator moves, never after a broken connection. */
  const ask = (doing: string, request: () => Promise<unknown>, again?: () => void): Promise<unknown> =>
    retrying({ doing, refresh, forMs: COMMIT_FOR_MS, acrossConnections: false, given: (error) => {
      if (!isTransient(error)) return false;
      if (protocolType(error) !== 'CONCURRENT_TRANSACTIONS') again?.();
      return true;
    } }, request);

  async function send(rounds: readonly (readonly Chunk[])[]): Promise<void> {
    for (const round of rounds) {
      const timestamp = Date.now();
      // The round before has been answered, or this producer would be unusable.
      memory.reset();
      const parts = round.map((chunk) => {
        const sequence = sequences.get(inputKey(chunk)) ?? 0;
        sequences.set(inputKey(chunk), (sequence + chunk.records.length) % (MAX_SEQUENCE + 1));
        return { topic: chunk.topic, partition: chunk.partition, batch: encodeBatch(chunk.records, { timestamp, producer: { id: BigInt(producerId), epoch: producerEpoch, sequence }, transactional: true }, memory.take) };
      });
      await sendParts(parts, { metadata, transactionalId, acrossConnections: false, forMs: COMMIT_FOR_MS });
    }
  }

  /** Every partition has a chunk in the first round. */
  async function addPartitions(chunks: readonly Chunk[]): Promise<void> {
    if (chunks.length === 0) return;
    const topics = new Map<string, number[]>();
    for (const { topic, partition } of chunks) topics.set(topic, [...(topics.get(topic) ?? []), partition]);
    await ask('begin a transaction', async () => (await findCoordinator()).addPartitionsToTxn({ ...txn, topics: [...topics].map(([topic, numbers]) => ({ topic, partitions: numbers })) }));
  }

  async function sendOffsets(positions: Work['positions'], groupId: string): Promise<void> {
    if (positions.length === 0) return;
    await ask(`add the positions of ${groupId} to a transaction`, async () => (await findCoordinator()).addOffsetsToTxn({ ...txn, groupId }));
    let group: Broker | null = null;
    await ask(`commit the positions of ${groupId}`, async () => {
      group ??= await metadata.coordinator('group', groupId);
      return group.txnOffsetCommit({ ...txn, groupId, topics: offsetTopics(positions) });
    }, () => { group = null; });
  }

  async function transact({ outputs, positions }: Work, group: string): Promise<void> {
    const rounds = cutRounds(outputs);
    await metadata.know([...new Set((rounds[0] ?? []).map(({ topic }) => topic))]);
    begun = true;
    // Records and positions do not depend on each other, and whichever is named first begins the transaction; but both must have come to an end before it
    // is ended either way.
    const results = await Promise.allSettled([addPartitions(rounds[0] ?? []).then(() => send(rounds)), sendOffsets(positions, group)]);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    await ask('commit a transaction', async () => (await findCoordinator()).endTxn({ ...txn, transactionResult: true }));
    begun = false;
  }

  return {
    commit: async (work, group) => {
      if (state !== 'ready') throw new KafkaError('UNUSABLE', `The producer ${transactionalId} is ${state}: open a new one.`);
      state = 'busy';
      try {
        if (work.outputs.length > 0 || work.positions.length > 0) await transact(work, group);
        state = 'ready';
      } catch (thrown) {
        state = 'unusable';
        const error = toKafkaError(thrown, `commit a transaction of ${transactionalId}`);
        // Best effort: readers need not wait for the timeout. The next owner's init does it otherwise.
        if (begun && error.code !== 'FENCED') await within(GOODBYE_WITHIN_MS, findCoordinator().then((broker) => broker.endTxn({ ...txn, transactionResult: false })));
        throw error;
      }
    },
    close: async () => {
      state = 'closed';
      await within(GOODBYE_WITHIN_MS, cluster.disconnect());
    },
  };
}
