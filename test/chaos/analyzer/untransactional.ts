/**
 * The analyzer with its outputs taken out of the transaction, to see that the verifier notices: they go out by a plain producer, and then state and
 * positions in a transaction. Who dies in between says it all again.
 */
import { rulesOf, runAnalyzer } from '../../../consumers/analyzer/main.ts';
import { connectKafka } from '../../../infra/kafka/client.ts';
import type { Kafka } from '../../../infra/ports.ts';
import { connectRegistry } from '../../../infra/registry/registry.ts';
import { runService } from '../../../infra/service/service.ts';
import { readSettings } from '../../../infra/settings.ts';
import { createCodec } from '../../../schemas/codec.ts';
import { topicName } from '../../../schemas/topics.ts';
import { isChangelog } from '../arena/arena.ts';

const RECORDS = ['ActionSignal', 'ErrorSignal', 'TimeSignal', 'ExpertiseLevel', 'Bottleneck', 'Feature', 'Challenge', 'Finding', 'ExpertiseModel'] as const;

function outputsFirst(kafka: Kafka): Kafka {
  return {
    ...kafka,
    transactionalProducer: async (id) => {
      const [transactional, plain] = await Promise.all([kafka.transactionalProducer(id), kafka.producer()]);
      return {
        commit: async ({ outputs, positions }, group) => {
          await plain.send(outputs.filter(({ topic }) => !isChangelog(topic)));
          await transactional.commit({ outputs: outputs.filter(({ topic }) => isChangelog(topic)), positions }, group);
        },
        close: async () => { await Promise.all([transactional.close(), plain.close()]); },
      };
    },
  };
}

await runService(async (log) => {
  const settings = readSettings(process.env);
  const { app } = settings;
  const kafka = outputsFirst(await connectKafka(settings.kafka, { clientId: 'untransactional', log }));
  const codec = await createCodec(connectRegistry(settings.registry), RECORDS);
  return runAnalyzer({ kafka, app, partitions: await kafka.partitions(topicName('events', app)), codec, rules: await rulesOf(null), log });
}, { name: 'untransactional', port: 0, host: '127.0.0.1' });
