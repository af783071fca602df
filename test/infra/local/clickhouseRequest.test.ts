import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentType, planQuery, statusOf, type PlannedQuery } from '../../../infra/local/clickhouseRequest.ts';

const plan = (parameters: Record<string, string>, body = '', headers: Record<string, string> = {}, method = 'POST'): PlannedQuery =>
  planQuery({ method, parameters: new URLSearchParams(parameters), header: (name) => headers[name] ?? null }, Buffer.from(body));

void test('the query is in the URL, in the body, or begins in the one and goes on in the other', () => {
  assert.equal(plan({ query: 'SELECT 1' }).statement.sql, 'SELECT 1');
  assert.equal(plan({}, 'SELECT 1').statement.sql, 'SELECT 1');
  assert.equal(plan({ query: 'INSERT INTO t FORMAT JSONEachRow' }, '{"a":1}').statement.sql, 'INSERT INTO t FORMAT JSONEachRow\n{"a":1}');
});

void test('parameters of the interface are not settings; the others are', () => {
  const { statement, queryId } = plan({ query: 'SELECT 1', query_id: 'q', wait_end_of_query: '1', enable_http_compression: '1', user: 'u', password: 'p', database: 'd', param_x: '1', insert_deduplication_token: 't' });
  assert.deepEqual([...statement.settings], [['param_x', '1'], ['insert_deduplication_token', 't']]);
  assert.deepEqual([statement.database, queryId], ['d', 'q']);
});

void test('the format: of the query, of default_format, of the header, tab-separated', () => {
  const formatOf = (query: string, parameters = {}, headers = {}): string => plan({ query, ...parameters }, '', headers).format;
  assert.equal(formatOf('SELECT 1'), 'TabSeparated');
  assert.equal(formatOf('SELECT 1', {}, { 'x-clickhouse-format': 'CSV' }), 'CSV');
  assert.equal(formatOf('SELECT 1', { default_format: 'JSON' }), 'JSON');
  assert.equal(formatOf('SELECT 1\nFORMAT JSONEachRow', { default_format: 'JSON' }), 'JSONEachRow');
  assert.equal(formatOf('SELECT 1 format CSV SETTINGS max_threads = 1;'), 'CSV');
  assert.equal(formatOf("SELECT 'FORMAT JSON'"), 'TabSeparated');
  assert.equal(formatOf("SELECT 'it\\'s' -- FORMAT JSON"), 'TabSeparated');
  assert.equal(formatOf('SELECT 1 /* FORMAT JSON */'), 'TabSeparated');
});

void test('only reading in formats without header and footer is streamed', () => {
  const streamed = (query: string, parameters = {}): boolean => plan({ query, ...parameters }).statement.stream;
  assert.equal(streamed('SELECT 1 FORMAT JSONEachRow'), true);
  assert.equal(streamed('  /* why */ WITH 1 AS x SELECT x'), true);
  assert.equal(streamed('SELECT 1 FORMAT JSON'), false);
  assert.equal(streamed('SELECT 1 FORMAT CSVWithNames'), false);
  assert.equal(streamed('SELECT 1 FORMAT JSONEachRow', { wait_end_of_query: '1' }), false);
  assert.equal(streamed('SHOW TABLES'), false);
  assert.equal(streamed('CREATE TABLE t (x UInt8) ENGINE = Memory'), false);
});

void test('inserts: text formats pass, whatever the data says; what nobody here has tried is refused', () => {
  plan({ query: 'INSERT INTO t (a, b) FORMAT JSONEachRow' }, '{"a":"FORMAT Native"}');
  plan({}, "INSERT INTO t VALUES ('FORMAT Native')");
  plan({}, 'INSERT INTO t SELECT 1');
  plan({ query: 'INSERT INTO t' }, '(1)');
  for (const query of ['INSERT INTO t FORMAT Avro', 'insert into t (a) settings x = 1 format RowBinary', 'INSERT INTO t FORMAT Native x', '/* a */ INSERT INTO `FORMAT CSV` FORMAT Protobuf']) {
    assert.throws(() => plan({ query }, ' '), (error: { code?: unknown }) => error.code === 48, query);
  }
});

void test('inserts of binary formats: the rows are the bytes after the statement, wherever it is', () => {
  const bytes = Buffer.from([0, 255, 10, 13, 70, 79, 82, 77, 65, 84]);
  const of = (query: string, head: string): readonly [string, string | undefined, Uint8Array | undefined] => {
    const { sql, binary } = planQuery({ method: 'POST', parameters: new URLSearchParams({ query }), header: () => null }, Buffer.concat([Buffer.from(head), bytes])).statement;
    return [sql, binary?.format, binary?.rows];
  };
  assert.deepEqual(of('INSERT INTO t (a) FORMAT Native', ''), ['INSERT INTO t (a) ', 'Native', bytes]);
  assert.deepEqual(of('', 'INSERT INTO t (`é`) FORMAT Native\n'), ['INSERT INTO t (`é`) ', 'Native', bytes]);
  assert.deepEqual(of('', 'INSERT INTO `FORMAT RowBinary` FORMAT RowBinary \r\n'), ['INSERT INTO `FORMAT RowBinary` ', 'RowBinary', bytes]);
});

void test('what would be done wrong is refused', () => {
  for (const parameters of [{ session_check: '1' }, { compress: '1' }, { decompress: '1' }]) assert.throws(() => plan({ query: 'SELECT 1', ...parameters }), /NOT_IMPLEMENTED/);
  assert.throws(() => planQuery({ method: 'POST', parameters: new URLSearchParams({ query: 'INSERT INTO t FORMAT CSV' }), header: () => null }, Buffer.from([0xff])), /not UTF-8/);
  assert.throws(() => plan({ query: ' -- nothing' }), /Empty query/);
  plan({ query: 'SELECT 1', compress: '0' });
  for (const query of ['SET x = 1', '/* a */ use d', 'CREATE TEMPORARY TABLE t (x Int8)', 'create or replace temporary table t (x Int8)']) assert.throws(() => plan({ query, session_id: 's' }), /sessions over HTTP/, query);
  assert.deepEqual([...plan({ query: 'SELECT \'SET\'', session_id: 's', session_timeout: '60' }).statement.settings], [], 'a session that nothing needs');
});

void test('GET only reads', () => {
  assert.equal(plan({ query: 'SELECT 1' }, '', {}, 'GET').statement.readOnly, true);
  assert.equal(plan({ query: 'SELECT 1' }).statement.readOnly, false);
});

void test('statuses and content types', () => {
  assert.deepEqual([62, 60, 48, 241, 164, 223].map(statusOf), [400, 404, 501, 500, 403, 413]);
  assert.deepEqual(['JSONEachRow', 'JSON', 'CSV', 'TSV', 'Pretty', 'Native'].map((format) => contentType(format).split(';')[0]), ['application/x-ndjson', 'application/json', 'text/csv', 'text/tab-separated-values', 'text/plain', 'application/octet-stream']);
});
