/** The collector with Kafka's acknowledgement taken out, to see that the verifier notices: what it is to send counts as sent at once. */
import { connectKafka } from '../../../infra/kafka/client.ts';
import type { Kafka } from '../../../infra/ports.ts';
import { connectRegistry } from '../../../infra/registry/registry.ts';
import { runService } from '../../../infra/service/service.ts';
import { readSettings } from '../../../infra/settings.ts';
import { openCollector } from '../../../producers/collector/collector.ts';
import { createCodec } from '../../../schemas/codec.ts';

function atOnce(kafka: Kafka): Kafka {
  return {
    ...kafka,
    producer: async () => {
      const producer = await kafka.producer();
      return {
        send: (records) => {
          producer.send(records).catch(() => undefined);
          return Promise.resolve();
        },
        close: () => producer.close(),
      };
    },
  };
}

await runService((log) => {
  const settings = readSettings(process.env);
  let made = 0;
  return openCollector({
    app: settings.app, collector: settings.collector, readKeys: null, readTls: null, log, now: Date.now, newId: () => `made-${process.pid}-${made++}`,
    connect: async () => ({
      kafka: atOnce(await connectKafka(settings.kafka, { clientId: 'unacknowledging', log })),
      codec: await createCodec(connectRegistry(settings.registry), ['PlatformEvent', 'User', 'Feature', 'DeadLetter']),
    }),
  });
}, { name: 'unacknowledging', port: null });
