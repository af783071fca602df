/** A collector on a port of its own over Kafka in memory, whose sends the test can hold or fail. */
import { randomUUID } from 'node:crypto';
import type { TestContext } from 'node:test';
import type { OutRecord, Producer } from '../../../infra/ports.ts';
import { createCodec, type RecordCodec } from '../../../schemas/codec.ts';
import { topicName, type TopicId } from '../../../schemas/topics.ts';
import type { DeadLetter, PlatformEvent, RecordName, Records } from '../../../schemas/records.ts';
import type { Log } from '../../../infra/service/log.ts';
import { topicConfigs } from '../../../infra/kafka/topics.ts';
import { openCollector, type Collector, type CollectorOptions } from '../../../producers/collector/collector.ts';
import { uuidV7 } from '../../../producers/collector/ids.ts';
import { createMemoryKafka, type MemoryKafka } from '../../fakes/memoryKafka.ts';
import { memorySchemas } from '../../fakes/schemas.ts';

export const PARTITIONS = 4;
export const INDEX = 2;

export interface World {
  readonly collector: Collector;
  readonly kafka: MemoryKafka;
  readonly codec: RecordCodec;
  readonly url: string;
  /** Null: acknowledged at once. */
  fault: (() => Promise<void>) | null;
  post(path: string, body: unknown, options?: { key?: string | null; headers?: Record<string, string> }): Promise<{ status: number; headers: Headers; body: Record<string, unknown> }>;
  get(path: string): Promise<{ status: number; body: Record<string, unknown> }>;
  read<Name extends RecordName>(topic: TopicId, name: Name): (Records[Name] & { readonly partition: number; readonly key: string | null })[];
  events(): (PlatformEvent & { readonly partition: number })[];
  deadLetters(): (DeadLetter & { readonly partition: number })[];
}

export async function openWorld(t: TestContext, options: { kafka?: MemoryKafka; overrides?: Partial<CollectorOptions['collector']>; acknowledgeMs?: number; app?: string; now?: () => number; readKeys?: () => Promise<string>; readTls?: CollectorOptions['readTls']; log?: Log; requestMs?: number; /** Takes the records instead of the topics. */ sink?: (records: readonly OutRecord[]) => void } = {}): Promise<World> {
  const app = options.app ?? '';
  const kafka = options.kafka ?? createMemoryKafka({ now: options.now ?? Date.now });
  await kafka.createTopics(topicConfigs(app, PARTITIONS));
  const codec = await createCodec(memorySchemas(), ['PlatformEvent', 'User', 'Feature', 'DeadLetter']);
  const producer = async (): Promise<Producer> => {
    const inner = await kafka.producer();
    return {
      send: async (records: readonly OutRecord[]) => {
        await world.fault?.();
        if (options.sink === undefined) await inner.send(records);
        else options.sink(records);
      },
      close: () => inner.close(),
    };
  };
  const world = { fault: null } as { -readonly [K in keyof World]: World[K] };
  const collector = await openCollector({
    app,
    collector: { host: '127.0.0.1', port: 0, index: INDEX, writeKeys: ['web:w'], adminKeys: ['a'], tls: null, trustedProxies: [], privacy: { pseudonymSecret: null, denyProperties: [] }, keyLimits: { requests: null, events: null }, maxBodyBytes: 1_572_864, maxRatio: 1_032, maxEvents: 5_000, clockIntervalMs: 3_600_000, origins: [], ...options.overrides },
    connect: () => Promise.resolve({ kafka: { ...kafka, producer }, codec }),
    readKeys: options.readKeys ?? null,
    readTls: options.readTls ?? null,
    fileIntervalMs: 10,
    ...(options.requestMs === undefined ? {} : { requestMs: options.requestMs }),
    log: options.log ?? (() => undefined),
    now: options.now ?? Date.now,
    newId: () => uuidV7(Date.now(), randomUUID()),
    ...(options.acknowledgeMs === undefined ? {} : { acknowledgeMs: options.acknowledgeMs }),
  });
  t.after(() => collector.stop());
  const url = `http://127.0.0.1:${collector.port}`;
  const answer = async (response: Response): Promise<Record<string, unknown>> => {
    const text = await response.text();
    return response.headers.get('content-type')?.includes('json') === true ? (JSON.parse(text) as Record<string, unknown>) : { text };
  };
  const read: World['read'] = (topic, name) =>
    kafka.records(topicName(topic, app)).map((record) => ({ ...codec.decode(name, record.value ?? Buffer.alloc(0)), partition: record.partition, key: record.key?.toString() ?? null }));
  return Object.assign(world, {
    collector,
    kafka,
    codec,
    url,
    post: async (path, body, { key = 'w', headers = {} } = {}) => {
      const response = await fetch(url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(key === null ? {} : { authorization: `Bearer ${key}` }), ...headers },
        body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
      });
      return { status: response.status, headers: response.headers, body: await answer(response) };
    },
    get: async (path) => {
      const response = await fetch(url + path);
      return { status: response.status, body: await answer(response) };
    },
    read,
    events: () => read('events', 'PlatformEvent'),
    deadLetters: () => read('deadLetters', 'DeadLetter'),
  } satisfies Omit<World, 'fault'>);
}

export const click = (over: object = {}): Record<string, unknown> => ({ event_id: 'e1', user_id: 'u1', occurred_at: 1_600_000_000_000, type: 'interaction', feature: 'notebook.create', action: 'click', ...over });
