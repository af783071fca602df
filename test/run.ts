/**
 * `npm test`: every tier in turn, on Node's own test runner. Pure, driver and contract tests run as they are; for integration, chaos and
 * end-to-end tests Kafka, the registry and ClickHouse are brought up once, on free ports and in a directory of their own, unless settings name them.
 * Files that use platform.* run one after the other, since it is one for all; beside them, in two more lanes, those that do not, or bring up their own.
 * With CHOKEPOINT_TEST_CONTAINERS=true the three are brought up in containers, which needs a Docker daemon.
 * `npm test -- streams` runs the files whose path contains `streams`.
 */
import { spawn } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bringUp } from '../infra/local/up.ts';
import { createLog } from '../infra/service/log.ts';
import { readSettings, settingsNamed } from '../infra/settings.ts';
import { makeClassArchives } from './classArchives.ts';

const ON_PARTS = ['test/integration/', 'test/chaos/', 'test/e2e/', 'test/bench/smoke'];
/**
 * The files on real parts run in three lanes side by side, each one file after the other; about equally long. What no lane names is in the first: only one file
 * at a time may use platform.* of the broker that all share.
 */
const LANES: readonly (readonly [title: string, paths: readonly string[]])[] = [
  ['on real parts, brokers of their own', ['test/chaos/', 'test/e2e/demo', 'test/integration/canary']],
  ['on real parts, nothing of platform.* or brokers of their own', ['test/bench/smoke', ...['alertRules', 'clickhouse', 'doctor', 'effect', 'evidence', 'kafka', 'local', 'secured'].map((name) => `test/integration/${name}`)]],
];
const TEST_TIMEOUT_MS = 300_000;
/** A file that does not end although its tests have ended (something they started still runs) would hold up everything; this ends it, and names it. */
const LANE_TIMEOUT_MS = 30 * 60_000;

const scratch = mkdtempSync(join(tmpdir(), 'chokepoint-test-'));
/** Some four hundred processes of Node are started, of files that are mostly the same: each is stripped of its types and compiled once. */
const shared = {
  ...process.env,
  NODE_COMPILE_CACHE: join(scratch, 'compiled'),
  // No broker here lives long enough for what Java's second compiler costs: of the CPU of brokers in two chaos runs half was the two compilers' (34 of 69 s).
  JAVA_TOOL_OPTIONS: `${process.env['JAVA_TOOL_OPTIONS'] ?? ''} -XX:TieredStopAtLevel=1`.trim(),
};
const wanted = process.argv.slice(2);
const files = globSync('test/**/*.test.ts').sort().filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)));
const isIn = (folders: readonly string[]) => (file: string): boolean => folders.some((folder) => file.startsWith(folder));
const onParts = files.filter(isIn(ON_PARTS));
const alone = files.filter((file) => !onParts.includes(file));

const runs: { readonly title: string; readonly passed: boolean; readonly closing: string }[] = [];

function runTests(title: string, paths: readonly string[], concurrency: number, env: NodeJS.ProcessEnv): Promise<boolean> {
  if (paths.length === 0) return Promise.resolve(true);
  console.log(`\n== ${title}: ${paths.length} files`);
  const closing = join(scratch, `closing-${paths[0]?.replaceAll('/', '-') ?? ''}`);
  const reporters = [['spec', 'stdout'], ['./test/closing.ts', closing]].flatMap(([reporter, to]) => [`--test-reporter=${reporter}`, `--test-reporter-destination=${to}`]);
  const child = spawn(process.execPath, ['--test', `--test-concurrency=${concurrency}`, `--test-timeout=${TEST_TIMEOUT_MS}`, ...reporters, ...paths], { stdio: ['ignore', 'inherit', 'inherit'], env });
  const deadline = setTimeout(() => {
    console.error(`\n${title}: not done after ${LANE_TIMEOUT_MS / 60_000} minutes; what ran then is named below`);
    child.kill('SIGINT');
  }, LANE_TIMEOUT_MS);
  return new Promise((resolve) => child.once('exit', (code) => {
    clearTimeout(deadline);
    runs.push({ title, passed: code === 0, closing });
    resolve(code === 0);
  }));
}

async function runOnParts(): Promise<boolean> {
  if (onParts.length === 0) return true;
  // Loaded where it is wanted: it is of use with a Docker daemon only.
  const containers = process.env['CHOKEPOINT_TEST_CONTAINERS'] === 'true' ? await (await import('./containers/parts.ts')).startContainers() : null;
  const start = { ...shared, ...containers?.env };
  const named = settingsNamed(start);
  const settings = readSettings({ ...start, CHOKEPOINT_DATA: scratch, LOCAL_KAFKA_PORT: '0', LOCAL_REGISTRY_PORT: '0', LOCAL_CLICKHOUSE_PORT: '0' });
  const log = createLog('test');
  // Without them everything takes longer, no more.
  await makeClassArchives(settings, log).catch((error: unknown) => { log('warn', 'Kafka and the registry start without archives of their classes', { error }); });
  const parts = await bringUp(settings, named, { dataDir: scratch, log });
  try {
    const env = { ...start, KAFKA_BROKERS: parts.kafka.brokers.join(','), SCHEMA_REGISTRY_URL: parts.registry.url, CLICKHOUSE_URL: parts.clickhouse.url, ...(named.clickhouse ? {} : { CHOKEPOINT_TEST_OWN_CLICKHOUSE: 'true' }) };
    const lanes = LANES.map(([title, paths]) => ({ title, files: onParts.filter(isIn(paths)) }));
    const rest = { title: 'on real parts', files: onParts.filter((file) => !lanes.some((lane) => lane.files.includes(file))) };
    const passed = await Promise.all([rest, ...lanes].map((lane) => runTests(lane.title, lane.files, 1, env)));
    return passed.every((one) => one);
  } finally {
    await parts.stop('at once');
    await containers?.stop();
  }
}

if (files.length === 0) throw new Error(`no test file's path contains ${wanted.join(' or ')}`);
try {
  const results = [await runTests('pure, driver, contract', alone, 2, shared), await runOnParts()];
  process.exitCode = results.every((passed) => passed) ? 0 : 1;
  // What failed comes last.
  runs.sort((a, b) => Number(b.passed) - Number(a.passed));
  for (const { title, passed, closing } of runs) console.log(`\n== ${title}: ${passed ? 'passed' : 'FAILED'}\n${readFileSync(closing, 'utf8')}`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
