/** A transaction step by step, on the client's requests: what another client may leave between ours. */
import { encodeBatch } from '../../infra/kafka/recordEncoder.ts';
import { inputKey } from '../../infra/kafka/assigner.ts';
import type { Connector } from '../../infra/kafka/kafkajs.ts';
import { metadataOf } from '../../infra/kafka/metadata.ts';
import { cutRounds, sendParts } from '../../infra/kafka/produceRounds.ts';
import { retrying } from '../../infra/kafka/retry.ts';
import type { OpenTransaction } from '../contracts/kafka/subject.ts';

/** Below the broker's timeout for a test that fails in the middle: readers would wait that long. */
const TRANSACTION_TIMEOUT_MS = 20_000;

export async function beginRaw(connections: Connector, transactionalId: string): Promise<OpenTransaction> {
  const cluster = connections.cluster();
  await cluster.connect();
  await cluster.refreshMetadata();
  const metadata = metadataOf(cluster);
  const ask = <T>(request: () => Promise<T>): Promise<T> => retrying({ doing: `work on the transaction ${transactionalId}`, refresh: metadata.refresh }, request);
  const coordinator = () => metadata.coordinator('transaction', transactionalId);
  const { producerId, producerEpoch } = await ask(async () => (await coordinator()).initProducerId({ transactionalId, transactionTimeout: TRANSACTION_TIMEOUT_MS }));
  const txn = { transactionalId, producerId, producerEpoch };
  const sequences = new Map<string, number>();
  return {
    write: async (records) => {
      await metadata.know([...new Set(records.map(({ topic }) => topic))]);
      for (const round of cutRounds(records)) {
        await ask(async () => (await coordinator()).addPartitionsToTxn({ ...txn, topics: round.map(({ topic, partition }) => ({ topic, partitions: [partition] })) }));
        const parts = round.map((chunk) => {
          const sequence = sequences.get(inputKey(chunk)) ?? 0;
          sequences.set(inputKey(chunk), sequence + chunk.records.length);
          return { topic: chunk.topic, partition: chunk.partition, batch: encodeBatch(chunk.records, { timestamp: Date.now(), producer: { id: BigInt(producerId), epoch: producerEpoch, sequence }, transactional: true }) };
        });
        await sendParts(parts, { metadata, transactionalId, acrossConnections: false });
      }
    },
    positions: async (groupId, positions) => {
      await ask(async () => (await coordinator()).addOffsetsToTxn({ ...txn, groupId }));
      const topics = positions.map(({ topic, partition, offset, metadata: said }) => ({ topic, partitions: [{ partition, offset: String(offset), metadata: said }] }));
      await ask(async () => (await metadata.coordinator('group', groupId)).txnOffsetCommit({ ...txn, groupId, topics }));
    },
    end: async (how) => {
      await ask(async () => (await coordinator()).endTxn({ ...txn, transactionResult: how === 'commit' }));
    },
    close: () => cluster.disconnect(),
  };
}
