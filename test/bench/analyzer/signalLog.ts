/** The signals that a processor has written, as a log to take: how far it goes and how many there are. */
import type { Kafka } from '../../../infra/ports.ts';
import { topicName } from '../../../schemas/topics.ts';
import type { InputLog } from '../inputLog.ts';

export const signalTopics = (app: string): string[] => (['actions', 'errors', 'times'] as const).map((id) => topicName(id, app));

export async function signalLog(kafka: Kafka, app: string): Promise<InputLog> {
  const lasts = new Map<string, readonly number[]>();
  let signals = 0;
  for (const topic of signalTopics(app)) {
    const behind: number[] = [];
    for (const [partition, end] of (await kafka.ends(topic)).entries()) {
      let next = 0;
      for await (const records of kafka.read({ topic, partition, offset: 0 }, end)) {
        for (const { offset, value } of records) {
          next = offset + 1;
          // The others are progress records.
          if (value !== null) signals += 1;
        }
      }
      behind.push(next);
    }
    lasts.set(topic, behind);
  }
  return { ends: lasts, records: signals };
}
