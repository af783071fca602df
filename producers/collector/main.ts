/** The collector on real parts. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { connectKafka } from '../../infra/kafka/client.ts';
import { createTopics } from '../../infra/kafka/topics.ts';
import { connectRegistry } from '../../infra/registry/registry.ts';
import type { Log } from '../../infra/service/log.ts';
import type { Settings } from '../../infra/settings.ts';
import { createCodec } from '../../schemas/codec.ts';
import { openCollector, type Collector } from './collector.ts';
import { uuidV7 } from './ids.ts';

/** Resolves once events are taken; until then it listens and answers 503. Throws where its port cannot be had. */
export function startCollector(settings: Settings, log: Log): Promise<Collector> {
  const { keysFile, tls } = settings.collector;
  const textOf = (file: string | null, given: string): Promise<string> => (file === null ? Promise.resolve(given) : readFile(file, 'utf8'));
  return openCollector({
    app: settings.app,
    erasureSecret: settings.erasureSecret,
    collector: settings.collector,
    readKeys: keysFile === null ? null : () => readFile(keysFile, 'utf8'),
    readTls: tls === null || (tls.certFile === null && tls.keyFile === null) ? null : async () => ({ cert: await textOf(tls.certFile, tls.cert), key: await textOf(tls.keyFile, tls.key) }),
    log,
    now: Date.now,
    newId: () => uuidV7(Date.now(), randomUUID()),
    connect: async () => {
      const kafka = await connectKafka(settings.kafka, { clientId: 'collector', log });
      try {
        await createTopics(kafka, settings);
        const codec = await createCodec(connectRegistry(settings.registry), ['PlatformEvent', 'User', 'Feature', 'DeadLetter']);
        return { kafka, codec };
      } catch (error) {
        await kafka.close().catch(() => undefined);
        throw error;
      }
    },
  });
}
