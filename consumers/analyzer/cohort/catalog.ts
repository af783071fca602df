/** The catalog, read from `platform.features` up to its then end when a midnight tick asks for it: each record once. */
import type { LogReader } from '../../../infra/ports.ts';
import type { RecordCodec } from '../../../schemas/codec.ts';
import type { Feature } from '../../../schemas/records.ts';
import { topicName } from '../../../schemas/topics.ts';

export interface Catalog {
  /** Reads on, and gives all features. Rejects where the log or the registry does not answer. */
  read(): Promise<Iterable<Feature>>;
}

const PARTITION = 0;

export function createCatalog(log: LogReader, codec: RecordCodec, app: string): Catalog {
  const topic = topicName('features', app);
  const features = new Map<string, Feature>();
  let next = 0;
  return {
    read: async () => {
      const end = (await log.ends(topic))[PARTITION] ?? 0;
      if (end > next) {
        for await (const records of log.read({ topic, partition: PARTITION, offset: next }, end)) {
          for (const { key, value } of records) {
            if (value === null) {
              features.delete(key?.toString() ?? '');
              continue;
            }
            await codec.load(value);
            const feature = codec.decode('Feature', value);
            features.set(feature.feature, feature);
          }
        }
        next = end;
      }
      return features.values();
    },
  };
}
