/** Our own requests, on the client's brokers: fetch, produce, and committed offsets that are final. */
import type { Position, TopicPartition } from '../ports.ts';
import type { Broker, WireRequest } from './kafkajs.ts';
import type { AbortedTransaction } from './recordDecoder.ts';
import { WireReader, WireWriter } from './wire.ts';

/** Error codes of the protocol that we tell apart ourselves. */
export const CODE = { none: 0, offsetOutOfRange: 1, unknownTopicOrPartition: 3, messageTooLarge: 10, duplicateSequence: 46 } as const;

async function send<T>(broker: Broker, api: { key: number; version: number; name: string }, body: WireWriter, decode: (payload: WireReader) => T): Promise<T> {
  const request: WireRequest<T> = {
    request: { apiKey: api.key, apiVersion: api.version, apiName: api.name, encode: () => Promise.resolve(body) },
    // Throttling is the client's business only in its own requests; the broker also holds back the answer itself.
    response: { decode: (payload) => Promise.resolve({ payload }), parse: (decoded) => Promise.resolve(decode(new WireReader((decoded as { payload: Buffer }).payload))) },
  };
  try {
    return await broker.connectionPool.send(request);
  } catch (error) {
    // As the client does itself: a pool whose connection was closed under it has to be torn down before it connects again.
    if (error instanceof Error && error.name === 'KafkaJSConnectionClosedError') await broker.disconnect();
    throw error;
  }
}

function byTopic<T extends TopicPartition>(items: readonly T[]): [string, T[]][] {
  const topics = new Map<string, T[]>();
  for (const item of items) {
    const same = topics.get(item.topic);
    if (same === undefined) topics.set(item.topic, [item]);
    else same.push(item);
  }
  return [...topics];
}

export interface FetchPart extends TopicPartition {
  readonly offset: number;
}

export interface Fetched extends TopicPartition {
  readonly error: number;
  readonly logStart: number;
  readonly aborted: readonly AbortedTransaction[];
  readonly data: Buffer;
}

export interface FetchLimits {
  readonly maxWaitMs: number;
  readonly maxBytes: number;
  readonly maxBytesPerPartition: number;
}

const READ_COMMITTED = 1;

/** Fetch v11, without a session. The parts' order is the order in which the broker fills the answer. */
export async function fetch(broker: Broker, parts: readonly FetchPart[], limits: FetchLimits): Promise<Fetched[]> {
  const body = new WireWriter(64 + parts.length * 64).int32(-1).int32(limits.maxWaitMs).int32(1).int32(limits.maxBytes).int8(READ_COMMITTED).int32(0).int32(-1);
  const topics = byTopic(parts);
  body.int32(topics.length);
  for (const [topic, items] of topics) {
    body.string(topic).int32(items.length);
    for (const { partition, offset } of items) body.int32(partition).int32(-1).int64(offset).int64(-1).int32(limits.maxBytesPerPartition);
  }
  body.int32(0).string('');
  return send(broker, { key: 1, version: 11, name: 'Fetch' }, body, (reader) => {
    reader.int32(); // throttle time
    reader.int16(); // of the session
    reader.int32();
    return reader.array(() => {
      const topic = reader.string() ?? '';
      return reader.array((): Fetched => {
        const partition = reader.int32();
        const error = reader.int16();
        reader.int64(); // high watermark
        reader.int64(); // last stable offset
        const logStart = reader.int64();
        const aborted = reader.array(() => ({ producerId: reader.bigInt64(), firstOffset: reader.int64() }));
        reader.int32(); // preferred replica
        return { topic, partition, error, logStart, aborted, data: reader.bytes() };
      });
    }).flat();
  });
}

export interface ProducePart extends TopicPartition {
  readonly batch: Buffer;
}

export interface Produced extends TopicPartition {
  readonly error: number;
}

const ALL_IN_SYNC = -1;
/** How long the broker waits for the in-sync replicas. */
const ACKS_TIMEOUT_MS = 20_000;
/** Memory of requests that have been answered, to be written again: they are the largest by far. Ours: as many as brokers are written to at once. */
const answered: WireWriter[] = [];
const MAX_ANSWERED = 4;

/** Produce v7: one batch per partition; the answer says for each whether it was appended. */
export async function produce(broker: Broker, transactionalId: string | null, parts: readonly ProducePart[]): Promise<Produced[]> {
  const bytes = parts.reduce((sum, { batch }) => sum + batch.length + 64, 128);
  const body = (answered.pop() ?? new WireWriter(bytes)).clear().string(transactionalId).int16(ALL_IN_SYNC).int32(ACKS_TIMEOUT_MS);
  const topics = byTopic(parts);
  body.int32(topics.length);
  for (const [topic, items] of topics) {
    body.string(topic).int32(items.length);
    for (const { partition, batch } of items) body.int32(partition).bytes(batch);
  }
  const produced = await send(broker, { key: 0, version: 7, name: 'Produce' }, body, (reader) =>
    reader.array(() => {
      const topic = reader.string() ?? '';
      return reader.array((): Produced => {
        const partition = reader.int32();
        const error = reader.int16();
        reader.int64(); // base offset
        reader.int64(); // append time
        reader.int64(); // log start
        return { topic, partition, error };
      });
    }).flat(),
  );
  // Only after an answer: without one its bytes may still be on their way.
  if (answered.length < MAX_ANSWERED) answered.push(body);
  return produced;
}

/**
 * OffsetFetch v7 with `require_stable`: while a transaction of the group is still being completed the broker answers UNSTABLE_OFFSET_COMMIT rather than
 * the position before it. The client's own request has no such thing, and a task that opened from the older position would do work twice.
 */
export async function fetchOffsets(coordinator: Broker, group: string, partitions: ReadonlyMap<string, number>): Promise<{ positions: Position[]; error: number }> {
  const body = new WireWriter().uvarint(0).compactString(group).uvarint(partitions.size + 1);
  for (const [topic, count] of partitions) {
    body.compactString(topic).uvarint(count + 1);
    for (let partition = 0; partition < count; partition++) body.int32(partition);
    body.uvarint(0);
  }
  body.int8(1).uvarint(0);
  return send(coordinator, { key: 9, version: 7, name: 'OffsetFetch' }, body, (reader) => {
    reader.tags();
    reader.int32(); // throttle time
    let error: number = CODE.none;
    const positions = reader.compactArray(() => {
      const topic = reader.compactString() ?? '';
      const found = reader.compactArray(() => {
        const partition = reader.int32();
        const offset = reader.int64();
        reader.int32(); // leader epoch
        const metadata = reader.compactString() ?? '';
        const code = reader.int16();
        if (code !== CODE.none) error = code;
        reader.tags();
        return { topic, partition, offset, metadata };
      });
      reader.tags();
      return found;
    }).flat();
    error = reader.int16() || error;
    return { positions: positions.filter(({ offset }) => offset >= 0), error };
  });
}
