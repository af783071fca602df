/**
 * A process of the limit: rows in memory, made as the sink makes them, and inserted by the sink's client as the sink inserts them, two batches at a time, until
 * as many are in as the log has. Rows are those of the log's first records over and over, with ids of their own.
 * `limitMember.ts <app of the log> <rows in all> <rows in memory>`; brokers, registry and ClickHouse by settings.
 */
import { migrate } from '../../../consumers/clickhouse/migrate.ts';
import { LIMITS } from '../../../consumers/clickhouse/plan.ts';
import { targets, type Row } from '../../../consumers/clickhouse/rows.ts';
import { connectClickHouse } from '../../../infra/clickhouse/client.ts';
import { connectKafka } from '../../../infra/kafka/client.ts';
import { connectRegistry } from '../../../infra/registry/registry.ts';
import { createLog } from '../../../infra/service/log.ts';
import { readSettings } from '../../../infra/settings.ts';
import { createCodec } from '../../../schemas/codec.ts';
import { topicOf } from './signals.ts';

const INSERTS_AT_ONCE = 2;

interface Batch {
  readonly rows: Row[];
  bytes: number;
}

const [app = '', total = '', inMemory = ''] = process.argv.slice(2);
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
const batches: Batch[] = [];
const ends = await kafka.ends(topic);
for (const partition of ends.keys()) {
  let batch: Batch = { rows: [], bytes: 0 };
  for await (const records of kafka.read({ topic, partition, offset: 0 }, Math.min(ends[partition] ?? 0, Math.floor(Number(inMemory) / ends.length)))) {
    for (const record of records) {
      const bytes = (record.key?.length ?? 0) + (record.value?.length ?? 0);
      if (batch.rows.length >= LIMITS.records || batch.bytes + bytes > LIMITS.bytes) {
        batches.push(batch);
        batch = { rows: [], bytes: 0 };
      }
      const row = target.row(record, codec);
      if (row !== null) batch.rows.push(row);
      batch.bytes += bytes;
    }
  }
  if (batch.rows.length > 0) batches.push(batch);
}
await kafka.close();

const idColumn = target.columns.indexOf('signal_id');
let sent = 0;
let next = 0;
const insertOn = async (): Promise<void> => {
  while (sent < Number(total)) {
    const turn = next++;
    const { rows } = batches[turn % batches.length] as Batch;
    const round = Math.floor(turn / batches.length);
    // One string a row: what it takes that rows in memory are not known already.
    const fresh = round === 0 ? rows : rows.map((row) => row.with(idColumn, `${round}${String(row[idColumn]).slice(String(round).length)}`));
    sent += fresh.length;
    await clickhouse.insert(`\`${database}\`.${target.table}`, fresh, `limit-${turn}`, target.columns);
  }
};
await Promise.all(Array.from({ length: INSERTS_AT_ONCE }, insertOn));
// The parent ends it, once it has looked at the processor time.
setInterval(() => undefined, 60_000);
