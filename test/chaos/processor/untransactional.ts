/**
 * The processor with the transaction taken out, to see that the verifier notices: the production task in the production loop, but its outputs go out
 * by a plain producer, a topic at a time, and its positions are committed afterwards. Nobody is fenced.
 */
import { connectKafka } from '../../../infra/kafka/client.ts';
import { runTasks } from '../../../infra/kafka/taskLoop.ts';
import type { GroupConsumer, Kafka } from '../../../infra/ports.ts';
import { connectRegistry } from '../../../infra/registry/registry.ts';
import { runService } from '../../../infra/service/service.ts';
import { readSettings } from '../../../infra/settings.ts';
import { createCodec } from '../../../schemas/codec.ts';
import { topicName } from '../../../schemas/topics.ts';
import { createGlobalTables } from '../../../streams/globalTables.ts';
import { createProcessorTask } from '../../../streams/processorTask.ts';

function withoutTransactions(kafka: Kafka): Kafka {
  let consumer: GroupConsumer | null = null;
  return {
    ...kafka,
    consumer: async (options) => (consumer = await kafka.consumer(options)),
    transactionalProducer: async () => {
      const producer = await kafka.producer();
      return {
        commit: async ({ outputs, positions }) => {
          for (const topic of new Set(outputs.map((record) => record.topic))) await producer.send(outputs.filter((record) => record.topic === topic));
          await consumer?.commit(positions);
        },
        close: () => producer.close(),
      };
    },
  };
}

await runService(async (log) => {
  const settings = readSettings(process.env);
  const { app, dedupeWindowMs } = settings;
  const kafka = withoutTransactions(await connectKafka(settings.kafka, { clientId: 'untransactional', log }));
  const codec = await createCodec(connectRegistry(settings.registry), ['PlatformEvent', 'User', 'Feature', 'ActionSignal', 'ErrorSignal', 'TimeSignal', 'DeadLetter']);
  const tables = createGlobalTables(kafka, codec, { users: topicName('users', app), features: topicName('features', app) });
  const options = { app, codec, tables, partitions: await kafka.partitions(topicName('events', app)), dedupeWindowMs };
  const loop = await runTasks(kafka, { group: 'processor', topics: [topicName('events', app)], assignment: 'co-partitioned', commit: 'transaction', create: (context) => createProcessorTask(options, context) }, { app, log });
  return {
    name: 'untransactional',
    health: () => ({ ready: true, detail: {} }),
    stop: async () => {
      await loop.stop();
      await kafka.close();
    },
    failed: loop.failed,
  };
}, { name: 'untransactional', port: 0, host: '127.0.0.1' });
