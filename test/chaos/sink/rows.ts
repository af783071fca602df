/** What a record should be as a row, and what a row of a view is, in one form: Avro's names and values, times in milliseconds, bytes in base64. Knows nothing of the sink. */
import { hash } from 'node:crypto';
import type { InRecord } from '../../../infra/ports.ts';
import { schemaText, type RecordCodec } from '../../../schemas/codec.ts';
import type { DeadLetter, PlatformEvent, RecordName } from '../../../schemas/records.ts';
import { TOPICS, type TopicId } from '../../../schemas/topics.ts';
import type { Owed } from './judge.ts';
import { RECORDS, TABLED } from './records.ts';
import { SIGNALS } from './traffic.ts';

type Fields = Readonly<Record<string, unknown>>;

const CLASSES: Partial<Record<TopicId, string>> = { actions: 'action', errors: 'error', times: 'time' };
const LAST_WINS: readonly TopicId[] = ['users', 'features'];
/** More than there are partitions. */
const PARTITION_RANGE = 65_536;

/** Fields of the three classes are columns of one table: null in the others. */
const ALL_SIGNAL_FIELDS = Object.fromEntries(SIGNALS.flatMap((topic) => fieldsOf(TOPICS[topic].record)).map((field) => [field, null]));

function fieldsOf(record: RecordName | null): string[] {
  return record === null ? [] : (JSON.parse(schemaText(record)) as { fields: { name: string }[] }).fields.map(({ name }) => name);
}

/** The record's part of the judgement; null where it is no row. A progress record, a clock and bytes that are no event are none. */
export function owedOf(topic: TopicId, { topic: name, partition, offset, key, value }: InRecord, codec: RecordCodec): Owed | null {
  const { record, table } = TOPICS[topic];
  if (record === null || table === null) return null;
  const place = `${name}/${partition} offset ${offset}`;
  const position = offset * PARTITION_RANGE + partition;
  if (value === null) return LAST_WINS.includes(topic) ? { id: idOf(topic, { [TOPICS[topic].key]: key?.toString() }), rank: -position, digest: null, place } : null;
  const fields = decoded(topic, record, value, codec);
  if (fields === null) return null;
  const row = withTheRest(topic, fields, partition, offset);
  const rank = topic in CLASSES ? Number(fields['origin_offset']) * PARTITION_RANGE + partition : LAST_WINS.includes(topic) ? -position : position;
  return { id: idOf(topic, row), rank, digest: digestOf(textOf(row)), place };
}

/** Others write to platform.events too. */
function decoded(topic: TopicId, record: RecordName, value: Buffer, codec: RecordCodec): Fields | null {
  if (topic !== 'events') return codec.decode(record, value) as unknown as Fields;
  if (value.toString().startsWith('no event')) return null;
  const event: PlatformEvent = codec.decode('PlatformEvent', value);
  return event.type === 'clock' ? null : { ...event, error: event.error ?? { code: null, message: null, cause: null } };
}

function withTheRest(topic: TopicId, fields: Fields, partition: number, offset: number): Fields {
  if (topic === 'events') return { ...fields, partition, offset };
  if (topic in CLASSES) return { ...ALL_SIGNAL_FIELDS, ...fields, partition, class: CLASSES[topic], late: isLate(fields) };
  return topic === 'deadLetters' ? { ...fields, original: (fields as unknown as DeadLetter).original.toString('base64') } : fields;
}

/** Made by ClickHouse of the properties. */
const isLate = ({ properties }: Fields): boolean => (properties as Readonly<Record<string, string>>)['late'] === 'true';

export const idOf = (topic: TopicId, row: Fields): string => `${String(TOPICS[topic].table)} ${JSON.stringify((TOPICS[topic].rowId ?? []).map((field) => row[field] ?? null))}`;

/** Of a table's rows. */
export const SELECTED: Readonly<Record<string, string>> = { dead_letters: '* REPLACE (base64Encode(original) AS original)' };

/** The topics of a table, the first of them for its ids. */
export const TABLES: ReadonlyMap<string, readonly TopicId[]> = Map.groupBy(TABLED, (topic) => TOPICS[topic].table ?? '');

const TIMES: ReadonlySet<string> = new Set(RECORDS.flatMap((record) => timesIn(JSON.parse(schemaText(record)))));

/** Names of the fields that are times, in records within records too. */
function timesIn(schema: unknown): string[] {
  if (Array.isArray(schema)) return schema.flatMap(timesIn);
  if (typeof schema !== 'object' || schema === null) return [];
  const { name, type, fields, items } = schema as { name?: string; type?: unknown; fields?: unknown; items?: unknown };
  const isTime = name !== undefined && JSON.stringify(type ?? null).includes('"timestamp-millis"') && !JSON.stringify(type).includes('"fields"');
  return isTime ? [name] : [...timesIn(type), ...timesIn(fields), ...timesIn(items)];
}

/** As ClickHouse gives it in JSON. */
export function found(value: unknown, name = ''): unknown {
  if (typeof value === 'string' && TIMES.has(name)) return Date.parse(`${value.replace(' ', 'T')}Z`);
  if (Array.isArray(value)) return value.map((each) => found(each));
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, found(each, key)])) : value;
}

/** The same for the same content. */
export const textOf = (row: unknown): string => JSON.stringify(row, (_key, value: unknown) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value);
export const digestOf = (text: string): string => hash('sha1', text, 'base64');
