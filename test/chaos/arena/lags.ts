/** What a processor has not taken yet. */
import type { Kafka } from '../../../infra/ports.ts';
import { appName, topicName } from '../../../schemas/topics.ts';

/** Partitions of platform.events with records that are not committed yet. */
export async function lags(kafka: Kafka, app: string): Promise<string[]> {
  const topic = topicName('events', '');
  const positions = new Map((await kafka.committed(appName('processor', app), [topic])).map(({ partition, offset }) => [partition, offset]));
  const behind = (await kafka.ends(topic)).map((end, partition) => end - (positions.get(partition) ?? 0));
  return behind.flatMap((lag, partition) => (lag > 0 ? [`partition ${partition} lacks ${lag} records`] : []));
}
