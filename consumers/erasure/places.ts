/** Where something of a user may be: counted, place by place, so that an erasure can be shown. */
import type { ClickHouse, InRecord, LogReader } from '../../infra/ports.ts';
import type { Erasure } from '../../schemas/erasures.ts';
import { partitionOf } from '../../schemas/partition.ts';
import { TOPICS, topicName, type TopicId } from '../../schemas/topics.ts';

export interface Place {
  readonly place: string;
  readonly count: number;
  /** Null: it must be empty after an erasure. Otherwise its records go by themselves, at the latest this many days after they were written. */
  readonly retentionDays: number | null;
}

export interface Sought {
  readonly log: LogReader;
  readonly clickhouse: ClickHouse;
  readonly database: string;
  readonly app: string;
  /** Of platform.events. */
  readonly partitions: number;
  readonly userId: string;
  /** What is looked for is of before it; of a user who has not been erased, everything. */
  readonly erasure: Erasure | null;
}

/** Milliseconds that every time of ours is below. */
const FOREVER = 8_000_000_000_000;

/** Rows of the raw tables: what a view hides is still there. */
export async function clickHousePlaces({ clickhouse, database, userId, erasure }: Sought): Promise<Place[]> {
  const until = erasure?.until ?? FOREVER;
  const before = erasure?.usersBefore ?? Number.MAX_SAFE_INTEGER;
  const conditions = {
    events: 'user_id = {id:String} AND toUnixTimestamp64Milli(occurred_at) <= {until:Int64}',
    signals: 'user_id = {id:String} AND toUnixTimestamp64Milli(occurred_at) <= {until:Int64}',
    users: 'user_id = {id:String} AND _offset < {before:UInt64}',
    expertise_levels: 'user_id = {id:String} AND toUnixTimestamp64Milli(since) <= {until:Int64}',
    bottlenecks: 'user_id = {id:String} AND toUnixTimestamp64Milli(since) <= {until:Int64}',
    // Their bytes are anybody's: the id anywhere in them counts.
    dead_letters: 'position(original, {id:String}) > 0 AND toUnixTimestamp64Milli(failed_at) <= {until:Int64}',
  };
  const places: Place[] = [];
  for (const [table, where] of Object.entries(conditions)) {
    const [row] = await clickhouse.query<{ rows: number }>(`SELECT count() AS rows FROM \`${database}\`.${table}_raw WHERE ${where}`, { id: userId, until, before });
    places.push({ place: `clickhouse ${table}`, count: row?.rows ?? 0, retentionDays: null });
  }
  return places;
}

/** Which keys of a compacted topic are of the user. */
const KEYS: Readonly<Partial<Record<TopicId, (userId: string, key: string, value: Buffer) => boolean>>> = {
  users: (userId, key) => key === userId,
  levels: (userId, key) => key === userId,
  processorChangelog: (userId, key) => key.startsWith(`t/${userId.length}/${userId}/`),
  profileChangelog: (userId, key, value) => key === `u/${userId}` || (key.startsWith('d/') && key.split('/').slice(2).join('/') === userId) || (key.startsWith('s/') && namesUser(value, userId)),
};

const namesUser = (value: Buffer, userId: string): boolean => value.includes(JSON.stringify(userId));

/** The latest record of each key: earlier ones go with the next compaction. */
export async function compactedPlaces(sought: Sought): Promise<Place[]> {
  const places: Place[] = [];
  for (const [id, isOfUser] of Object.entries(KEYS) as [TopicId, NonNullable<(typeof KEYS)[TopicId]>][]) {
    const left = new Set<string>();
    await eachRecord(sought, id, ({ key, value }) => {
      if (key === null) return;
      const name = key.toString();
      if (value !== null && isOfUser(sought.userId, name, value)) left.add(name);
      else left.delete(name);
    });
    places.push({ place: `kafka ${topicName(id, sought.app)}`, count: left.size, retentionDays: null });
  }
  return places;
}

const APPENDED = ['events', 'actions', 'errors', 'times', 'bottlenecks', 'deadLetters', 'partials'] as const satisfies readonly TopicId[];

/** Nothing can be taken out of these: their bytes go with the retention, and nobody works with them any more. */
export async function appendedPlaces(sought: Sought): Promise<Place[]> {
  const places: Place[] = [];
  for (const id of APPENDED) {
    let count = 0;
    await eachRecord(sought, id, ({ key, value }) => {
      if (key?.toString() === sought.userId || ((id === 'deadLetters' || id === 'partials') && value?.includes(sought.userId) === true)) count += 1;
    });
    places.push({ place: `kafka ${topicName(id, sought.app)}`, count, retentionDays: TOPICS[id].retentionDays });
  }
  return places;
}

async function eachRecord({ log, app, userId, partitions }: Sought, id: TopicId, each: (record: InRecord) => void): Promise<void> {
  const topic = topicName(id, app);
  // Of a user's own partition only, where there is one.
  const only = TOPICS[id].partitions === 'P' ? partitionOf(userId, partitions) : null;
  for (const [partition, end] of (await log.ends(topic)).entries()) {
    if (only !== null && only !== partition) continue;
    for await (const batch of log.read({ topic, partition, offset: 0 }, end)) for (const record of batch) each(record);
  }
}
