/** ClickHouse over HTTP, behind our port. The only import of its client. */
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import type { ClickHouse } from '../ports.ts';
import type { Settings } from '../settings.ts';

/** An insert of a block, or a question to the data: what takes longer is better cut and asked again. */
const REQUEST_LIMIT_MS = 60_000;
/** Shorter than ClickHouse's own (10 s by default), so that no request meets a connection that is just being closed. */
const IDLE_SOCKET_MS = 2_500;
const MAX_CONNECTIONS = 8;
/**
 * Measured with 50,000 rows of 31 columns: a quarter less of ClickHouse's processor time. Merging within the block is left to the merges, and one
 * thread parses, since several inserts run at once.
 */
const INSERT_SETTINGS = { optimize_on_insert: 0, input_format_parallel_parsing: 0 } as const;
/** On a cluster the sink moves on once a row is on a majority of the replicas: one that is lost takes none with it. */
const ON_MAJORITY = { insert_quorum: 'auto' } as const;

export function connectClickHouse(settings: Omit<Settings['clickhouse'], 'cluster' | 'retention'> & { readonly cluster?: string | null }): ClickHouse {
  const { url, username, password, database, cluster = null } = settings;
  const local = ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname);
  const client = createClient({
    url,
    username,
    password,
    database,
    application: 'chokepoint',
    request_timeout: REQUEST_LIMIT_MS,
    max_open_connections: MAX_CONNECTIONS,
    keep_alive: { enabled: true, idle_socket_ttl: IDLE_SOCKET_MS },
    // On loopback compressing costs more than it saves. Elsewhere a row takes 0.5 µs this way, and would take 5.9 with the client's own choice (gzip), for more bytes.
    compression: { request: local ? false : { codec: 'zstd', level: 1 }, response: !local },
    // Failures are errors to whoever asked; the client's own lines would be written twice, and not as JSON.
    log: { level: ClickHouseLogLevel.OFF },
    clickhouse_settings: {
      // What was acknowledged is in the table, and the token means this block and no other.
      async_insert: 0,
      insert_deduplicate: 1,
      // Offsets and milliseconds are below 2^53: numbers, as in the records.
      output_format_json_quote_64bit_integers: 0,
    },
  });
  const insertSettings = (token: string) => ({ ...INSERT_SETTINGS, insert_deduplication_token: token, ...(cluster === null ? {} : ON_MAJORITY) });
  return {
    insert: async (table, rows, token) => {
      if (rows.length > 0) await client.insert({ table, values: rows, format: 'JSONEachRow', clickhouse_settings: insertSettings(token) });
    },
    insertBlock: async (table, block, token) => {
      if (block.rows === 0) return;
      const { stream } = await client.exec({
        query: `INSERT INTO ${table} (${block.columns.map(quoted).join(', ')}) FORMAT Native`,
        values: Readable.from(block.pieces(), { objectMode: false }),
        clickhouse_settings: insertSettings(token),
      });
      // Nothing is in it; unread it would keep the connection.
      await finished(stream.resume());
    },
    query: async <Row>(sql: string, parameters: Readonly<Record<string, unknown>> = {}) => {
      const result = await client.query({ query: sql, format: 'JSONEachRow', query_params: { ...parameters } });
      return result.json<Row>();
    },
    command: async (sql) => {
      await client.command({ query: sql });
    },
    ping: async () => (await client.ping()).success,
    close: () => client.close(),
  };
}

const quoted = (identifier: string): string => `\`${identifier.replace(/[\\`]/g, '\\$&')}\``;
