/** `chokepoint topics`: creates what is missing of the topics, where services may not. What exists is left as it is. */
import { connectKafka } from '../kafka/client.ts';
import { createTopics, topicConfigs } from '../kafka/topics.ts';
import { createLog } from '../service/log.ts';
import { readSettings } from '../settings.ts';
import { readArguments } from './arguments.ts';

export async function topics(args: readonly string[]): Promise<number> {
  if (readArguments('topics', {}, args) === null) return 0;
  const settings = readSettings(process.env);
  const kafka = await connectKafka(settings.kafka, { clientId: 'chokepoint-topics', log: createLog('topics') });
  try {
    await createTopics(kafka, settings);
    for (const { topic } of topicConfigs(settings.app, settings.partitions)) console.log(`${topic.padEnd(28)} ${await kafka.partitions(topic)} partitions`);
  } finally {
    await kafka.close();
  }
  return 0;
}
