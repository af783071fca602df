/**
 * A process of a limit: all records of the log in memory, then inserted by the sink's client as the sink inserts them, in batches such as the sink makes, as many at once. `rows`: each batch is
 * written into a block as the sink does it, so that of the sink's work only what has to do with Kafka is missing. `blocks`: all blocks are finished before, so that nothing is left but to send them.
 * `limitMember.ts <app of the log> rows|blocks`; brokers, registry and ClickHouse by settings.
 */
import { createInserts } from '../../../consumers/clickhouse/inserts.ts';
import { migrate } from '../../../consumers/clickhouse/migrate.ts';
import type { Block } from '../../../consumers/clickhouse/native/block.ts';
import { LIMITS } from '../../../consumers/clickhouse/plan.ts';
import { targets } from '../../../consumers/clickhouse/rows.ts';
import { connectClickHouse } from '../../../infra/clickhouse/client.ts';
import { connectKafka } from '../../../infra/kafka/client.ts';
import type { InRecord } from '../../../infra/ports.ts';
import { connectRegistry } from '../../../infra/registry/registry.ts';
import { createLog } from '../../../infra/service/log.ts';
import { readSettings } from '../../../infra/settings.ts';
import { createCodec } from '../../../schemas/codec.ts';
import { topicOf } from './signals.ts';

/** More than the sink lets through. */
const AT_ONCE = 4;

const [app = '', what = ''] = process.argv.slice(2);
const settings = readSettings(process.env);
const { clickhouse: { database } } = settings;
const log = createLog('limit');
const kafka = await connectKafka(settings.kafka, { clientId: 'limit', log });
const codec = await createCodec(connectRegistry(settings.registry), ['ActionSignal']);
const clickhouse = connectClickHouse({ ...settings.clickhouse, database: 'default' });
await migrate(clickhouse, database);
const topic = topicOf(app);
const target = targets(app).get(topic);
if (target === undefined) throw new Error(`${topic} has no table`);

/** Cut where the sink cuts: a batch is of one partition. */
const batches: InRecord[][] = [];
for (const [partition, end] of (await kafka.ends(topic)).entries()) {
  let bytes = Infinity;
  for await (const records of kafka.read({ topic, partition, offset: 0 }, end)) {
    for (const record of records) {
      bytes += record.size ?? 0;
      if (bytes > LIMITS.bytes || (batches.at(-1)?.length ?? 0) >= LIMITS.records) {
        batches.push([]);
        bytes = record.size ?? 0;
      }
      batches.at(-1)?.push(record);
    }
  }
}
await kafka.close();

const { withBlock, insert } = createInserts(clickhouse, database, { now: Date.now, log, observer: { inserted: () => undefined, failed: () => undefined } });
const write = (block: Block, batch: readonly InRecord[]): Block => {
  for (const record of batch) target.add(block, record, codec);
  return block;
};
const finished = what === 'blocks' ? batches.map((batch) => write(target.block(), batch)) : [];
let next = 0;
const insertOn = async (): Promise<void> => {
  while (next < batches.length) {
    const turn = next++;
    const [block, batch = []] = [finished[turn], batches[turn]];
    if (block !== undefined) await insert(target, block, `limit-${turn}`);
    else {
      await withBlock(target, async (fresh) => {
        await insert(target, write(fresh, batch), `limit-${turn}`);
        return true;
      });
    }
  }
};
await Promise.all(Array.from({ length: AT_ONCE }, insertOn));
// The parent ends it, once it has looked at the processor time.
setInterval(() => undefined, 60_000);
