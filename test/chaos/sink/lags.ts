/** What the sink has not taken yet. */
import type { Kafka, TopicPartition } from '../../../infra/ports.ts';
import { appName, topicName } from '../../../schemas/topics.ts';
import { TABLED } from './records.ts';

export interface Lag {
  /** Offsets between what is committed and the ends, over all topics; markers of transactions count. */
  readonly total: number;
  /** A line for each topic with records that are not committed. */
  readonly lines: readonly string[];
}

/** Of so few it is looked whether they are records at all: behind the last one there are the markers of its transaction, which nobody commits. */
const FEW = 1_000;

export async function sinkLag(kafka: Kafka, app: string): Promise<Lag> {
  const topics = TABLED.map((topic) => topicName(topic, app));
  const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;
  const committed = new Map((await kafka.committed(appName('sink', app), topics)).map((position) => [keyOf(position), position.offset]));
  let total = 0;
  const lines: string[] = [];
  for (const topic of topics) {
    let lacks = 0;
    for (const [partition, end] of (await kafka.ends(topic)).entries()) {
      const from = { topic, partition, offset: committed.get(keyOf({ topic, partition })) ?? 0 };
      const lag = end - from.offset;
      if (lag === 0 || (lag <= FEW && !(await hasRecords(kafka, from, end)))) continue;
      lacks += lag;
    }
    total += lacks;
    if (lacks > 0) lines.push(`${topic} lacks ${lacks}`);
  }
  return { total, lines };
}

async function hasRecords(kafka: Kafka, from: TopicPartition & { readonly offset: number }, end: number): Promise<boolean> {
  for await (const batch of kafka.read(from, end)) if (batch.length > 0) return true;
  return false;
}
