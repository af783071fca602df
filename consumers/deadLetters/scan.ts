/** Reading the dead-letter topic from its beginning to an end that is fixed at the start: a batch in memory at a time. */
import type { LogReader } from '../../infra/ports.ts';
import { DecodeError, type RecordCodec } from '../../schemas/codec.ts';
import { topicName } from '../../schemas/topics.ts';
import { asksOriginal, matchesLetter, matchesOriginal, type Filter } from './filter.ts';
import { decoded, openOriginal, type Letter, type Original } from './letter.ts';

export interface Source {
  readonly log: LogReader;
  readonly codec: RecordCodec;
  readonly app: string;
}

export interface Scan {
  /** May be called more than once; each time the same letters, in the order of partitions and offsets. */
  letters(partition?: number | null): AsyncGenerator<Letter>;
  /** Those that match, with their originals where the filter or the caller asks for them. */
  matching(filter: Filter, wanted: (letter: Letter) => boolean): AsyncGenerator<{ readonly letter: Letter; readonly original: Original | null }>;
  /** Records of the last reading that are no dead letters: somebody else has written to the topic. */
  unreadable(): number;
}

export async function openScan({ log, codec, app }: Source): Promise<Scan> {
  const topic = topicName('deadLetters', app);
  const ends = await log.ends(topic);
  let unreadable = 0;

  async function* letters(only: number | null = null): AsyncGenerator<Letter> {
    unreadable = 0;
    for (const [partition, end] of ends.entries()) {
      if (only !== null && only !== partition) continue;
      for await (const batch of log.read({ topic, partition, offset: 0 }, end)) {
        for (const { value, offset } of batch) {
          const record = value === null ? null : await decoded(codec, 'DeadLetter', value);
          if (record === null || record instanceof DecodeError) unreadable += 1;
          else yield { record, partition, offset };
        }
      }
    }
  }

  return {
    letters,
    matching: async function* (filter, wanted) {
      for await (const letter of letters(filter.partition)) {
        if (!matchesLetter(letter, filter)) continue;
        const original = asksOriginal(filter) || wanted(letter) ? await openOriginal(codec, letter.record) : null;
        if (original === null || matchesOriginal(original, filter)) yield { letter, original };
      }
    },
    unreadable: () => unreadable,
  };
}

/** The names in the catalog, as the processor knows them. */
export async function readCatalog({ log, app }: Source): Promise<ReadonlySet<string>> {
  const topic = topicName('features', app);
  const features = new Set<string>();
  for (const [partition, end] of (await log.ends(topic)).entries()) {
    for await (const batch of log.read({ topic, partition, offset: 0 }, end)) {
      for (const { key, value } of batch) {
        if (key === null) continue;
        if (value === null) features.delete(key.toString());
        else features.add(key.toString());
      }
    }
  }
  return features;
}
