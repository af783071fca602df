/**
 * `npm test`: every tier in turn, on Node's own test runner. Pure, driver and contract tests run as they are; for integration, chaos and
 * end-to-end tests Kafka, the registry and ClickHouse are brought up once, on free ports and in a directory of their own, unless settings name them.
 * Files that share them run one after the other, since platform.* is one for all; beside them, one after the other too, some of those that bring up their own.
 * With CHOKEPOINT_TEST_CONTAINERS=true the three are brought up in containers, which needs a Docker daemon.
 * `npm test -- streams` runs the files whose path contains `streams`.
 */
import { spawn } from 'node:child_process';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bringUp } from '../infra/local/up.ts';
import { createLog } from '../infra/service/log.ts';
import { readSettings, settingsNamed } from '../infra/settings.ts';

const ON_PARTS = ['test/integration/', 'test/chaos/', 'test/e2e/', 'test/bench/smoke'];
/** The other half, by time, of the files on real parts: these bring up a broker of their own. */
const OTHER_LANE = ['test/chaos/', 'test/bench/smoke', 'test/e2e/demo', 'test/integration/canary'];
const TEST_TIMEOUT_MS = 300_000;
/** A file that does not end although its tests have ended (something they started still runs) would hold up everything; this ends it, and names it. */
const LANE_TIMEOUT_MS = 30 * 60_000;
const REPORTERS = ['spec', './test/slowest.ts'].flatMap((reporter) => [`--test-reporter=${reporter}`, '--test-reporter-destination=stdout']);

const wanted = process.argv.slice(2);
const files = globSync('test/**/*.test.ts').sort().filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)));
const isIn = (folders: readonly string[]) => (file: string): boolean => folders.some((folder) => file.startsWith(folder));
const onParts = files.filter(isIn(ON_PARTS));
const alone = files.filter((file) => !onParts.includes(file));

function runTests(title: string, paths: readonly string[], concurrency: number, env: NodeJS.ProcessEnv): Promise<boolean> {
  if (paths.length === 0) return Promise.resolve(true);
  console.log(`\n== ${title}: ${paths.length} files`);
  const child = spawn(process.execPath, ['--test', `--test-concurrency=${concurrency}`, `--test-timeout=${TEST_TIMEOUT_MS}`, ...REPORTERS, ...paths], { stdio: ['ignore', 'inherit', 'inherit'], env });
  const deadline = setTimeout(() => {
    console.error(`\n${title}: not done after ${LANE_TIMEOUT_MS / 60_000} minutes; what ran then is named below`);
    child.kill('SIGINT');
  }, LANE_TIMEOUT_MS);
  return new Promise((resolve) => child.once('exit', (code) => {
    clearTimeout(deadline);
    resolve(code === 0);
  }));
}

async function runOnParts(): Promise<boolean> {
  if (onParts.length === 0) return true;
  const dataDir = mkdtempSync(join(tmpdir(), 'chokepoint-test-'));
  // Loaded where it is wanted: it is of use with a Docker daemon only.
  const containers = process.env['CHOKEPOINT_TEST_CONTAINERS'] === 'true' ? await (await import('./containers/parts.ts')).startContainers() : null;
  const start = { ...process.env, ...containers?.env };
  const named = settingsNamed(start);
  const settings = readSettings({ ...start, CHOKEPOINT_DATA: dataDir, LOCAL_KAFKA_PORT: '0', LOCAL_REGISTRY_PORT: '0', LOCAL_CLICKHOUSE_PORT: '0' });
  const parts = await bringUp(settings, named, { dataDir, log: createLog('test') });
  try {
    const env = { ...start, KAFKA_BROKERS: parts.kafka.brokers.join(','), SCHEMA_REGISTRY_URL: parts.registry.url, CLICKHOUSE_URL: parts.clickhouse.url, ...(named.clickhouse ? {} : { CHOKEPOINT_TEST_OWN_CLICKHOUSE: 'true' }) };
    const inOther = isIn(OTHER_LANE);
    const passed = await Promise.all([runTests('on real parts', onParts.filter((file) => !inOther(file)), 1, env), runTests('on real parts, the other half', onParts.filter(inOther), 1, env)]);
    return passed.every((one) => one);
  } finally {
    await parts.stop();
    await containers?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

if (files.length === 0) throw new Error(`no test file's path contains ${wanted.join(' or ')}`);
const results = [await runTests('pure, driver, contract', alone, 2, process.env), await runOnParts()];
process.exitCode = results.every((passed) => passed) ? 0 : 1;
