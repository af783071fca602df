/**
 * A changelog of very many users out of one of some: what the production analyzer has written for typical users, each of them copied under other ids of
 * the same length. Of each key the latest record, as a compacted topic has it. Nothing is known of the format but that it names users by their id.
 */
import type { OutRecord } from '../../../infra/ports.ts';
import { topicName } from '../../../schemas/topics.ts';
import { PARTITIONS, type Platform } from '../platform.ts';
import { PREFIX, USER_ID } from './population.ts';

export interface CopiedChangelog {
  readonly users: number;
  readonly records: number;
  /** Of keys and values. */
  readonly bytes: number;
}

interface Latest {
  readonly key: Buffer;
  readonly value: Buffer;
}

const RECORDS_PER_SEND = 5_000;
/** As many as PREFIX has numbers for. */
const MOST_COPIES = 1_000;

const prefixOf = (copy: number): Buffer => Buffer.from(`p${String(copy).padStart(PREFIX.length - 2, '0')}-`);

/** The bytes with every user's prefix replaced by another one of its length. */
export function renamed(bytes: Buffer, to: Buffer): Buffer {
  const made = Buffer.from(bytes);
  for (let at = made.indexOf(PREFIX); at >= 0; at = made.indexOf(PREFIX, at + to.length)) to.copy(made, at);
  return made;
}

async function latestOf({ reading }: Platform, topic: string, partition: number): Promise<Latest[]> {
  return reading(async (kafka) => {
    const end = (await kafka.ends(topic))[partition] ?? 0;
    const latest = new Map<string, Latest>();
    for await (const records of kafka.read({ topic, partition, offset: 0 }, end)) {
      for (const { key, value } of records) {
        if (key === null) continue;
        // A key that comes again goes to the end, as in the log.
        latest.delete(key.toString('latin1'));
        if (value !== null) latest.set(key.toString('latin1'), { key: Buffer.from(key), value: Buffer.from(value) });
      }
    }
    return [...latest.values()];
  });
}

/** Writes app `to`'s changelog, from app `from`'s, with at least so many users. */
export async function copyChangelog(platform: Platform, from: string, to: string, wanted: number): Promise<CopiedChangelog> {
  const topic = topicName('profileChangelog', to);
  const templates = await Promise.all(Array.from({ length: PARTITIONS }, (_, partition) => latestOf(platform, topicName('profileChangelog', from), partition)));
  const isUsers = ({ key }: Latest): boolean => USER_ID.test(key.toString('latin1'));
  const distinct = new Set(templates.flat().filter(isUsers).map(({ key }) => USER_ID.exec(key.toString('latin1'))?.[0]));
  if (distinct.size === 0) throw new Error(`${topicName('profileChangelog', from)} names no user: nothing can be copied`);
  const copies = Math.ceil(wanted / distinct.size);
  if (copies > MOST_COPIES) throw new Error(`${wanted} users out of ${distinct.size} are more than ${MOST_COPIES} copies: feed more events (--events)`);
  const prefixes = Array.from({ length: copies }, (_, copy) => prefixOf(copy));
  let [records, bytes] = [0, 0];
  const producer = await platform.kafka.producer();
  let batch: OutRecord[] = [];
  const put = async (partition: number, { key, value }: Latest): Promise<void> => {
    records += 1;
    bytes += key.length + value.length;
    batch.push({ topic, partition, key, value });
    if (batch.length < RECORDS_PER_SEND) return;
    await producer.send(batch);
    batch = [];
  };
  try {
    // Every copy at its original's place: what one record says of another stays before or behind it.
    for (const [partition, latest] of templates.entries()) {
      for (const one of latest) {
        if (!isUsers(one)) await put(partition, one);
        else for (const prefix of prefixes) await put(partition, { key: renamed(one.key, prefix), value: renamed(one.value, prefix) });
      }
    }
    await producer.send(batch);
  } finally {
    await producer.close();
  }
  return { users: copies * distinct.size, records, bytes };
}
