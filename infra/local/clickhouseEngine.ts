/**
 * The embedded ClickHouse engine (chdb): one per process and data directory, a session of its own for every request, so that settings,
 * parameters and the current database of one never reach another (`SET` outlives its statement within a session).
 *
 * Memory is bounded: MAX_RUNNING statements at once, each with at most QUERY_MEMORY; the engine refuses to go beyond ENGINE_MEMORY in all;
 * results are streamed, or limited where their format cannot be.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Session } from 'chdb';
import { EngineError, type Statement } from './clickhouseStatement.ts';

const MIB = 1024 * 1024;
const ENGINE_MEMORY = 3072 * MIB;
/** Below the engine's, so that one greedy query fails by itself and not the others with it. */
const QUERY_MEMORY = 1536 * MIB;
/** Of a result that is not streamed. */
const RESULT_LIMIT = 256 * MIB;

const config = (users: string | null): string => `<clickhouse>${users === null ? '' : `
  <users_config>${users}</users_config>`}
  <max_server_memory_usage>${ENGINE_MEMORY}</max_server_memory_usage>
  <mark_cache_size>${128 * MIB}</mark_cache_size>
  <index_mark_cache_size>${32 * MIB}</index_mark_cache_size>
  <primary_index_cache_size>${64 * MIB}</primary_index_cache_size>
  <timezone>UTC</timezone>
</clickhouse>
`;

export interface Engine {
  /** Runs one statement; the pieces of its result. Fails with an EngineError. */
  run(statement: Statement): AsyncIterable<Uint8Array>;
  close(): void;
}

/** `users`: a users.xml of ClickHouse's, of which the engine runs everything as the user `default`; null: who may do everything. */
export function openEngine(path: string, users: string | null): Engine {
  const file = join(path, '..', 'clickhouse.xml');
  writeFileSync(file, config(users));
  rmSync(insertsOf(path), { recursive: true, force: true });
  mkdirSync(insertsOf(path), { recursive: true });
  // Keeps the engine up between requests.
  const root = new Session(path, { connectionArgs: [`--config-file=${file}`] });
  return {
    run: (statement) => run(path, statement),
    close: () => { root.close(); },
  };
}

/** What a process that was killed has left is emptied at the next start. */
const insertsOf = (path: string): string => join(path, '..', 'inserts');

async function* run(path: string, statement: Statement): AsyncGenerator<Uint8Array> {
  const session = new Session(path);
  const file = statement.binary === null ? null : join(insertsOf(path), randomUUID());
  try {
    if (file !== null && statement.binary !== null) await writeFile(file, statement.binary.rows);
    const sql = file === null ? statement.sql : `${statement.sql} FROM INFILE ${literal(file)} COMPRESSION 'none' FORMAT ${statement.binary?.format ?? ''}`;
    if (statement.database !== null) await session.queryAsync(`USE ${identifier(statement.database)}`);
    await session.queryAsync(`SET ${settingsList(statement)}`);
    if (statement.stream) {
      for await (const piece of session.queryStream(sql, { format: statement.format })) yield piece.raw();
    } else {
      yield (await session.queryAsync(sql, { format: statement.format })).bytes();
    }
  } catch (error) {
    throw asEngineError(error);
  } finally {
    session.close();
    if (file !== null) await rm(file, { force: true });
  }
}

/** The embedded engine takes `1` for `SELECT 1`; a server does not. */
const AS_A_SERVER = [['implicit_select', '0']] as const;

function settingsList({ settings, readOnly, stream }: Statement): string {
  const all = new Map([['max_memory_usage', String(QUERY_MEMORY)], ...AS_A_SERVER, ...(stream ? [] : [['max_result_bytes', String(RESULT_LIMIT)] as const]), ...settings]);
  // The last one, since nothing can be set after it.
  if (readOnly) all.set('readonly', '2');
  for (const name of all.keys()) if (!/^\w+$/.test(name)) throw new EngineError(115, `Code: 115. DB::Exception: Unknown setting ${JSON.stringify(name)}. (UNKNOWN_SETTING)`);
  return [...all].map(([name, value]) => `${name} = ${literal(value)}`).join(', ');
}

const literal = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
const identifier = (name: string): string => `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;

function asEngineError(error: unknown): EngineError {
  const message = error instanceof Error ? error.message : String(error);
  const code = /^Code: (\d+)\./.exec(message)?.[1];
  return new EngineError(code === undefined ? 1001 : Number(code), code === undefined ? `Code: 1001. DB::Exception: ${message} (STD_EXCEPTION)` : message, { cause: error });
}
