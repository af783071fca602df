/** `npm run bench -- questions [options]`: the cookbook of the document for the data team over many signals. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '../../../consumers/clickhouse/migrate.ts';
import { connectClickHouse } from '../../../infra/clickhouse/client.ts';
import { readArguments, wholeNumber } from '../../../infra/cli/arguments.ts';
import { startLocalClickHouse } from '../../../infra/local/clickhouse.ts';
import { createLog } from '../../../infra/service/log.ts';
import { recipes, recipesOf } from '../../integration/cookbookRecipes.ts';
import { COMMON, type Finished } from '../options.ts';
import { ask, type Asked } from './ask.ts';
import { generate, type Size } from './generate.ts';

const OPTIONS = {
  'json': COMMON.json,
  'signals': { type: 'string', value: 'N', what: 'signals in the table (100000000)' },
  'users': { type: 'string', value: 'N', what: 'users (a thousandth of the signals)' },
  'days': { type: 'string', value: 'N', what: 'days that the signals are spread over (365)' },
  'threads': { type: 'string', value: 'N', what: 'threads of a query (2)' },
} as const;

const DATABASE = 'questions';

export async function runQuestions(args: readonly string[]): Promise<Finished | null> {
  const given = readArguments('bench questions', OPTIONS, args);
  if (given === null) return null;
  const signals = wholeNumber('signals', given.signals, 100_000_000);
  const size: Size = { signals, users: wholeNumber('users', given.users, Math.max(100, Math.round(signals / 1_000))), days: wholeNumber('days', given.days, 365) };
  const result = await benchQuestions(size, wholeNumber('threads', given.threads, 2), (line) => { console.error(line); });
  return { result, table: tableOf(result), json: given.json === true };
}

interface Result {
  readonly bench: 'questions';
  readonly size: Size & { readonly bytes_per_row: number; readonly seconds: number };
  readonly questions: readonly Asked[];
}

async function benchQuestions(size: Size, threads: number, say: (line: string) => void): Promise<Result> {
  const dataDir = mkdtempSync(join(tmpdir(), 'chokepoint-questions-'));
  const server = await startLocalClickHouse({ dataDir, port: 0, log: createLog('bench') });
  const connect = (database: string) => connectClickHouse({ url: server.url, username: 'default', password: '', database });
  const admin = connect('default');
  try {
    await migrate(admin, DATABASE);
    const clickhouse = connect(DATABASE);
    const begun = performance.now();
    await generate(clickhouse, size, say);
    const seconds = Math.round((performance.now() - begun) / 1_000);
    const [parts] = await clickhouse.query<{ bytes: number; rows: number }>(`SELECT sum(bytes_on_disk) AS bytes, sum(rows) AS rows FROM system.parts WHERE active AND database = '${DATABASE}' AND table = 'signals_raw'`);
    say(`${parts?.rows ?? 0} signals, ${parts?.bytes ?? 0} bytes, made in ${seconds} s`);
    const questions: Asked[] = [];
    for (const recipe of recipesOf(recipes)) {
      const asked = await ask(server.url, DATABASE, recipe, threads);
      say(lineOf(asked));
      questions.push(asked);
    }
    await clickhouse.close();
    return { bench: 'questions', size: { ...size, bytes_per_row: Math.round((10 * (parts?.bytes ?? 0)) / (parts?.rows ?? 1)) / 10, seconds }, questions };
  } finally {
    await admin.close();
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

const millions = (count: number): string => (count / 1e6).toFixed(count < 1e7 ? 2 : 0);

const lineOf = ({ question, seconds, rows_read, bytes_read, error }: Asked): string =>
  `| ${question} | ${error === undefined ? `${millions(rows_read)} | ${millions(bytes_read)} | ${seconds?.toFixed(2) ?? ''}` : `failed: ${error}`} |`;

const tableOf = ({ size, questions }: Result): string =>
  [`${size.signals} signals of ${size.users} users over ${size.days} days, ${size.bytes_per_row} bytes a row`, '', '| question | million rows read | MB read | seconds |', '| --- | --- | --- | --- |', ...questions.map(lineOf)].join('\n');
