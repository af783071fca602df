/** `npm run bench -- questions [options]`: the cookbook of the document for the data team over many signals. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { migrate } from '../../../consumers/clickhouse/migrate.ts';
import { connectClickHouse } from '../../../infra/clickhouse/client.ts';
import { readArguments, wholeNumber } from '../../../infra/cli/arguments.ts';
import { startLocalClickHouse } from '../../../infra/local/clickhouse.ts';
import type { ClickHouse } from '../../../infra/ports.ts';
import { createLog } from '../../../infra/service/log.ts';
import { recipes, recipesOf } from '../../integration/cookbookRecipes.ts';
import { COMMON, type Finished } from '../options.ts';
import { ask, command, type Asked } from './ask.ts';
import { generate, merge, type Size } from './generate.ts';

const OPTIONS = {
  'json': COMMON.json,
  'signals': { type: 'string', value: 'N', what: 'signals in the table (100000000)' },
  'users': { type: 'string', value: 'N', what: 'users (a thousandth of the signals)' },
  'days': { type: 'string', value: 'N', what: 'days that the signals are spread over (365)' },
  'threads': { type: 'string', value: 'N', what: 'threads of a query (2)' },
  'data': { type: 'string', value: 'DIR', what: 'keep the signals there, and ask them again where they are there already (a directory that goes)' },
  'merged': { type: 'boolean', what: 'merge each partition into one part first, as it is where nothing comes in (one large and a fresh one)' },
  'only': { type: 'string', value: 'TEXT', what: 'only the questions that have this in them (all)' },
} as const;

const DATABASE = 'questions';

export async function runQuestions(args: readonly string[]): Promise<Finished | null> {
  const given = readArguments('bench questions', OPTIONS, args);
  if (given === null) return null;
  const signals = wholeNumber('signals', given.signals, 100_000_000);
  const size: Size = { signals, users: wholeNumber('users', given.users, Math.max(100, Math.round(signals / 1_000))), days: wholeNumber('days', given.days, 365) };
  const result = await benchQuestions({ size, threads: wholeNumber('threads', given.threads, 2), kept: given.data === undefined ? null : resolve(given.data), merged: given.merged === true, only: given.only ?? '' }, (line) => { console.error(line); });
  return { result, table: tableOf(result), json: given.json === true };
}

interface Result {
  readonly bench: 'questions';
  readonly size: Size & { readonly bytes_per_row: number; readonly seconds: number };
  readonly questions: readonly Asked[];
}

interface Run {
  readonly size: Size;
  readonly threads: number;
  /** Where the signals stay; null: nowhere. */
  readonly kept: string | null;
  readonly merged: boolean;
  /** In the question. */
  readonly only: string;
}

async function benchQuestions({ size, threads, kept, merged, only }: Run, say: (line: string) => void): Promise<Result> {
  const dataDir = kept ?? mkdtempSync(join(tmpdir(), 'chokepoint-questions-'));
  mkdirSync(dataDir, { recursive: true });
  const server = await startLocalClickHouse({ dataDir, port: 0, log: createLog('bench') });
  const connect = (database: string) => connectClickHouse({ url: server.url, username: 'default', password: '', database });
  const admin = connect('default');
  try {
    const seconds = madeIn(dataDir, size) ?? await make(admin, (statement) => command(server.url, DATABASE, statement), dataDir, size, say);
    const clickhouse = connect(DATABASE);
    // What changed since they were made.
    await migrate(admin, DATABASE);
    if (merged) await merge((statement) => command(server.url, DATABASE, statement));
    const [parts] = await clickhouse.query<{ bytes: number; rows: number; parts: number }>(`SELECT sum(bytes_on_disk) AS bytes, sum(rows) AS rows, count() AS parts FROM system.parts WHERE active AND database = '${DATABASE}' AND table = 'signals_raw'`);
    say(`${parts?.rows ?? 0} signals, ${parts?.bytes ?? 0} bytes, ${parts?.parts ?? 0} parts, made in ${seconds} s`);
    const questions: Asked[] = [];
    for (const recipe of recipesOf(recipes).filter(({ question }) => question.includes(only))) {
      const asked = await ask(server.url, DATABASE, recipe, threads);
      say(lineOf(asked));
      questions.push(asked);
    }
    await clickhouse.close();
    return { bench: 'questions', size: { ...size, bytes_per_row: Math.round((10 * (parts?.bytes ?? 0)) / (parts?.rows ?? 1)) / 10, seconds }, questions };
  } finally {
    await admin.close();
    await server.stop();
    if (kept === null) rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Said once all signals are there: half of them are not asked. */
const madeFile = (dataDir: string): string => join(dataDir, 'signals.json');

/** The seconds that it took to make the signals that are there; null where none are. */
function madeIn(dataDir: string, size: Size): number | null {
  if (!existsSync(madeFile(dataDir))) return null;
  const { seconds, ...made } = JSON.parse(readFileSync(madeFile(dataDir), 'utf8')) as Size & { readonly seconds: number };
  if (made.signals !== size.signals || made.users !== size.users || made.days !== size.days) throw new Error(`${dataDir} has ${made.signals} signals of ${made.users} users over ${made.days} days: say so with --signals, --users and --days, or give another --data`);
  return seconds;
}

async function make(admin: ClickHouse, inDatabase: (statement: string) => Promise<void>, dataDir: string, size: Size, say: (line: string) => void): Promise<number> {
  // Of an attempt that was cut off.
  await admin.command(`DROP DATABASE IF EXISTS ${DATABASE}`);
  await migrate(admin, DATABASE);
  const begun = performance.now();
  await generate(inDatabase, size, say);
  const seconds = Math.round((performance.now() - begun) / 1_000);
  writeFileSync(madeFile(dataDir), JSON.stringify({ ...size, seconds }));
  return seconds;
}

const millions = (count: number): string => (count / 1e6).toFixed(count < 1e7 ? 2 : 0);

const lineOf = ({ question, seconds, rows_read, bytes_read, error }: Asked): string =>
  `| ${question} | ${error === undefined ? `${millions(rows_read)} | ${millions(bytes_read)} | ${seconds?.toFixed(2) ?? ''}` : `failed: ${error}`} |`;

const tableOf = ({ size, questions }: Result): string =>
  [`${size.signals} signals of ${size.users} users over ${size.days} days, ${size.bytes_per_row} bytes a row`, '', '| question | million rows read | MB read | seconds |', '| --- | --- | --- | --- |', ...questions.map(lineOf)].join('\n');
