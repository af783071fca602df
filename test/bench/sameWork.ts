/**
 * Whether two apps gave the same from the same input: every signal of every topic, and every dead letter. First by the bytes, in any order; only
 * where those differ, record by record, so that the message can say in what.
 */
import { hash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { InRecord, Kafka } from '../../infra/ports.ts';
import type { RecordCodec } from '../../schemas/codec.ts';
import { topicName, type TopicId } from '../../schemas/topics.ts';

interface Work {
  /** Number of records per topic. */
  readonly counts: Readonly<Record<string, number>>;
  /** Per topic the sum of its records' hashes. */
  readonly digests: Readonly<Record<string, string>>;
}

const SIGNALS = { actions: 'ActionSignal', errors: 'ErrorSignal', times: 'TimeSignal' } as const;
const SHOWN = 3;
const MASK = (1n << 64n) - 1n;

async function workOf(kafka: Kafka, codec: RecordCodec, app: string): Promise<Work> {
  const counts: Record<string, number> = {};
  const digests: Record<string, string> = {};
  for (const id of [...Object.keys(SIGNALS), 'deadLetters'] as TopicId[]) {
    let [count, sum] = [0, 0n];
    for await (const { partition, value } of valuesOf(kafka, topicName(id, app))) {
      count += 1;
      const bytes = id === 'deadLetters' ? deadLetterKey(codec, value) : value;
      sum = (sum + hash('md5', Buffer.concat([Buffer.of(partition), bytes]), 'buffer').readBigUInt64LE(0)) & MASK;
    }
    counts[id] = count;
    digests[id] = sum.toString(16);
  }
  return { counts, digests };
}

/** Of a dead letter everything but the wording: which record, why, and its bytes. */
function deadLetterKey(codec: RecordCodec, value: Buffer): Buffer {
  const { dead_letter_id, reason, step, origin_topic, origin_partition, origin_offset, original, event_id, failed_at } = codec.decode('DeadLetter', value);
  return Buffer.concat([Buffer.from(JSON.stringify([dead_letter_id, reason, step, origin_topic, origin_partition, origin_offset, event_id, failed_at])), original]);
}

/** Throws where they differ; gives what they both did. */
export async function requireSameWork(kafka: Kafka, codec: RecordCodec, [ours, peers]: readonly [string, string]): Promise<Work> {
  const [own, other] = [await workOf(kafka, codec, ours), await workOf(kafka, codec, peers)];
  if (Object.values(own.counts).every((count) => count === 0)) throw new Error(`${ours} has no signals: nothing was compared`);
  if (isDeepStrictEqual(own, other)) return own;
  const differences: string[] = [];
  for (const id of Object.keys(SIGNALS) as (keyof typeof SIGNALS)[]) {
    if (own.digests[id] === other.digests[id] && own.counts[id] === other.counts[id]) continue;
    differences.push(...(await compare(await signals(kafka, codec, id, ours), await signals(kafka, codec, id, peers))).map((line) => `${id}: ${line}`));
  }
  if (own.digests['deadLetters'] !== other.digests['deadLetters']) differences.push(`dead letters: ours ${own.counts['deadLetters'] ?? 0}, the peer's ${other.counts['deadLetters'] ?? 0}, not the same`);
  // The same records in other bytes (a map's entries in another order) are the same work.
  if (differences.length === 0) return own;
  throw new Error(`the peer did not do the same work, so nothing can be compared:\n${differences.map((line) => `  ${line}`).join('\n')}`);
}

/** By (event_id, class, outcome or measure). */
async function signals(kafka: Kafka, codec: RecordCodec, id: keyof typeof SIGNALS, app: string): Promise<Map<string, unknown>> {
  const found = new Map<string, unknown>();
  for await (const { partition, value } of valuesOf(kafka, topicName(id, app))) {
    const signal = codec.decode(SIGNALS[id], value);
    const what = 'measure' in signal ? signal.measure : 'outcome' in signal ? (signal.outcome ?? '-') : '-';
    const key = `${signal.event_id} ${what}`;
    found.set(found.has(key) ? `${key} again` : key, { partition, ...signal });
  }
  return found;
}

function compare(ours: ReadonlyMap<string, unknown>, peers: ReadonlyMap<string, unknown>): Promise<string[]> {
  const missing = [...ours.keys()].filter((key) => !peers.has(key));
  const surplus = [...peers.keys()].filter((key) => !ours.has(key));
  const other = [...ours.keys()].filter((key) => peers.has(key) && !isDeepStrictEqual(ours.get(key), peers.get(key)));
  const shown = (keys: readonly string[], from: ReadonlyMap<string, unknown>): string => keys.slice(0, SHOWN).map((key) => JSON.stringify(from.get(key))).join(', ');
  return Promise.resolve([
    ...(missing.length === 0 ? [] : [`${missing.length} of ours the peer does not have, such as ${shown(missing, ours)}`]),
    ...(surplus.length === 0 ? [] : [`${surplus.length} of the peer's we do not have, such as ${shown(surplus, peers)}`]),
    ...(other.length === 0 ? [] : [`${other.length} are other ones, such as ours ${shown(other, ours)}; the peer's ${shown(other, peers)}`]),
  ]);
}

async function* valuesOf(kafka: Kafka, topic: string): AsyncGenerator<InRecord & { readonly value: Buffer }> {
  for (const [partition, end] of (await kafka.ends(topic)).entries()) {
    for await (const records of kafka.read({ topic, partition, offset: 0 }, end)) {
      for (const record of records) if (record.value !== null) yield record as InRecord & { readonly value: Buffer };
    }
  }
}
