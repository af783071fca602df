/**
 * The peer: ClickHouse's own Kafka table engine and a materialized view that writes into the same table. It reads the same Avro from the same topic with the
 * schema of the same registry; it knows no tokens, no progress records, and keeps its own offsets in Kafka.
 */
import { migrate } from '../../../consumers/clickhouse/migrate.ts';
import { TABLES } from '../../../consumers/clickhouse/migrations/0001-tables.ts';
import { connectClickHouse } from '../../../infra/clickhouse/client.ts';
import { readSettings } from '../../../infra/settings.ts';
import { schemaText } from '../../../schemas/codec.ts';
import { topicOf } from './signals.ts';

export interface EngineSettings {
  readonly consumers: number;
  /** Rows of a block, and the longest time that one is gathered for, milliseconds. */
  readonly blockRows: number;
  readonly flushMs: number;
}

const text = (value: string): string => `'${value.replace(/[\\']/g, '\\$&')}'`;

/** Creates queue and view: from then on it drains the topic. */
export async function startEngine(env: NodeJS.ProcessEnv, app: string, { consumers, blockRows, flushMs }: EngineSettings): Promise<void> {
  const { clickhouse: connection, kafka, registry } = readSettings(env);
  const { database } = connection;
  const clickhouse = connectClickHouse({ ...connection, database: 'default' });
  try {
    await migrate(clickhouse, database);
    const types = new Map(TABLES.find(({ name }) => name === 'signals')?.columns.map(({ name, type }) => [name, type]));
    const fields = (JSON.parse(schemaText('ActionSignal')) as { fields: { name: string }[] }).fields.map(({ name }) => name);
    const settings = {
      kafka_broker_list: text(kafka.brokers.join(',')), kafka_topic_list: text(topicOf(app)), kafka_group_name: text(`engine-${database}`), kafka_format: "'AvroConfluent'", kafka_num_consumers: consumers, kafka_thread_per_consumer: consumers > 1 ? 1 : 0,
      kafka_max_block_size: blockRows, kafka_poll_max_batch_size: blockRows, kafka_flush_interval_ms: flushMs, format_avro_schema_registry_url: text(registry.url),
    };
    await clickhouse.command(`CREATE TABLE \`${database}\`.queue (${fields.map((field) => `\`${field}\` ${types.get(field) ?? 'String'}`).join(', ')}) ENGINE = Kafka SETTINGS ${Object.entries(settings).map(([name, value]) => `${name} = ${value}`).join(', ')}`);
    await clickhouse.command(`CREATE MATERIALIZED VIEW \`${database}\`.pump TO \`${database}\`.signals_raw AS SELECT 'action' AS class, ${fields.map((field) => `\`${field}\``).join(', ')}, toUInt16(_partition) AS partition FROM \`${database}\`.queue`);
  } finally {
    await clickhouse.close();
  }
}
