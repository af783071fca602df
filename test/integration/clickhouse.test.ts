import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { connectClickHouse } from '../../infra/clickhouse/client.ts';
import { clickHouseContract } from '../contracts/clickhouse.ts';
import { withParts } from './parts.ts';

const parts = await withParts();
const settings = parts.settings().clickhouse;
const setup = connectClickHouse({ ...settings, database: 'default' });
await setup.command(`CREATE DATABASE \`${settings.database}\``);
await setup.close();
const url = settings.url;
/** As the settings say who one is: a server has users. */
const login = { 'x-clickhouse-user': settings.username, 'x-clickhouse-key': settings.password };
const LOGIN = Object.entries(login).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
const call = (address: string, options: RequestInit = {}): Promise<Response> => fetch(address, { ...options, headers: { ...login, ...(options.headers as Record<string, string> | undefined) } });
const ask = (query: string, parameters: Record<string, string> = {}): Promise<Response> => call(`${url}/?${new URLSearchParams({ database: settings.database, ...parameters }).toString()}`, { method: 'POST', body: query });

clickHouseContract('over HTTP', () => connectClickHouse(settings));

/** The same ClickHouse under an address that is not known for this machine's: to it the client packs what it sends. */
const packed: (string | undefined)[] = [];
const elsewhere = createServer((incoming, response) => {
  if ((incoming.url ?? '').includes('query=INSERT')) packed.push(incoming.headers['content-encoding']);
  const outgoing = request(new URL(incoming.url ?? '/', url), { method: incoming.method, headers: { ...incoming.headers, host: new URL(url).host } }, (answer) => {
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    answer.pipe(response);
  });
  outgoing.on('error', () => { response.destroy(); });
  incoming.pipe(outgoing);
});
await new Promise<void>((resolve) => elsewhere.listen(0, resolve));
const address = elsewhere.address() as AddressInfo;
clickHouseContract('over HTTP, packed', () => connectClickHouse({ ...settings, url: `http://0.0.0.0:${address.port}` }));
void test('what is sent elsewhere is packed', () => { assert.deepEqual([...new Set(packed)], ['zstd']); });
after(() => {
  elsewhere.close();
  elsewhere.closeAllConnections();
});

void test('ping, an empty GET, and a query in the URL', async () => {
  for (const path of ['/ping', '/', '/?query=SELECT%20%27Ok.%27']) assert.equal(await (await call(url + path)).text(), 'Ok.\n', path);
});

void test('an exception has its status, its number and its text, and the connection goes on', async () => {
  for (const [query, status, code, text] of [['SELEC 1', 400, 62, 'Syntax error'], ['SELECT * FROM no_such_table', 404, 60, 'no_such_table'], ["SELECT throwIf(1, 'on purpose')", 500, 395, 'on purpose']] as const) {
    const response = await ask(query);
    const body = await response.text();
    // ClickHouse's own choice of status varies a little by version; its code does not.
    assert(response.status >= 400, query);
    if (parts.platform.parts.length > 0) assert.equal(response.status, status, query);
    assert.equal(response.headers.get('x-clickhouse-exception-code'), String(code), query);
    assert.match(body, new RegExp(`Code: ${code}[\\s\\S]*${text}`), query);
  }
  assert.equal(await (await ask('SELECT 1')).text(), '1\n');
});

void test('parameters reach the query as they are', async () => {
  const hostile = "it's \\ a \"quote\"\tand {x:String} ; DROP TABLE t";
  const escaped = hostile.replaceAll('\\', '\\\\').replaceAll('\t', '\\t');
  assert.equal(await (await ask('SELECT {x:String} = concat({y:String}), {n:UInt64} + 1 FORMAT CSV', { param_x: escaped, param_y: escaped, param_n: '9007199254740993' })).text(), '1,9007199254740994\n');
  const [row] = await connectOnce((client) => client.query<{ x: string; list: string[] }>('SELECT {x:String} AS x, {list:Array(String)} AS list', { x: hostile, list: [hostile, ''] }));
  assert.deepEqual(row, { x: hostile, list: [hostile, ''] });
});

void test('settings, parameters and the database of one request do not reach the next', async () => {
  assert.equal(await (await ask("SELECT getSetting('max_block_size'), currentDatabase()", { max_block_size: '1234' })).text(), `1234\t${settings.database}\n`);
  assert.notEqual(await (await ask("SELECT getSetting('max_block_size')")).text(), '1234\n');
  assert.equal(await (await call(`${url}/?query=SELECT%20currentDatabase()`)).text(), 'default\n');
  assert.equal((await ask('SELECT {x:String}')).status, 400);
  assert.equal((await ask('SELECT 1', { no_such_setting: '1' })).status, 404);
});

void test('formats: default_format, FORMAT in the query, FORMAT in a string', async () => {
  assert.equal(await (await ask('SELECT 1 AS x', { default_format: 'JSONEachRow' })).text(), '{"x":1}\n');
  const json = (await (await ask('SELECT number AS x FROM numbers(200000) FORMAT JSON')).json()) as { rows: number; data: unknown[] };
  assert.deepEqual([json.rows, json.data.length], [200_000, 200_000], 'a format with a footer is not cut into pieces');
  const names = (await (await ask('SELECT number AS x FROM numbers(200000) FORMAT CSVWithNames')).text()).split('\n').filter((line) => line === '"x"');
  assert.equal(names.length, 1, 'one header');
  assert.equal(await (await ask("SELECT 'a FORMAT JSON' -- FORMAT CSV\n")).text(), 'a FORMAT JSON\n');
});

void test('a long result is streamed, and an error in its midst does not look like an end', async () => {
  const response = await ask('SELECT number FROM numbers(3000000) FORMAT TabSeparated');
  let [bytes, pieces] = [0, 0];
  for await (const piece of response.body ?? []) {
    bytes += (piece as Uint8Array).length;
    pieces++;
  }
  assert.equal(bytes, 22_888_890);
  assert(pieces > 10, `${pieces} pieces`);
  await assert.rejects(async () => (await ask('SELECT throwIf(number = 2900000) FROM numbers(3000000) FORMAT TabSeparated', { max_threads: '1' })).text());
});

void test('whoever goes away in the midst of a result holds nothing up', async () => {
  for (let i = 0; i < 20; i++) {
    const controller = new AbortController();
    const response = await call(`${url}/?query=${encodeURIComponent('SELECT number, toString(number) FROM numbers(100000000) FORMAT TabSeparated')}`, { signal: controller.signal });
    await response.body?.getReader().read();
    controller.abort();
  }
  assert.equal(await (await ask('SELECT 1', {})).text(), '1\n');
});

void test('gzip both ways', async () => {
  const table = await freshTable();
  const rows = Array.from({ length: 1000 }, (_, n) => JSON.stringify({ id: n, text: `row ${n}` })).join('\n');
  const query = new URLSearchParams({ database: settings.database, query: `INSERT INTO ${table} FORMAT JSONEachRow` }).toString();
  assert.equal((await call(`${url}/?${query}`, { method: 'POST', body: gzipSync(rows), headers: { 'content-encoding': 'gzip' } })).status, 200);
  assert.equal(await (await ask(`SELECT count(), sum(id) FROM ${table}`)).text(), '1000\t499500\n');
  const { stdout } = await promisify(execFile)('curl', ['-s', ...LOGIN, '-H', 'Accept-Encoding: gzip', `${url}/?enable_http_compression=1&query=SELECT%20number%20FROM%20numbers(10000)`], { encoding: 'buffer' });
  assert(stdout.length < 30_000);
  assert.equal(gunzipSync(stdout).toString().split('\n').length, 10_001);
  assert.equal((await call(`${url}/?${query}`, { method: 'POST', body: 'not gzip', headers: { 'content-encoding': 'gzip' } })).ok, false);
});

void test('curl: a query in the body, and VALUES', async () => {
  const table = await freshTable();
  const curl = async (sql: string): Promise<string> => (await promisify(execFile)('curl', ['-sS', ...LOGIN, `${url}/?database=${settings.database}`, '--data-binary', sql])).stdout;
  assert.equal(await curl(`INSERT INTO ${table} VALUES (1, 'FORMAT Native'), (2, 'é;')`), '');
  assert.equal(await curl(`INSERT INTO ${table} SELECT 3, 'three'`), '');
  assert.equal(await curl(`SELECT * FROM ${table} ORDER BY id FORMAT CSV`), '1,"FORMAT Native"\n2,"é;"\n3,"three"\n');
});

void test('twenty queries and inserts at once', async () => {
  const table = await freshTable();
  const answers = await Promise.all(Array.from({ length: 20 }, async (_, n) => {
    await connectOnce((client) => client.insert(table, [{ id: n, text: 'x' }], `t${n}`));
    return (await ask('SELECT {n:UInt32} + count() - count() FROM numbers(1000000)', { param_n: String(n) })).text();
  }));
  assert.deepEqual(answers, Array.from({ length: 20 }, (_, n) => `${n}\n`));
  assert.equal(await (await ask(`SELECT count() FROM ${table}`)).text(), '20\n');
});

void test('binary formats: what a SELECT gives goes back in as it was, once per token; what is cut short or none goes in not at all', async () => {
  const made = "SELECT number AS id, concat('é\\0\\'', toString(number)) AS text FROM numbers(70000)";
  const post = async (table: string, format: string, body: Buffer, token: string, encode: (bytes: Buffer) => Buffer = (bytes) => bytes, encoding = 'identity'): Promise<Response> => call(
    `${url}/?${new URLSearchParams({ database: settings.database, query: `INSERT INTO ${table} FORMAT ${format}`, insert_deduplication_token: token }).toString()}`, { method: 'POST', body: encode(body) as unknown as string, headers: { 'content-encoding': encoding } });
  const sum = async (from: string): Promise<string> => (await ask(`SELECT count(), sum(sipHash64(id, text)) FROM ${from}`)).text();
  const expected = await sum(`(${made})`);
  for (const format of ['Native', 'RowBinary', 'RowBinaryWithNames', 'RowBinaryWithNamesAndTypes', 'Parquet', 'Arrow', 'ArrowStream']) {
    const table = await freshTable();
    const bytes = Buffer.from(await (await ask(`${made} FORMAT ${format}`)).arrayBuffer());
    for (const token of ['a', 'a']) assert.equal((await post(table, format, bytes, token)).status, 200, format);
    assert.equal(await sum(table), expected, format);
    assert((await post(table, format, bytes.subarray(0, bytes.length - 5), 'b')).status >= 400, format);
    await post(table, format, Buffer.from([1, 2, 3, 255]), 'b');
    assert.equal(await sum(table), expected, `${format}: nothing of it`);
  }
  const [table, bytes] = [await freshTable(), Buffer.from(await (await ask(`${made} FORMAT Native`)).arrayBuffer())];
  for (const [encoding, encode] of [['gzip', gzipSync], ['zstd', zstdCompressSync]] as const) assert.equal((await post(table, 'Native', bytes, encoding, encode, encoding)).status, 200, encoding);
  assert.equal(await (await ask(`SELECT count() FROM ${table}`)).text(), '140000\n');
});

const local = parts.ownClickHouse ? false : 'only for the ClickHouse that is brought up here';

void test('what the local ClickHouse does not support is refused, not done wrong', { skip: local }, async () => {
  const table = await freshTable();
  const insert = (format: string, body: Buffer | string): Promise<Response> => call(`${url}/?${new URLSearchParams({ database: settings.database, query: `INSERT INTO ${table} FORMAT ${format}` }).toString()}`, { method: 'POST', body: body as string });
  for (const format of ['Avro', 'Protobuf', 'MsgPack', 'ORC']) {
    const response = await insert(format, Buffer.from([1, 2, 3, 255]));
    assert.equal(response.status, 501, format);
    assert.match(await response.text(), new RegExp(`does not support inserts in the format ${format}`));
  }
  assert.equal((await insert('JSONEachRow', Buffer.from([0x7b, 0xff]))).status, 501, 'not UTF-8');
  assert.equal((await ask('SET max_threads = 1', { session_id: 'x' })).status, 501);
  assert.equal(await (await ask('SELECT 1', { session_id: 'x' })).text(), '1\n', 'what needs no session passes');
  assert.equal((await ask('SELECT 1', { compress: '1' })).status, 501);
  assert.equal(await (await ask(`SELECT count() FROM ${table}`)).text(), '0\n');
});

void test('a page of another site, and another name for this machine, are refused', { skip: local }, async () => {
  assert.equal((await call(`${url}/?query=SELECT%201`, { headers: { origin: 'https://evil.example' } })).status, 403);
  const rebound = await promisify(execFile)('curl', ['-s', '-o', '/dev/null', '-w', '%{http_code}', '-H', 'Host: evil.example:8123', `${url}/?query=SELECT%201`]);
  assert.equal(rebound.stdout, '403');
});

void test('GET only reads', async () => {
  const response = await call(`${url}/?query=${encodeURIComponent('CREATE DATABASE from_get')}`);
  assert.equal(response.ok, false);
  assert.equal(response.headers.get('x-clickhouse-exception-code'), '164');
});

let tables = 0;
async function freshTable(): Promise<string> {
  const name = `t${tables++}`;
  await connectOnce((client) => client.command(`CREATE TABLE ${name} (id UInt64, text String) ENGINE = MergeTree ORDER BY id SETTINGS non_replicated_deduplication_window = 100`));
  return name;
}

async function connectOnce<Result>(work: (client: ReturnType<typeof connectClickHouse>) => Promise<Result>): Promise<Result> {
  const client = connectClickHouse(settings);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}
