/** From a record to its row: the Avro fields under their own names, and where the record stood. Pure. */
import type { InRecord } from '../../infra/ports.ts';
import { schemaText, type RecordCodec } from '../../schemas/codec.ts';
import { NOBODY_ERASED, type Erased } from '../../schemas/erasures.ts';
import type { DeadLetter, PlatformEvent, RecordName, SignalClass } from '../../schemas/records.ts';
import { letterUser } from './letterUser.ts';
import { HEADERS, TOPICS, topicName, type TopicId } from '../../schemas/topics.ts';

/** Values in the order of the target's columns. */
export type Row = readonly unknown[];

export interface Target {
  readonly topic: TopicId;
  /** The raw table. */
  readonly table: string;
  readonly record: RecordName;
  readonly columns: readonly string[];
  /** Others write to the topic too: what cannot be read there is their mistake, and the processor's dead letter. */
  readonly foreign: boolean;
  /** Whether a record without a value has a row: a tombstone has, a progress record has not. */
  readonly tombstones: boolean;
  /** The platform.events offset that the topic is complete through once this record is taken; null where the record does not tell. */
  readonly through: (record: InRecord) => number | null;
  /** Null where the record is no row, or of a user who has been erased. Throws a DecodeError, or an UnknownSchemaError where the codec must load a schema first. */
  readonly row: (record: InRecord, codec: RecordCodec, erased?: Erased) => Row | null;
}

type Fields = Readonly<Record<string, unknown>>;
type Extra = readonly [column: string, value: (record: InRecord, fields: Fields) => unknown];

const fieldsOf = (record: RecordName): string[] => (JSON.parse(schemaText(record)) as { fields: { name: string }[] }).fields.map(({ name }) => name);
const unknownThrough = (): null => null;

interface Shape {
  readonly extras: readonly Extra[];
  /** Avro fields that travel otherwise. */
  readonly without?: readonly string[];
  readonly through?: Target['through'];
  readonly isRow?: (fields: Fields) => boolean;
  /** Whether the row is of a user who has been erased; rows without users: absent. */
  readonly isErased?: (erased: Erased, fields: Fields, record: InRecord, codec: RecordCodec) => boolean;
  /** The columns of a tombstone's key. */
  readonly tombstone?: string;
}

const ORIGIN: readonly Extra[] = [['_partition', ({ partition }) => partition], ['_offset', ({ offset }) => offset]];
const LIVE: readonly Extra[] = [...ORIGIN, ['_deleted', () => 0]];

/** By the time of the user's doing, in the field. */
const erasedAt = (field: string): NonNullable<Shape['isErased']> => (erased, fields) => Number(fields[field]) <= erased.latest() && erased.covers(String(fields['user_id']), Number(fields[field]));

/** A progress record of offset o comes after all signals of o: everything through o is there. */
const progress: Target['through'] = ({ value, headers }) => {
  const origin = value === null ? Number(headers[HEADERS.originOffset]) : NaN;
  return Number.isSafeInteger(origin) ? origin + 1 : null;
};
const signals = (signalClass: SignalClass): Shape => ({ extras: [['class', () => signalClass], ['partition', ({ partition }) => partition]], through: progress, isErased: erasedAt('occurred_at') });

const SHAPES: Readonly<Partial<Record<TopicId, Shape>>> = {
  events: {
    extras: [['partition', ({ partition }) => partition], ['offset', ({ offset }) => offset]],
    through: ({ offset }) => offset + 1,
    isErased: erasedAt('occurred_at'),
    isRow: (fields) => (fields as unknown as PlatformEvent).type !== 'clock',
  },
  actions: signals('action'),
  errors: signals('error'),
  times: signals('time'),
  // Whoever is reported again later is there again: users have no time, only a place in the log.
  users: { extras: LIVE, tombstone: 'user_id', isErased: (erased, fields, { offset }) => offset < (erased.of(String(fields['user_id']))?.usersBefore ?? 0) },
  levels: { extras: ORIGIN, isErased: erasedAt('since') },
  bottlenecks: { extras: ORIGIN, isErased: erasedAt('since') },
  features: { extras: LIVE, tombstone: 'feature' },
  deadLetters: {
    isErased: (erased, fields, _record, codec) => {
      const { original, failed_at } = fields as unknown as DeadLetter;
      if (failed_at > erased.latest()) return false;
      const user = letterUser(original, codec);
      return user !== null && erased.covers(user, failed_at);
    }, extras: [['original_base64', (_record, fields) => (fields as unknown as DeadLetter).original.toString('base64')], ...ORIGIN], without: ['original'] },
};

function targetOf(topic: TopicId): Target | null {
  const { table, record, shared } = { shared: false, ...TOPICS[topic] };
  if (table === null || record === null) return null;
  const { extras, without = [], through = unknownThrough, isRow = () => true, isErased = () => false, tombstone }: Shape = SHAPES[topic] ?? { extras: ORIGIN };
  const fields = fieldsOf(record).filter((field) => !without.includes(field));
  const columns = [...fields, ...extras.map(([column]) => column)];
  return {
    topic, table: `${table}_raw`, record, columns, foreign: shared, tombstones: tombstone !== undefined, through,
    row: (at, codec, erased = NOBODY_ERASED) => {
      if (at.value === null) return tombstone === undefined || isErased(erased, { [tombstone]: at.key?.toString() ?? '' }, at, codec) ? null : columns.map((column) => tombstoneValue(column, tombstone, at));
      const value = codec.decode(record, at.value) as unknown as Fields;
      if (!isRow(value) || isErased(erased, value, at, codec)) return null;
      const row: unknown[] = [];
      for (const field of fields) row.push(value[field]);
      for (const [, extra] of extras) row.push(extra(at, value));
      return row;
    },
  };
}

/** Null becomes the column's default: only the key and the place in the log are known. */
function tombstoneValue(column: string, key: string, { key: bytes, partition, offset }: InRecord): unknown {
  if (column === key) return bytes?.toString('utf8') ?? '';
  return { _partition: partition, _offset: offset, _deleted: 1 }[column] ?? null;
}

/** Every topic that lands in ClickHouse, by its full name. */
export function targets(app: string): ReadonlyMap<string, Target> {
  const found = new Map<string, Target>();
  for (const topic of Object.keys(TOPICS) as TopicId[]) {
    const target = targetOf(topic);
    if (target !== null) found.set(topicName(topic, app), target);
  }
  return found;
}
