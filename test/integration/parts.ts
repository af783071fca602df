/**
 * Kafka, the registry and ClickHouse for integration tests: those that KAFKA_BROKERS, SCHEMA_REGISTRY_URL and CLICKHOUSE_URL name (`npm test` starts
 * them once for all files), others on free ports for this file alone. Every call gives a fresh app, so that tests do not meet.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { freePort } from '../../infra/local/ports.ts';
import { bringUp, type LocalPlatform } from '../../infra/local/up.ts';
import { createLog, type Log } from '../../infra/service/log.ts';
import { readSettings, settingsNamed, type Settings } from '../../infra/settings.ts';

export { freePort };

export interface Parts {
  /** Settings of a fresh app: its own topics, groups and database; `platform.*` is shared. Keys: `write` and `admin`. */
  readonly settings: (changes?: Readonly<Record<string, string>>) => Settings;
  /** The same as environment variables, for child processes. */
  readonly env: (changes?: Readonly<Record<string, string>>) => Record<string, string | undefined>;
  /** What was started for this file; stopped after its last test. */
  readonly platform: LocalPlatform;
  /** ClickHouse is the one of infra/local, brought up for this file or by `npm test` for all. */
  readonly ownClickHouse: boolean;
  /** Silent but for warnings and errors. */
  readonly log: Log;
}

const NOBODYS = { KAFKA_BROKERS: '', SCHEMA_REGISTRY_URL: '', CLICKHOUSE_URL: '' };

/** Call it once at the top of a test file: `const parts = await withParts();`. `own`: others for this file alone, whatever is named. */
export async function withParts({ own = false }: { readonly own?: boolean } = {}): Promise<Parts> {
  const dataDir = mkdtempSync(join(tmpdir(), 'chokepoint-test-'));
  const write = createLog('test');
  const log: Log = (level, message, fields) => { if (level !== 'info') write(level, message, fields); };
  const start = { ...process.env, ...(own ? NOBODYS : {}), CHOKEPOINT_DATA: dataDir, LOCAL_KAFKA_PORT: '0', LOCAL_REGISTRY_PORT: '0', LOCAL_CLICKHOUSE_PORT: '0' };
  const platform = await bringUp(readSettings(start), settingsNamed(start), { dataDir, log });
  after(async () => {
    await platform.stop('at once');
    rmSync(dataDir, { recursive: true, force: true });
  });
  const env = (changes: Readonly<Record<string, string>> = {}): Record<string, string | undefined> => ({
    ...start,
    KAFKA_BROKERS: platform.kafka.brokers.join(','),
    SCHEMA_REGISTRY_URL: platform.registry.url,
    CLICKHOUSE_URL: platform.clickhouse.url,
    CHOKEPOINT_APP: `t${randomBytes(5).toString('hex')}`,
    WRITE_KEYS: 'write',
    ADMIN_KEYS: 'admin',
    COLLECTOR_PORT: '0',
    PROCESSOR_PORT: '0',
    ANALYZER_PORT: '0',
    SINK_PORT: '0',
    ALERTS_PORT: '0',
    DASHBOARD_PORT: '0',
    // One for all files, as platform.erasures is.
    CHOKEPOINT_ERASURE_SECRET: 'of all tests',
    ...changes,
  });
  const ownClickHouse = platform.parts.some(({ name }) => name === 'clickhouse') || process.env['CHOKEPOINT_TEST_OWN_CLICKHOUSE'] === 'true';
  return { settings: (changes) => readSettings(env(changes)), env, platform, ownClickHouse, log };
}
