/** From an HTTP request, as ClickHouse's interface has it, to a statement for the engine. Pure; what is not supported is refused here. */
import { EngineError, type Statement } from './clickhouseStatement.ts';

export interface QueryRequest {
  readonly method: string;
  readonly parameters: URLSearchParams;
  readonly header: (name: string) => string | null;
}

export interface PlannedQuery {
  readonly statement: Statement;
  readonly queryId: string | null;
  /** Of the result; what the Content-Type is made from. */
  readonly format: string;
  /** The whole result is at hand before the status is sent, so that no error can come after it. */
  readonly whole: boolean;
}

/** Parameters of the interface itself: every other one is a setting or a query parameter. */
const OF_THE_INTERFACE = new Set([
  'query', 'database', 'default_format', 'query_id', 'user', 'password', 'quota_key', 'role', 'session_id', 'session_timeout', 'buffer_size', 'wait_end_of_query', 'stacktrace', 'client_protocol_version',
  // Settings of ClickHouse's HTTP server, of which the embedded engine has none.
  'enable_http_compression', 'http_zlib_compression_level', 'http_response_buffer_size', 'http_headers_progress_interval_ms', 'send_progress_in_http_headers', 'http_write_exception_in_output_format',
  'http_native_compression_disable_checksumming_on_decompress', 'cancel_http_readonly_queries_on_client_close',
]);
const REFUSED: Readonly<Record<string, string>> = {
  session_check: 'sessions over HTTP: put what belongs together into one statement',
  compress: "ClickHouse's own compression: use Accept-Encoding: gzip with enable_http_compression=1",
  decompress: "ClickHouse's own compression: use Content-Encoding: gzip",
};
/** Text formats whose pieces, joined, are the result: no header, no footer. */
const STREAMED = new Set(['JSONEachRow', 'JSONCompactEachRow', 'JSONStringsEachRow', 'JSONCompactStringsEachRow', 'JSONLines', 'NDJSON', 'TabSeparated', 'TSV', 'TabSeparatedRaw', 'TSVRaw', 'CSV', 'RowBinary', 'LineAsString']);
/** What an INSERT may carry: text, and the binary formats, which would be cut or bent on their way as text. */
const BINARY = new Set(['Native', 'RowBinary', 'RowBinaryWithNames', 'RowBinaryWithNamesAndTypes', 'Parquet', 'Arrow', 'ArrowStream']);
const INSERTED = new Set([
  'Values', 'JSON', 'JSONEachRow', 'JSONLines', 'NDJSON', 'JSONCompact', 'JSONCompactEachRow', 'JSONStringsEachRow', 'JSONCompactStringsEachRow', 'JSONCompactEachRowWithNames', 'JSONCompactEachRowWithNamesAndTypes', 'JSONObjectEachRow', 'JSONColumns', 'JSONAsString', 'JSONAsObject',
  'TabSeparated', 'TSV', 'TabSeparatedWithNames', 'TSVWithNames', 'TabSeparatedWithNamesAndTypes', 'TSVWithNamesAndTypes', 'TabSeparatedRaw', 'TSVRaw', 'CSV', 'CSVWithNames', 'CSVWithNamesAndTypes', 'CustomSeparated', 'LineAsString', 'TSKV', 'Regexp',
]);

const notSupported = (what: string): EngineError => new EngineError(48, `Code: 48. DB::Exception: The local ClickHouse does not support ${what}. (NOT_IMPLEMENTED)`);

/** `body` is the decompressed body; what follows the `query` parameter. */
export function planQuery(request: QueryRequest, body: Buffer): PlannedQuery {
  const { parameters, header } = request;
  for (const [name, what] of Object.entries(REFUSED)) {
    const value = parameters.get(name);
    if (value !== null && value !== '' && value !== '0') throw notSupported(what);
  }
  const settings = new Map<string, string>();
  for (const [name, value] of parameters) if (!OF_THE_INTERFACE.has(name) && REFUSED[name] === undefined) settings.set(name, value);

  const query = parameters.get('query') ?? '';
  // The body may be long data: its beginning is enough to know the statement by.
  const shape = shapeOf(query === '' ? body.toString('utf8', 0, LONGEST_HEAD) : query);
  if (shape.verb === '') throw new EngineError(62, 'Code: 62. DB::Exception: Syntax error: Empty query. (SYNTAX_ERROR)');
  // Clients name a session with every request (clickhouse-connect does); most requests need none.
  if ((parameters.get('session_id') ?? '') !== '' && ONLY_IN_A_SESSION.test(shape.bare)) throw notSupported('sessions over HTTP: put what belongs together into one statement');
  const inserted = shape.verb === 'INSERT' ? shape.format : null;
  if (inserted !== null && !INSERTED.has(inserted) && !BINARY.has(inserted)) throw notSupported(`inserts in the format ${inserted}: use JSONEachRow, or another text format`);
  const { sql, binary } = inserted !== null && BINARY.has(inserted) ? binaryInsert(query, body, inserted) : { sql: asText(query, body), binary: null };
  const fallback = parameters.get('default_format') ?? header('x-clickhouse-format') ?? 'TabSeparated';
  const format = shape.format ?? fallback;
  const whole = parameters.get('wait_end_of_query') === '1' || !READS.has(shape.verb) || !STREAMED.has(format);
  const database = parameters.get('database') ?? header('x-clickhouse-database');
  return {
    statement: { sql, binary, format: fallback, database: database === '' ? null : database, settings, readOnly: request.method === 'GET', stream: !whole },
    queryId: parameters.get('query_id') ?? header('x-clickhouse-query-id'),
    format,
    whole,
  };
}

const LONGEST_HEAD = 256 * 1024;
/** What would be of effect on later requests of the session. */
const ONLY_IN_A_SESSION = /^(SET|USE|CREATE\s+(OR\s+REPLACE\s+)?TEMPORARY)\b/i;
const READS = new Set(['SELECT', 'WITH', '(']);

interface Shape {
  /** Without comments, and with quoted text taken out. */
  readonly bare: string;
  /** The first word in capitals, or the first character where it is none. */
  readonly verb: string;
  readonly format: string | null;
}

/** Looks past comments and quoted text, so that a FORMAT in a string is not taken for one. */
function shapeOf(sql: string): Shape {
  const bare = sql.replace(/'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`|--[^\n]*|\/\*[\s\S]*?\*\//g, (quoted) => (/^['"`]/.test(quoted) ? 'q' : ' ')).trim();
  const verb = (/^(\w+|.)/.exec(bare)?.[1] ?? '').toUpperCase();
  const format = verb === 'INSERT'
    ? (/\bFORMAT\s+(\w+)/i.exec(bare)?.[1] ?? (/\bVALUES\b/i.test(bare) || /\bSELECT\b/i.test(bare) ? null : 'Values'))
    : (/\bFORMAT\s+(\w+)(?:\s+SETTINGS\b[^;]*)?\s*;?\s*$/i.exec(bare)?.[1] ?? null);
  return { bare, verb, format };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decoded(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw notSupported('bodies that are not UTF-8 text');
  }
}

function asText(query: string, body: Buffer): string {
  const text = decoded(body);
  return query === '' ? text : text === '' ? query : `${query}\n${text}`;
}

/** The rows begin after the line of FORMAT, where the statement is in the body too (clickhouse-connect), or with the body. */
function binaryInsert(query: string, body: Buffer, format: string): Pick<Statement, 'sql' | 'binary'> {
  const head = query === '' ? body.toString('latin1', 0, LONGEST_HEAD) : query;
  const end = new RegExp(`\\bFORMAT\\s+${format}[ \\t\\f]*;?[ \\t\\f]*(\\r?\\n|$)`, 'i').exec(head);
  if (end === null || /\bSETTINGS\b/i.test(head.slice(0, end.index))) throw notSupported('an insert of a binary format with SETTINGS in it, or without a new line after FORMAT: put settings into the URL');
  const rows = query === '' ? body.subarray(end.index + end[0].length) : body;
  return { sql: query === '' ? decoded(body.subarray(0, end.index)) : query.slice(0, end.index), binary: { format, rows } };
}

const BAD_REQUEST = new Set([6, 20, 27, 32, 33, 36, 38, 41, 43, 44, 46, 53, 62, 69, 70, 72, 117, 130, 131, 352, 456, 457, 636]);
const NOT_FOUND = new Set([16, 45, 47, 50, 56, 60, 73, 81, 115, 218, 219]);

/** The HTTP status of an exception's code, as ClickHouse has it (src/Server/HTTP/exceptionCodeToHTTPStatus.cpp). */
export function statusOf(code: number): number {
  if (BAD_REQUEST.has(code)) return 400;
  if (NOT_FOUND.has(code)) return 404;
  if (code === 48) return 501;
  if (code === 159) return 408;
  if (code === 164 || code === 497) return 403;
  if (code === 223 || code === 62_000) return 413;
  return 500;
}

export function contentType(format: string): string {
  if (/EachRow$|^JSONLines$|^NDJSON$/.test(format)) return 'application/x-ndjson; charset=UTF-8';
  if (format.startsWith('JSON')) return 'application/json; charset=UTF-8';
  if (format.startsWith('CSV')) return 'text/csv; charset=UTF-8; header=absent';
  if (/^(TabSeparated|TSV)/.test(format)) return 'text/tab-separated-values; charset=UTF-8';
  return /^(Native|RowBinary|Parquet|Arrow|ORC|Avro|MsgPack|Protobuf|Npy|BSON)/.test(format) ? 'application/octet-stream' : 'text/plain; charset=UTF-8';
}
