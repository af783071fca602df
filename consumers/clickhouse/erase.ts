/**
 * Deletes from ClickHouse what is of users who have been erased. Nothing is remembered: each sweep looks at all tables and deletes what it finds, so it may
 * stop anywhere, and run as often as one likes, and in several sinks at once.
 */
import type { ClickHouse } from '../../infra/ports.ts';
import type { RecordCodec } from '../../schemas/codec.ts';
import type { Erasure, Erasures } from '../../schemas/erasures.ts';
import { quoted } from './ddl.ts';
import { letterUser } from './letterUser.ts';

/** Tables with a user, and the rows of the user that an erasure is about. */
const OF_USERS: readonly { readonly table: string; readonly rows: (erasure: Erasure) => string }[] = [
  ...(['events', 'signals'] as const).map((table) => ({ table, rows: ({ until }: Erasure) => `occurred_at <= fromUnixTimestamp64Milli(${until})` })),
  ...(['expertise_levels', 'bottlenecks'] as const).map((table) => ({ table, rows: ({ until }: Erasure) => `since <= fromUnixTimestamp64Milli(${until})` })),
  { table: 'users', rows: ({ usersBefore }) => `_offset < ${usersBefore}` },
];
/** Letters looked at in one query. Ours: their originals may be large. */
const LETTERS = 500;

const text = (value: string): string => `'${value.replace(/[\\']/g, '\\$&')}'`;

interface SweepParts {
  readonly clickhouse: ClickHouse;
  readonly database: string;
  readonly codec: RecordCodec;
  readonly erasures: Erasures;
}

/** One pass. The hash's secret stays here: ClickHouse is asked for its users, and told the names of those to delete. */
async function sweep({ clickhouse, database, codec, erasures }: SweepParts): Promise<void> {
  await erasures.catchUp();
  if (erasures.version() === 0) return;
  for (const { table, rows } of OF_USERS) {
    const raw = `${quoted(database)}.${quoted(`${table}_raw`)}`;
    const users = await clickhouse.query<{ user_id: string }>(`SELECT DISTINCT user_id FROM ${raw}`);
    const conditions = users.flatMap(({ user_id }) => {
      const erasure = erasures.of(user_id);
      return erasure === null ? [] : [`(user_id = ${text(user_id)} AND ${rows(erasure)})`];
    });
    await deleteRows(clickhouse, raw, conditions);
  }
  await sweepLetters({ clickhouse, database, codec, erasures });
}

async function sweepLetters({ clickhouse, database, codec, erasures }: SweepParts): Promise<void> {
  const raw = `${quoted(database)}.dead_letters_raw`;
  const found: string[] = [];
  let after = '';
  for (;;) {
    const letters = await clickhouse.query<{ id: string; original: string; failed: number }>(
      `SELECT dead_letter_id AS id, base64Encode(original) AS original, toUnixTimestamp64Milli(failed_at) AS failed FROM ${raw} WHERE dead_letter_id > {after:String} ORDER BY dead_letter_id LIMIT ${LETTERS}`, { after },
    );
    for (const { id, original, failed } of letters) {
      const user = letterUser(Buffer.from(original, 'base64'), codec);
      if (user !== null && erasures.covers(user, failed)) found.push(`dead_letter_id = ${text(id)}`);
    }
    const last = letters.at(-1);
    if (last === undefined || letters.length < LETTERS) break;
    after = last.id;
  }
  await deleteRows(clickhouse, raw, found);
}

/** Conditions in one statement. Ours: far below ClickHouse's limit of a query's size. */
const AT_ONCE = 200;

/** Returns once the parts are written anew without the rows, on every replica where there are several. A mutation without rows to delete would still read every part: first it is asked. */
async function deleteRows(clickhouse: ClickHouse, raw: string, conditions: readonly string[]): Promise<void> {
  for (let from = 0; from < conditions.length; from += AT_ONCE) {
    const where = conditions.slice(from, from + AT_ONCE).join(' OR ');
    const [row] = await clickhouse.query<{ rows: number }>(`SELECT count() AS rows FROM ${raw} WHERE ${where}`);
    if ((row?.rows ?? 0) > 0) await clickhouse.command(`ALTER TABLE ${raw} DELETE WHERE ${where} SETTINGS mutations_sync = 2`);
  }
}

/** An insert that was under way at the erasure has landed or failed by then (infra/clickhouse/client.ts cuts it after 60 s). Ours. */
const AGAIN_MS = 120_000;
const RETRY_MS = 10_000;

export interface Sweeper {
  stop(): Promise<void>;
}

/** Sweeps at once, with each erasure, once more when inserts that did not know of it have ended, and again where ClickHouse fails. */
export function startSweeper(parts: SweepParts, warn: (message: string, fields: Readonly<Record<string, unknown>>) => void): Sweeper {
  const timers = new Set<NodeJS.Timeout>();
  let stopped = false;
  let last: Promise<void> = Promise.resolve();
  const later = (ms: number): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      run();
    }, ms);
    timers.add(timer);
  };
  const run = (): void => {
    last = last.then(async () => {
      if (stopped) return;
      try {
        await sweep(parts);
      } catch (error) {
        warn('the erased cannot be deleted from clickhouse now: trying again', { error });
        if (!isStopped()) later(RETRY_MS);
      }
    });
  };
  const isStopped = (): boolean => stopped;
  const unfollow = parts.erasures.onArrival(() => {
    run();
    later(AGAIN_MS);
  });
  run();
  later(AGAIN_MS);
  return {
    stop: async () => {
      stopped = true;
      unfollow();
      for (const timer of timers) clearTimeout(timer);
      await last;
    },
  };
}
