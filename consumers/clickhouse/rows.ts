/** From a record to its row: the Avro fields under their own names, and where the record stood. Pure. */
import type { InRecord, Slice } from '../../infra/ports.ts';
import { HEADER_BYTES, schemaText, type RecordCodec } from '../../schemas/codec.ts';
import { NOBODY_ERASED, type Erased } from '../../schemas/erasures.ts';
import type { RecordName, SignalClass } from '../../schemas/records.ts';
import { HEADERS, TOPICS, topicName, type TopicId } from '../../schemas/topics.ts';
import { letterUser } from './letterUser.ts';
import { TABLES } from './migrations/0001-tables.ts';
import { ACTIONS } from './migrations/0005-challenge-actions.ts';
import { Block, type BlockColumn } from './native/block.ts';
import type { AvroSchema } from './native/types.ts';

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
  /** An empty block of the table's rows. */
  readonly block: () => Block;
  /**
   * Adds the record's row to such a block. False where the record is no row, or of a user who has been erased. Throws a DecodeError, or an UnknownSchemaError where the
   * codec must load a schema first; the block is then what it was before.
   */
  readonly add: (block: Block, record: InRecord, codec: RecordCodec, erased?: Erased) => boolean;
}

type Extra = readonly [column: string, value: (record: InRecord) => number | Buffer];

interface Shape {
  readonly extras: readonly Extra[];
  readonly through?: Target['through'];
  readonly isRow?: (block: Block) => boolean;
  /** Whether the block's last row is of a user who has been erased; rows without users: absent. */
  readonly isErased?: (erased: Erased, block: Block, record: InRecord, codec: RecordCodec) => boolean;
  /** The column of a tombstone's key. */
  readonly tombstone?: string;
}

const unknownThrough = (): null => null;
const ORIGIN: readonly Extra[] = [['_partition', ({ partition }) => partition], ['_offset', ({ offset }) => offset]];
const LIVE: readonly Extra[] = [...ORIGIN, ['_deleted', (record) => (valueOf(record) === null ? 1 : 0)]];

/** By the time of the user's doing, in the field. */
const erasedAt = (field: string): NonNullable<Shape['isErased']> => (erased, block) => {
  const latest = erased.latest();
  if (latest === -Infinity) return false;
  const at = Number(block.last(field));
  return at <= latest && erased.covers(String(block.last('user_id')), at);
};

/** A progress record of offset o comes after all signals of o: everything through o is there. */
const progress: Target['through'] = (record) => {
  const origin = valueOf(record) === null ? Number(record.headers[HEADERS.originOffset]) : NaN;
  return Number.isSafeInteger(origin) ? origin + 1 : null;
};
const signals = (signalClass: SignalClass): Shape => {
  const word = Buffer.from(signalClass);
  return { extras: [['class', () => word], ['partition', ({ partition }) => partition]], through: progress, isErased: erasedAt('occurred_at') };
};

const SHAPES: Readonly<Partial<Record<TopicId, Shape>>> = {
  events: {
    extras: [['partition', ({ partition }) => partition], ['offset', ({ offset }) => offset]],
    through: ({ offset }) => offset + 1,
    isErased: erasedAt('occurred_at'),
    isRow: (block) => block.last('type') !== 'clock',
  },
  actions: signals('action'),
  errors: signals('error'),
  times: signals('time'),
  // Whoever is reported again later is there again: users have no time, only a place in the log.
  users: { extras: LIVE, tombstone: 'user_id', isErased: (erased, block, { offset }) => erased.latest() !== -Infinity && offset < (erased.of(String(block.last('user_id')))?.usersBefore ?? 0) },
  levels: { extras: ORIGIN, isErased: erasedAt('since') },
  bottlenecks: { extras: ORIGIN, isErased: erasedAt('since') },
  features: { extras: LIVE, tombstone: 'feature' },
  deadLetters: {
    extras: ORIGIN,
    isErased: (erased, block, _record, codec) => {
      const failedAt = Number(block.last('failed_at'));
      if (failedAt > erased.latest()) return false;
      const user = letterUser(block.last('original') as Buffer, codec);
      return user !== null && erased.covers(user, failedAt);
    },
  },
};

const NOTHING = Buffer.alloc(0);

function targetOf(topic: TopicId): Target | null {
  const { table, record, shared } = { shared: false, ...TOPICS[topic] };
  if (table === null || record === null) return null;
  const { extras, through = unknownThrough, isRow = () => true, isErased = () => false, tombstone }: Shape = SHAPES[topic] ?? { extras: ORIGIN };
  const columns = columnsOf(table, record, extras.map(([column]) => column));
  // Made now: a field that does not go into its column stops the sink at its start.
  let first: Block | null = new Block(columns);
  return {
    topic, table: `${table}_raw`, record, columns: columns.map(({ name }) => name), foreign: shared, tombstones: tombstone !== undefined, through,
    block: () => {
      const block = first ?? new Block(columns);
      first = null;
      return block;
    },
    add: (block, at, codec, erased = NOBODY_ERASED) => {
      const value = valueOf(at);
      if (value === null && tombstone === undefined) return false;
      block.begin();
      if (value !== null) read(block, value, record, codec);
      // Only the key and the place in the log are known.
      else if (tombstone !== undefined) block.blank(tombstone, at.key ?? NOTHING);
      if ((value !== null && !isRow(block)) || isErased(erased, block, at, codec)) {
        block.back();
        return false;
      }
      for (const [column, extra] of extras) block.put(column, extra(at));
      block.end();
      return true;
    },
  };
}

/** What another schema wrote, or nobody's encoder, is for the codec to judge; what it accepts is written anew and read. */
function read(block: Block, value: Slice, record: RecordName, codec: RecordCodec): void {
  const { bytes, from, to } = value;
  const isOurs = to - from > HEADER_BYTES && bytes[from] === 0 && bytes.readInt32BE(from + 1) === codec.schemaId(record);
  if (isOurs && block.read({ bytes, from: from + HEADER_BYTES, to })) return;
  block.back();
  const anew = codec.encode(record, codec.decode(record, bytes.subarray(from, to)));
  if (block.read({ bytes: anew, from: HEADER_BYTES, to: anew.length })) return;
  block.back();
  throw new Error(`a ${record} that our own encoder has written cannot be read`);
}

/** Where the value lies. Of the two only the one that is needed is asked for: each may be made anew. */
export function valueOf(record: InRecord): Slice | null {
  const { valueIn } = record;
  if (valueIn !== undefined) return valueIn;
  const { value } = record;
  return value === null ? null : { bytes: value, from: 0, to: value.length };
}

/** The record's fields, and behind them the extras, with the types of the table. */
function columnsOf(table: string, record: RecordName, extras: readonly string[]): BlockColumn[] {
  const types = new Map([...TABLES, ACTIONS].find(({ name }) => name === table)?.columns.map(({ name, type }) => [name, type]));
  const { fields } = JSON.parse(schemaText(record)) as { readonly fields: readonly { readonly name: string; readonly type: AvroSchema }[] };
  const column = (name: string, avro: AvroSchema | null): BlockColumn => {
    const type = types.get(name);
    if (type === undefined) throw new Error(`no column ${name} in ${table}`);
    return { name, type, avro };
  };
  return [...fields.map(({ name, type }) => column(name, type)), ...extras.map((name) => column(name, null))];
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
