/** Reading without a group: restores, global tables, references. Its own fetches, since kafkajs has no assignment by hand and does not say when a log ends. */
import type { InRecord, LogReader, TopicPartition } from '../ports.ts';
import { protocolError, type Cluster } from './kafkajs.ts';
import { KafkaError, outOfRange } from './errors.ts';
import { metadataOf, type Metadata } from './metadata.ts';
import { decodeBatches, type Decoded } from './recordDecoder.ts';
import { CODE, fetch, type FetchLimits } from './requests.ts';
import { retrying } from './retry.ts';

const EARLIEST = -2;
const LATEST = -1;
const READ_UNCOMMITTED = 0;
/** Ours: short, since several reads share a connection. */
const MAX_WAIT_MS = 100;

/** `clusters`: one for reading, one for polls, which would hold up the reads while they wait. Both are connected. */
export function createLogReader(clusters: { readonly reads: Cluster; readonly polls: Cluster }, fetchBytes: number): LogReader {
  const reads = metadataOf(clusters.reads);
  const polls = metadataOf(clusters.polls);
  const limits = (maxWaitMs: number): FetchLimits => ({ maxWaitMs, maxBytes: fetchBytes, maxBytesPerPartition: fetchBytes });

  return {
    ends: (topic) => offsets(reads, topic, LATEST),
    read: async function* (from, to) {
      let { offset } = from;
      while (offset < to) {
        const { records, next } = await fetchOne(reads, { ...from, offset }, limits(MAX_WAIT_MS));
        const wanted = next > to ? records.filter((record) => record.offset < to) : records;
        if (wanted.length > 0) yield wanted;
        offset = next;
      }
    },
    poll: async (from, maxWaitMs) => {
      const until = performance.now() + maxWaitMs;
      let records: readonly InRecord[] = [];
      let next = from.offset;
      for (;;) {
        const restMs = Math.max(0, Math.min(until - performance.now(), MAX_WAIT_MS));
        ({ records, next } = await fetchOne(polls, { ...from, offset: next }, limits(Math.ceil(restMs))));
        if (records.length > 0 || performance.now() >= until) return { records, next };
      }
    },
  };
}

/** High watermarks, or the offsets at which the partitions' logs begin. Records of open transactions count: who reads up to here waits for their end. */
function offsets(metadata: Metadata, topic: string, which: typeof EARLIEST | typeof LATEST): Promise<number[]> {
  return retrying({ doing: `ask for the ends of ${topic}`, refresh: metadata.refresh }, async () => {
    await metadata.know([topic]);
    const found = new Array<number>(metadata.count(topic)).fill(0);
    const byLeader = new Map<number, number[]>();
    for (const partition of found.keys()) {
      const leader = metadata.leaderOf({ topic, partition });
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), partition]);
    }
    for (const [leader, partitions] of byLeader) {
      const broker = await metadata.broker(leader);
      const { responses } = await broker.listOffsets({ isolationLevel: READ_UNCOMMITTED, topics: [{ topic, partitions: partitions.map((partition) => ({ partition, timestamp: which })) }] });
      for (const { partition, offset } of responses.flatMap((response) => response.partitions)) found[partition] = Number(offset);
    }
    return found;
  });
}

function fetchOne(metadata: Metadata, from: TopicPartition & { readonly offset: number }, limits: FetchLimits): Promise<Decoded> {
  const { topic, partition, offset } = from;
  return retrying({ doing: `read ${topic}/${partition}`, refresh: metadata.refresh }, async () => {
    await metadata.know([topic]);
    const broker = await metadata.broker(metadata.leaderOf(from));
    const [part] = await fetch(broker, [from], limits);
    if (part === undefined) throw new KafkaError('UNREADABLE', `The broker's answer does not hold ${topic}/${partition}.`);
    if (part.error === CODE.offsetOutOfRange) return { records: [], next: await logStart(metadata, from), size: 0 };
    if (part.error !== CODE.none) throw protocolError(part.error);
    return decodeBatches(part.data, offset, part.aborted, topic, partition);
  });
}

/** Where to go on after an offset that is out of range: a reader from 0 begins where the log begins; any other has lost something. */
export async function logStart(metadata: Metadata, at: TopicPartition & { readonly offset: number }): Promise<number> {
  const { topic, partition, offset } = at;
  const start = (await offsets(metadata, topic, EARLIEST))[partition] ?? 0;
  if (offset === 0) return start;
  const end = (await offsets(metadata, topic, LATEST))[partition] ?? 0;
  throw outOfRange(topic, partition, offset, start, end);
}
