/** What a run has written, per event or signal taken: learnt from its topics, so that the limit writes as many records of the same sizes. */
import type { Kafka } from '../../../infra/ports.ts';
import { HEADERS, topicName, type TopicId } from '../../../schemas/topics.ts';

interface TopicShape {
  readonly topic: TopicId;
  /** Records with a value, per event, and the mean bytes of their key and value together. */
  readonly values: number;
  readonly bytes: number;
  /** Tombstones, per event. */
  readonly tombstones: number;
  /** Progress records (no key, no value, two headers), per event. */
  readonly progress: number;
}

export type OutputShape = readonly TopicShape[];

export const PROCESSOR_OUTPUTS: readonly TopicId[] = ['actions', 'errors', 'times', 'deadLetters', 'processorChangelog'];
export const PROFILE_OUTPUTS: readonly TopicId[] = ['partials', 'levels', 'bottlenecks', 'profileChangelog'];

export async function learnShape(kafka: Kafka, app: string, events: number, outputs: readonly TopicId[]): Promise<OutputShape> {
  const shape: TopicShape[] = [];
  for (const id of outputs) {
    const topic = topicName(id, app);
    const counts = { values: 0, bytes: 0, tombstones: 0, progress: 0 };
    for (const [partition, end] of (await kafka.ends(topic)).entries()) {
      for await (const records of kafka.read({ topic, partition, offset: 0 }, end)) {
        for (const { key, value, headers } of records) {
          if (value !== null) {
            counts.values += 1;
            counts.bytes += (key?.length ?? 0) + value.length;
          } else if (HEADERS.watermark in headers) counts.progress += 1;
          else counts.tombstones += 1;
        }
      }
    }
    const { values, bytes, tombstones, progress } = counts;
    shape.push({ topic: id, values: values / events, bytes: values === 0 ? 0 : Math.round(bytes / values), tombstones: tombstones / events, progress: progress / events });
  }
  return shape;
}
