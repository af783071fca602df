/** Records cut into batches and sent to the partitions' leaders. A produce request holds one batch per partition, so what is more goes into further rounds. */
import type { OutRecord, TopicPartition } from '../ports.ts';
import { inputKey } from './assigner.ts';
import { isTransient } from './clientErrors.ts';
import { KafkaError, asError } from './errors.ts';
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

interface Open extends Chunk {
  readonly round: number;
  bytes: number;
  readonly records: OutRecord[];
}

/** Rounds of chunks, each partition at most once in a round, in the records' order. */
export function cutRounds(records: readonly OutRecord[]): Chunk[][] {
  const open: Open[] = [];
  const rounds: Chunk[][] = [];
  for (const record of records) {
    const { topic, partition } = record;
    const size = recordSize(record);
    // There are few, and neighbours mostly differ: looking is quicker than asking a map.
    let place = 0;
    while (place < open.length && !(open[place]?.partition === partition && open[place]?.topic === topic)) place += 1;
    let chunk = open[place];
    if (chunk === undefined || chunk.bytes + size > MAX_BATCH_BYTES) {
      chunk = { topic, partition, round: chunk === undefined ? 0 : chunk.round + 1, bytes: 0, records: [] };
      open[place] = chunk;
      (rounds[chunk.round] ??= []).push(chunk);
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
    // All of them, also where one leader is gone: what another has taken must not be sent again, and what is on the way to it must not arrive after the
    // transaction has been ended.
    const answers = await Promise.allSettled([...byLeader].map(async ([leader, mine]) => produce(await metadata.broker(leader), transactionalId, mine)));
    const codes = new Map(answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : [])).map((answer) => [inputKey(answer), answer.error]));
    const broken = answers.find((answer) => answer.status === 'rejected');
    const failed: Error[] = [];
    rest = rest.filter((part) => {
      const code = codes.get(inputKey(part));
      if (code === undefined) return true;
      // A duplicate sequence means that the first attempt had arrived after all.
      if (code === CODE.none || code === CODE.duplicateSequence) return false;
      const error = protocolError(code);
      failed.push(code === CODE.messageTooLarge ? tooLarge(part, error) : error);
      return true;
    });
    const worst = failed.find((error) => !isTransient(error)) ?? (broken === undefined ? failed[0] : asError(broken.reason));
    if (worst !== undefined) throw worst;
    // No broker does that; taken for written it would be records lost.
    const [unanswered] = rest;
    if (unanswered !== undefined) throw new KafkaError('UNAVAILABLE', `A broker's answer to a write says nothing of ${unanswered.topic}/${unanswered.partition}: whether it has been written is not known.`);
  });
}

function tooLarge(part: ProducePart, cause: Error): KafkaError {
  return new KafkaError('TOO_LARGE', `A batch of ${part.batch.length} bytes is more than ${part.topic} takes: raise its max.message.bytes (and the brokers' message.max.bytes).`, { cause });
}
