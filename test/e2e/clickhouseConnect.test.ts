/** clickhouse-connect, Python's client of ClickHouse, as it comes: the lines of the documentation, inserts in its own binary format, and SQLAlchemy, which Superset asks through. */
import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { migrate } from '../../consumers/clickhouse/migrate.ts';
import * as make from '../consumers/clickhouse/records.ts';
import { withDatabase } from '../integration/database.ts';
import { recordInserter } from '../integration/sinkRows.ts';
import { pythonWith } from './python/environment.ts';
import { execute, snippet } from './python/snippets.ts';

const { parts, database, clickhouse } = await withDatabase(migrate);
const settings = parts.settings();
const python = await pythonWith(settings.local.cacheDir);
if ('missing' in python) console.error(`\n*** clickhouse-connect is NOT TESTED here: ${python.missing} ***\n`);
const options = 'missing' in python ? { skip: python.missing } : { timeout: 120_000 };
const { host, hostname, port } = new URL(settings.clickhouse.url);

async function run(code: string): Promise<string> {
  const here = code.replaceAll("host='127.0.0.1', port=8123", `host='${hostname}', port=${port}`).replaceAll("database='chokepoint'", `database='${database}'`);
  const { code: status, stdout, stderr } = await execute('python' in python ? python.python : '', ['-'], here, { env: {}, cwd: tmpdir() });
  assert.equal(status, 0, stderr);
  return stdout;
}

const CONNECT = "import clickhouse_connect\nclient = clickhouse_connect.get_client(host='127.0.0.1', port=8123, database='chokepoint')\n";

test('the lines of the documentation', options, async () => {
  const insert = await recordInserter(clickhouse);
  await insert('challenges', 'Challenge', [[1, make.challenge()]]);
  assert.match(await run(snippet('docs/for-the-data-team.md', '## From Python', 'python')), /notebook/);
});

test('insert and query: many rows, many types, each compression; what went in comes out', options, async () => {
  const out = await run(`${CONNECT}
import datetime, decimal, uuid
utc = datetime.timezone.utc
client.command("CREATE TABLE t (id UInt64, at DateTime64(3, 'UTC'), text String, word LowCardinality(String), maybe Nullable(Float64), list Array(String), pairs Map(String, Int32), who UUID, money Decimal(18, 4), both Tuple(a Int8, b String)) ENGINE = MergeTree ORDER BY id")
columns = ['id', 'at', 'text', 'word', 'maybe', 'list', 'pairs', 'who', 'money', 'both']
def row(n):
    return [n, datetime.datetime(2026, 1, 1, tzinfo=utc) + datetime.timedelta(milliseconds=n), "é\\0'\\n" + str(n), 'w' + str(n % 3), None if n % 2 else n / 4, ['a', 'é' * (n % 5)], {'k': n % 100}, uuid.UUID(int=n), decimal.Decimal(n) / 10000, (n % 100, 'x')]
N = 30000
for number, compress in enumerate([True, 'lz4', 'zstd', 'gzip', False]):
    other = clickhouse_connect.get_client(host='127.0.0.1', port=8123, database='chokepoint', compress=compress)
    rows = [row(n) for n in range(number * N, (number + 1) * N)]
    other.insert('t', rows, column_names=columns)
    back = other.query('SELECT * FROM t WHERE id >= {from:UInt64} ORDER BY id', parameters={'from': number * N}).result_rows
    assert len(back) == N, len(back)
    for sent, got in zip(rows, back):
        got = list(got)
        got[1] = got[1].replace(tzinfo=utc)
        got[9] = tuple(got[9].values())
        assert sent == got, (sent, got)
print(client.query('SELECT count(), uniqExact(id) FROM t').result_rows)
`);
  assert.equal(out.trim(), '[(150000, 150000)]');
});

test('SQLAlchemy, as Superset asks: the URI of the documentation, its tables and columns, a query', options, async () => {
  const out = await run(`
import sqlalchemy
engine = sqlalchemy.create_engine('clickhousedb://default@${host}/${database}')
inspector = sqlalchemy.inspect(engine)
print('challenges_current' in inspector.get_table_names() + inspector.get_view_names(), 'summary' in [c['name'] for c in inspector.get_columns('challenges_current')])
with engine.connect() as connection:
    print(connection.execute(sqlalchemy.text('SELECT count() FROM challenges_current')).scalar())
`);
  assert.equal(out, 'True True\n1\n');
});
