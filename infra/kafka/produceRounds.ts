/** Records cut into batches and sent to the partitions' leaders. A produce request holds one batch per partition, so what is more goes into further rounds. */
import type { OutRecord, TopicPartition } from '../ports.ts';
import { inputKey } from './assigner.ts';
import { isTransient } from './clientErrors.ts';
import { KafkaError } from './errors.ts';
import { protocolError } from './kafkajs.ts';
import type { Metadata } from './metadata.ts';
import { CODE, produce, type ProducePart } from './requests.ts';
import { recordSize } from './recordEncoder.ts';
import { retrying } from './retry.ts';

export interface Chunk extends TopicPartition {
  readonly records: readonly OutRecord[];
}

/** Ours: well below the topics' max.message.bytes, which applies to batches; one larger record makes a batch of its own. */
const MAX_BATCH_BYTES = 512 * 1024;

interface Open extends TopicPartition {
  readonly key: string;
  readonly round: number;
  bytes: number;
  readonly records: OutRecord[];
}

/** Rounds of chunks, each partition at most once in a round, in the records' order. */
export function cutRounds(records: readonly OutRecord[]): Chunk[][] {
  const open = new Map<string, Open>();
  const rounds: Chunk[][] = [];
  let chunk: Open | undefined;
  for (const record of records) {
    const size = recordSize(record);
    // Records of a partition mostly come one after the other: look up only where it changes.
    const key = chunk?.topic === record.topic && chunk.partition === record.partition ? chunk.key : inputKey(record);
    if (chunk?.key !== key) chunk = open.get(key);
    if (chunk === undefined || chunk.bytes + size > MAX_BATCH_BYTES) {
      const number = chunk === undefined ? 0 : chunk.round + 1;
      chunk = { key, topic: record.topic, partition: record.partition, round: number, bytes: 0, records: [] };
      open.set(key, chunk);
      (rounds[number] ??= []).push({ topic: record.topic, partition: record.partition, records: chunk.records });
    }
    chunk.bytes += size;
    chunk.records.push(record);
  }
  return rounds;
}

export interface SendOptions {
  readonly metadata: Metadata;
  readonly transactionalId: string | null;
  /** Whether to send again after a broken connection, when the first may have arrived. */
  readonly acrossConnections: boolean;
  readonly forMs?: number;
}

/** Resolves when all in-sync replicas have every batch. Batches that a leader has just refused are sent again as they are. */
export async function sendParts(parts: readonly ProducePart[], { metadata, transactionalId, acrossConnections, forMs }: SendOptions): Promise<void> {
  let rest = [...parts];
  const topics = [...new Set(parts.map(({ topic }) => topic))];
  const doing = `write to ${topics.join(', ')}`;
  await retrying({ doing, refresh: metadata.refresh, acrossConnections, ...(forMs === undefined ? {} : { forMs }) }, async () => {
    await metadata.know(topics);
    const byLeader = new Map<number, ProducePart[]>();
    for (const part of rest) {
      const leader = metadata.leaderOf(part);
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), part]);
    }
    const answers = await Promise.all([...byLeader].map(async ([leader, mine]) => produce(await metadata.broker(leader), transactionalId, mine)));
    const codes = new Map(answers.flat().map((answer) => [inputKey(answer), answer.error]));
    const failed: Error[] = [];
    rest = rest.filter((part) => {
      const code = codes.get(inputKey(part)) ?? CODE.none;
      // A duplicate sequence means that the first attempt had arrived after all.
      if (code === CODE.none || code === CODE.duplicateSequence) return false;
      const error = protocolError(code);
      failed.push(code === CODE.messageTooLarge ? tooLarge(part, error) : error);
      return true;
    });
    const worst = failed.find((error) => !isTransient(error)) ?? failed[0];
    if (worst !== undefined) throw worst;
  });
}

function tooLarge(part: ProducePart, cause: Error): KafkaError {
  return new KafkaError('TOO_LARGE', `A batch of ${part.batch.length} bytes is more than ${part.topic} takes: raise its max.message.bytes (and the brokers' message.max.bytes).`, { cause });
}
