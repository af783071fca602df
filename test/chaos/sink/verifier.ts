/**
 * A process of its own that trusts nobody: reads every topic that has a table with read_committed isolation, and compares with the rows of the view, all of them
 * and every value; and what the sink says it is complete through with the log. Prints one JSON line.
 * `verifier.ts <app> <feeder> <records that it has had acknowledged>`; brokers, registry and ClickHouse by settings.
 */
import { connectClickHouse } from '../../../infra/clickhouse/client.ts';
import { connectKafka } from '../../../infra/kafka/client.ts';
import { connectRegistry } from '../../../infra/registry/registry.ts';
import { createLog } from '../../../infra/service/log.ts';
import { readSettings } from '../../../infra/settings.ts';
import { createCodec } from '../../../schemas/codec.ts';
import { appName, HEADERS, TOPICS, topicName, type TopicId } from '../../../schemas/topics.ts';
import { createTally, type Judgement } from '../arena/counts.ts';
import { createJudge, type Judge } from './judge.ts';
import { RECORDS } from './records.ts';
import { digestOf, found, idOf, owedOf, SELECTED, TABLES, textOf } from './rows.ts';
import { NUMBER_HEADER } from './traffic.ts';

export interface Verdict extends Judgement {
  /** In Kafka, committed. */
  readonly records: number;
  /** Of the views, by name. */
  readonly rows: Readonly<Record<string, number>>;
}

/** Rows of a view looked at in one query. */
const AT_ONCE = 40_000;

const [app = '', feeder = '', acknowledged = '0'] = process.argv.slice(2);
const settings = readSettings(process.env);
const kafka = await connectKafka(settings.kafka, { clientId: 'verifier', log: createLog('verifier') });
const clickhouse = connectClickHouse(settings.clickhouse);
const codec = await createCodec(connectRegistry(settings.registry), RECORDS);
const marks = new Uint8Array(Number(acknowledged));
let records = 0;

/** Per partition what its records tell that everything of platform.events is there through; null where they tell nothing. */
async function readTopic(topic: TopicId, judge: Judge): Promise<(number | null)[]> {
  const name = topicName(topic, app);
  const through: (number | null)[] = [];
  for (const [partition, end] of (await kafka.ends(name)).entries()) {
    let reached: number | null = null;
    for await (const batch of kafka.read({ topic: name, partition, offset: 0 }, end)) {
      for (const record of batch) {
        records += 1;
        const [from = '', number = ''] = record.headers[NUMBER_HEADER]?.split('/') ?? [];
        if (from === feeder && Number(number) < marks.length) marks[Number(number)] = 1;
        if (topic === 'events') reached = record.offset + 1;
        else if (record.value === null && HEADERS.originOffset in record.headers) reached = Math.max(reached ?? 0, Number(record.headers[HEADERS.originOffset]) + 1);
        const owed = owedOf(topic, record, codec);
        if (owed !== null) judge.owe(owed);
      }
    }
    through.push(reached);
  }
  return through;
}

async function readView(table: string, topic: TopicId, judge: Judge): Promise<number> {
  const [count] = await clickhouse.query<{ rows: number }>(`SELECT count() AS rows FROM ${table}`);
  // Where a null were left, the row would be in no slice.
  const id = (TOPICS[topic].rowId ?? []).map((field) => `ifNull(toString(${field}), '')`).join(', ');
  const slices = Math.max(1, Math.ceil((count?.rows ?? 0) / AT_ONCE));
  let rows = 0;
  for (let slice = 0; slice < slices; slice++) {
    const some = await clickhouse.query(`SELECT ${SELECTED[table] ?? '*'} FROM ${table} WHERE cityHash64(${id}) % ${slices} = ${slice}`);
    rows += some.length;
    for (const raw of some) {
      const row = found(raw) as Readonly<Record<string, unknown>>;
      const text = textOf(row);
      judge.find({ id: idOf(topic, row), digest: digestOf(text), text });
    }
  }
  return rows;
}

async function said(topic: TopicId): Promise<Map<number, number | null>> {
  const name = topicName(topic, app);
  return new Map((await kafka.committed(appName('sink', app), [name])).map(({ partition, metadata }) => [partition, (JSON.parse(metadata === '' ? '{}' : metadata) as { through?: number }).through ?? null]));
}

const { counts, samples, count } = createTally();
const rows: Record<string, number> = {};
for (const [table, topics] of TABLES) {
  const judge = createJudge();
  for (const topic of topics) {
    const through = await readTopic(topic, judge);
    const promised = await said(topic);
    for (const [partition, reached] of through.entries()) {
      if (reached !== null && promised.get(partition) !== reached) count('mismatches', `the sink says that ${topicName(topic, app)}/${partition} is complete through ${String(promised.get(partition))}, the log ${reached}`);
    }
  }
  rows[table] = await readView(table, topics[0] ?? 'events', judge);
  const judged = judge.finish();
  for (const what of ['lost', 'duplicated', 'mismatches'] as const) counts[what] += judged[what];
  samples.push(...judged.samples);
  if (rows[table] === 0) count('mismatches', `${table} is empty: nothing was compared`);
}
const missing = marks.reduce((sum, mark) => sum + (mark === 0 ? 1 : 0), 0);
counts.lost += missing;
if (missing > 0) samples.push(`lost: ${missing} records that were acknowledged to the feeder are in no topic`);
await Promise.all([kafka.close(), clickhouse.close()]);
console.log(JSON.stringify({ ...counts, records, rows, samples } satisfies Verdict));
