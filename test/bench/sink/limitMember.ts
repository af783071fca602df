/**
 * A process of the limit: all rows of the log in memory, as finished blocks such as the sink inserts, inserted by the sink's client as the sink inserts them, two at a time.
 * `limitMember.ts <app of the log>`; brokers, registry and ClickHouse by settings.
 */
import { migrate } from '../../../consumers/clickhouse/migrate.ts';
import { LIMITS } from '../../../consumers/clickhouse/plan.ts';
import { targets, valueOf } from '../../../consumers/clickhouse/rows.ts';
import { connectClickHouse } from '../../../infra/clickhouse/client.ts';
import { connectKafka } from '../../../infra/kafka/client.ts';
import type { NativeBlock } from '../../../infra/ports.ts';
import { connectRegistry } from '../../../infra/registry/registry.ts';
import { createLog } from '../../../infra/service/log.ts';
import { readSettings } from '../../../infra/settings.ts';
import { createCodec } from '../../../schemas/codec.ts';
import { topicOf } from './signals.ts';

const INSERTS_AT_ONCE = 2;

const [app = ''] = process.argv.slice(2);
const settings = readSettings(process.env);
const { clickhouse: { database } } = settings;
const kafka = await connectKafka(settings.kafka, { clientId: 'limit', log: createLog('limit') });
const codec = await createCodec(connectRegistry(settings.registry), ['ActionSignal']);
const clickhouse = connectClickHouse({ ...settings.clickhouse, database: 'default' });
await migrate(clickhouse, database);
const topic = topicOf(app);
const target = targets(app).get(topic);
if (target === undefined) throw new Error(`${topic} has no table`);

/** Cut where the sink cuts: a batch is of one partition. */
const blocks: NativeBlock[] = [];
const block = target.block();
const finish = (): void => {
  const { rows, columns } = block;
  const bytes = [Buffer.concat(block.pieces())];
  if (rows > 0) blocks.push({ rows, columns, pieces: () => bytes });
  block.clear();
};
for (const [partition, end] of (await kafka.ends(topic)).entries()) {
  let size = 0;
  for await (const records of kafka.read({ topic, partition, offset: 0 }, end)) {
    for (const record of records) {
      const value = valueOf(record);
      const bytes = value === null ? 0 : value.to - value.from;
      if (block.rows >= LIMITS.records || size + bytes > LIMITS.bytes) {
        finish();
        size = 0;
      }
      target.add(block, record, codec);
      size += bytes;
    }
  }
  finish();
}
await kafka.close();

let next = 0;
const insertOn = async (): Promise<void> => {
  for (;;) {
    const turn = next++;
    const found = blocks[turn];
    if (found === undefined) return;
    await clickhouse.insertBlock(`\`${database}\`.${target.table}`, found, `limit-${turn}`);
  }
};
await Promise.all(Array.from({ length: INSERTS_AT_ONCE }, insertOn));
// The parent ends it, once it has looked at the processor time.
setInterval(() => undefined, 60_000);
