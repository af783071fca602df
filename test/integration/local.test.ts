import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { connectClickHouse } from '../../infra/clickhouse/client.ts';
import { connectKafka } from '../../infra/kafka/client.ts';
import type { Kafka } from '../../infra/ports.ts';
import { connectRegistry } from '../../infra/registry/registry.ts';
import { schemaText } from '../../schemas/codec.ts';
import { bringUp, type LocalPlatform } from '../../infra/local/up.ts';
import { readSettings } from '../../infra/settings.ts';

const HOLD_UP = fileURLToPath(new URL('holdUp.ts', import.meta.url));
const NOTHING_NAMED = { kafka: false, registry: false, clickhouse: false };
const FREE_PORTS = { LOCAL_KAFKA_PORT: '0', LOCAL_REGISTRY_PORT: '0', LOCAL_CLICKHOUSE_PORT: '0' };
const settings = readSettings({ ...process.env, KAFKA_BROKERS: '', SCHEMA_REGISTRY_URL: '', CLICKHOUSE_URL: '', ...FREE_PORTS });
const silent = (): void => undefined;

interface Held {
  readonly pids: readonly number[];
  readonly error?: string;
}

/** The platform as a child process of ours, so that it can be killed. */
async function holdUp(dataDir: string, env: Record<string, string> = {}): Promise<{ child: ChildProcess; held: Held }> {
  const child = spawn(process.execPath, [HOLD_UP, dataDir], { env: { ...process.env, KAFKA_BROKERS: '', SCHEMA_REGISTRY_URL: '', CLICKHOUSE_URL: '', ...FREE_PORTS, ...env }, stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  for await (const piece of child.stdout) {
    said += String(piece);
    if (said.includes('\n')) break;
  }
  return { child, held: JSON.parse(said) as Held };
}

const ended = (child: ChildProcess): Promise<unknown> => (child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : new Promise((resolve) => child.once('exit', resolve)));

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds(); waited += 50) {
    assert(waited < 30_000, `waited 30 s for: ${what}`);
    await new Promise((next) => setTimeout(next, 50));
  }
}

/** A java that says its version and then fails at whatever it is asked to run. */
function brokenJava(dir: string): string {
  mkdirSync(join(dir, 'bin'), { recursive: true });
  writeFileSync(join(dir, 'bin', 'java'), '#!/bin/sh\nif [ "$1" = -version ]; then echo \'openjdk version "17.0.1"\' >&2; exit 0; fi\necho "no luck today" >&2\nexit 3\n');
  chmodSync(join(dir, 'bin', 'java'), 0o755);
  return dir;
}

void describe('the local platform', () => {
  let root = '';
  before(() => { root = mkdtempSync(join(tmpdir(), 'chokepoint-local-')); });
  after(() => { rmSync(root, { recursive: true, force: true }); });

  void test('what was written is there after a restart, in all three', async () => {
    const dataDir = join(root, 'survives');
    const once = async (work: (platform: LocalPlatform, kafka: Kafka) => Promise<void>): Promise<void> => {
      const platform = await bringUp(settings, NOTHING_NAMED, { dataDir, log: silent });
      try {
        const kafka = await connectKafka({ ...settings.kafka, brokers: platform.kafka.brokers }, { clientId: 'test', log: silent });
        try {
          await work(platform, kafka);
        } finally {
          await kafka.close();
        }
      } finally {
        await platform.stop();
      }
      assert(platform.parts.every(({ pid }) => !alive(pid)), 'stopped means ended');
      assert(!existsSync(join(dataDir, 'lock')));
    };
    const clickhouse = (platform: LocalPlatform): ReturnType<typeof connectClickHouse> => connectClickHouse({ ...settings.clickhouse, url: platform.clickhouse.url, database: 'default' });
    let schemaId = 0;
    await once(async (platform, kafka) => {
      await kafka.createTopics([{ topic: 'kept', partitions: 1, config: {} }]);
      const producer = await kafka.producer();
      await producer.send([{ topic: 'kept', partition: 0, key: 'k', value: Buffer.from('v') }]);
      await producer.close();
      schemaId = await connectRegistry({ url: platform.registry.url, username: null, password: null }).register('User', schemaText('User'));
      const client = clickhouse(platform);
      await client.command('CREATE TABLE kept (x UInt8) ENGINE = MergeTree ORDER BY x');
      await client.insert('kept', [{ x: 7 }], 'token');
      await client.close();
    });
    await once(async (platform, kafka) => {
      const values: string[] = [];
      for await (const records of kafka.read({ topic: 'kept', partition: 0, offset: 0 }, 1)) values.push(...records.map(({ value }) => String(value)));
      assert.deepEqual(values, ['v']);
      const registry = connectRegistry({ url: platform.registry.url, username: null, password: null });
      assert.match((await registry.schema(schemaId)) ?? '', /user_id/);
      assert.equal(await registry.register('User', schemaText('User')), schemaId, 'the same id');
      const client = clickhouse(platform);
      assert.deepEqual(await client.query('SELECT x FROM kept'), [{ x: 7 }]);
      await client.close();
    });
  });

  void test('kill -9 of whoever started it leaves nothing running, and the next start takes the directory over', async () => {
    const dataDir = join(root, 'killed');
    const first = await holdUp(dataDir);
    assert.equal(first.held.pids.length, 3, JSON.stringify(first.held));
    assert(first.held.pids.every(alive));
    first.child.kill('SIGKILL');
    await ended(first.child);
    assert(existsSync(join(dataDir, 'lock')), 'nobody was there to take the lock away');
    const second = await holdUp(dataDir);
    assert.equal(second.held.error, undefined);
    assert(!first.held.pids.some(alive), 'the second start waited for them');
    second.child.kill('SIGTERM');
    await ended(second.child);
    await until('the second platform to end', () => !second.held.pids.some(alive));
  });

  void test('two at once in one directory: the second is told by which process it is in use', async () => {
    const dataDir = join(root, 'shared');
    const first = await bringUp(settings, { ...NOTHING_NAMED, kafka: true, registry: true }, { dataDir, log: silent });
    try {
      await assert.rejects(bringUp(settings, NOTHING_NAMED, { dataDir, log: silent }), (error: Error) => error.message.includes(`in use by process ${process.pid}`) && error.message.includes('--data'));
    } finally {
      await first.stop();
    }
  });

  void test('a port in use is said at once, with the port and its settings', async () => {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const { port } = server.address() as { port: number };
    const dataDir = join(root, 'ports');
    for (const [part, ...settingNames] of [['kafka', 'LOCAL_KAFKA_PORT', 'KAFKA_BROKERS'], ['registry', 'LOCAL_REGISTRY_PORT', 'SCHEMA_REGISTRY_URL'], ['clickhouse', 'LOCAL_CLICKHOUSE_PORT', 'CLICKHOUSE_URL']] as const) {
      await assert.rejects(bringUp(settings, NOTHING_NAMED, { dataDir, log: silent, ports: { [part]: port } }), (error: Error) => [`port ${port} `, ...settingNames].every((word) => error.message.includes(word)));
      assert(!existsSync(join(dataDir, 'lock')), 'nothing is left of the start');
      assert(!existsSync(join(dataDir, 'logs')), 'nothing was started');
    }
    await new Promise((closed) => server.close(closed));
  });

  void test('a part that ends by itself is an error with the end of its log', async () => {
    const platform = await bringUp(settings, { ...NOTHING_NAMED, kafka: true, registry: true }, { dataDir: join(root, 'crash'), log: silent });
    const [clickhouse] = platform.parts;
    assert(clickhouse !== undefined);
    process.kill(clickhouse.pid, 'SIGKILL');
    const { message } = await platform.failed;
    assert.match(message, /^clickhouse ended by itself \(killed by SIGKILL\); the end of .*clickhouse\.log:\n {2}listening on/);
    await platform.stop();
  });

  void test('a start that fails half-way is rolled back, and says why', async () => {
    const dataDir = join(root, 'half');
    const broken = { ...settings, local: { ...settings.local, javaHome: brokenJava(join(root, 'broken-java')) } };
    await assert.rejects(bringUp(broken, { ...NOTHING_NAMED, kafka: true }, { dataDir, log: silent }), /registry ended by itself \(exit 3\); the end of .*registry\.log:\n {2}no luck today/);
    assert.deepEqual(readdirSync(join(dataDir, 'run')), [], 'ClickHouse, which had started, was stopped');
    assert(!existsSync(join(dataDir, 'lock')));
  });

  void test('what is missing is named in one line: java, mvn, a directory to write to', async () => {
    const noJava = { ...settings, local: { ...settings.local, javaHome: '/nowhere' } };
    await assert.rejects(bringUp(noJava, NOTHING_NAMED, { dataDir: join(root, 'a'), log: silent }), /^LocalError: JAVA_HOME is \/nowhere, but there is no bin\/java: install Java 17/);
    writeFileSync(join(root, 'file'), '');
    await assert.rejects(bringUp(settings, NOTHING_NAMED, { dataDir: join(root, 'file', 'data'), log: silent }), /^LocalError: cannot write to .*file\/data .*choose another directory with --data/);
    // A PATH without mvn, and nothing fetched yet.
    const bin = join(brokenJava(join(root, 'path')), 'bin');
    symlinkSync('/bin/sh', join(bin, 'sh'));
    const { child, held } = await holdUp(join(root, 'b'), { PATH: bin, JAVA_HOME: '', CHOKEPOINT_CACHE: join(root, 'empty') });
    await ended(child);
    assert.match(held.error ?? '', /^mvn not found: install Apache Maven/);
    assert.deepEqual(readdirSync(join(root, 'empty')), [], 'nothing half-fetched is left');
  });

  void test('with every part named nothing is touched', async () => {
    const dataDir = join(root, 'untouched');
    const platform = await bringUp(settings, { kafka: true, registry: true, clickhouse: true }, { dataDir, log: silent });
    assert.deepEqual([platform.kafka.brokers, platform.registry.url, platform.clickhouse.url], [settings.kafka.brokers, settings.registry.url, settings.clickhouse.url]);
    await platform.stop();
    assert(!existsSync(dataDir));
  });
});
