/** The highest `occurred_at` at the partitions' ends: what a collector says first, so that time does not stand still because another one ended. */
import { topicName } from '../../schemas/topics.ts';
import { DecodeError, UnknownSchemaError } from '../../schemas/codec.ts';
import type { RecordCodec } from '../../schemas/codec.ts';
import type { InRecord, LogReader } from '../../infra/ports.ts';
import { FUTURE_MS } from './clock.ts';
import { readTail } from './tail.ts';

/** Clocks come every few seconds, so the last records are enough; more than one, since the last may be an old event that came late. Ours. */
const LAST_RECORDS = 100;

/** Milliseconds, or null where the log is empty. What is `future` by the broker's time, and what cannot be decoded, does not count. */
export async function highestAtEnds(log: LogReader, codec: RecordCodec, app: string): Promise<number | null> {
  const topic = topicName('events', app);
  let highest: number | null = null;
  for (const [partition, end] of (await log.ends(topic)).entries()) {
    if (end === 0) continue;
    for await (const records of readTail(log, { topic, partition }, Math.max(0, end - LAST_RECORDS), end)) {
      for (const record of records) {
        const occurredAt = await occurredAtOf(record, codec);
        if (occurredAt !== null && occurredAt <= record.timestamp + FUTURE_MS) highest = Math.max(highest ?? occurredAt, occurredAt);
      }
    }
  }
  return highest;
}

async function occurredAtOf({ value }: InRecord, codec: RecordCodec): Promise<number | null> {
  if (value === null) return null;
  try {
    return codec.decode('PlatformEvent', value).occurred_at;
  } catch (error) {
    if (error instanceof UnknownSchemaError) return occurredAtOfOther(value, codec);
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

// Written with an older or newer schema: the registry knows it.
async function occurredAtOfOther(value: Buffer, codec: RecordCodec): Promise<number | null> {
  try {
    await codec.load(value);
    return codec.decode('PlatformEvent', value).occurred_at;
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}
