/** Inserts records the way the sink does: the same codec, the same rows, the same client; only Kafka is left out. */
import assert from 'node:assert/strict';
import { targets } from '../../consumers/clickhouse/rows.ts';
import type { ClickHouse } from '../../infra/ports.ts';
import { createCodec } from '../../schemas/codec.ts';
import type { RecordName, Records } from '../../schemas/records.ts';
import { TOPICS, type TopicId } from '../../schemas/topics.ts';
import { inRecord } from '../consumers/clickhouse/records.ts';
import { memorySchemas } from '../fakes/schemas.ts';

/** A record with its offset in the topic; null with a key is a tombstone. */
export type Placed<Name extends RecordName> = readonly [offset: number, record: Records[Name] | null, key?: string];

export type InsertRecords = <Name extends RecordName>(topic: TopicId, name: Name, records: readonly Placed<Name>[], partition?: number) => Promise<void>;

const RECORDS = [...new Set(Object.values(TOPICS).flatMap(({ record }) => (record === null ? [] : [record])))];

export async function recordInserter(clickhouse: ClickHouse): Promise<InsertRecords> {
  const codec = await createCodec(memorySchemas(), RECORDS);
  const byTopic = targets('');
  let tokens = 0;
  return async (topic, name, records, partition = 0) => {
    const target = byTopic.get(TOPICS[topic].name);
    assert.ok(target);
    const block = target.block();
    for (const [offset, record, key = ''] of records) target.add(block, inRecord(TOPICS[topic].name, offset, record === null ? null : codec.encode(name, record), { partition, key: Buffer.from(key) }), codec);
    await clickhouse.insertBlock(target.table, block, `t${tokens++}`);
  };
}
