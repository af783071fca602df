/** Dead letters by hand, and a topic in memory that holds them. */
import { createCodec, type RecordCodec } from '../../../schemas/codec.ts';
import { hashOf } from '../../../schemas/ids.ts';
import type { DeadLetter, PlatformEvent } from '../../../schemas/records.ts';
import { openScan, type Scan, type Source } from '../../../consumers/deadLetters/scan.ts';
import { createMemoryKafka, type MemoryKafka } from '../../fakes/memoryKafka.ts';
import { memorySchemas } from '../../fakes/schemas.ts';

export const NOW = Date.UTC(2026, 10, 24, 12);
export const P = 4;

export const event = (over: Partial<PlatformEvent> = {}): PlatformEvent => ({
  event_id: 'e', user_id: 'ada', session_id: null, occurred_at: NOW - 3_600_000, sent_at: null, received_at: NOW, source: 'test', type: 'interaction', feature: 'notebook',
  action: 'open', task_id: null, outcome: null, duration_ms: null, waiting_ms: null, release: null, error: null, properties: { secret: 'payload' }, ...over,
});

/** The letter of a record at `at` of platform.events; `origin` where that was a replay. */
export const letter = (at: readonly [partition: number, offset: number], over: Partial<DeadLetter> = {}, origin: readonly [number, number] = at): DeadLetter => ({
  dead_letter_id: hashOf('platform.events', ...at), reason: 'unknown_feature', detail: 'feature notebook is not in the catalog', step: 'enrich',
  origin_topic: 'platform.events', origin_partition: origin[0], origin_offset: origin[1], original: Buffer.alloc(0), event_id: 'e', failed_at: NOW - 60_000, ...over,
});

export const collectorLetter = (original: string, over: Partial<DeadLetter> = {}): DeadLetter => ({
  ...letter([0, 0]), dead_letter_id: `c-${original.length}`, reason: 'invalid', step: 'collector', detail: 'user_id is missing', origin_topic: null, origin_partition: null, origin_offset: null, original: Buffer.from(original), ...over,
});

export interface World {
  readonly kafka: MemoryKafka;
  readonly codec: RecordCodec;
  readonly source: Source;
  readonly add: (partition: number, ...letters: readonly DeadLetter[]) => void;
  readonly bytes: (over?: Partial<PlatformEvent>) => Buffer;
  readonly catalog: (...features: readonly string[]) => void;
  readonly scan: () => Promise<Scan>;
}

export async function world(): Promise<World> {
  const kafka = createMemoryKafka();
  const codec = await createCodec(memorySchemas(), ['PlatformEvent', 'DeadLetter']);
  await kafka.createTopics([['dead-letter', P + 8], ['platform.features', 1], ['platform.events', P]].map(([topic, partitions]) => ({ topic: String(topic), partitions: Number(partitions), config: {} })));
  const source: Source = { log: kafka, codec, app: '' };
  return {
    kafka, codec, source,
    add: (partition, ...letters) => { kafka.append(letters.map((one) => ({ topic: 'dead-letter', partition, key: one.dead_letter_id, value: codec.encode('DeadLetter', one) }))); },
    bytes: (over) => codec.encode('PlatformEvent', event(over)),
    catalog: (...features) => { kafka.append(features.map((key) => ({ topic: 'platform.features', partition: 0, key, value: Buffer.from('a feature') }))); },
    scan: () => openScan(source),
  };
}
