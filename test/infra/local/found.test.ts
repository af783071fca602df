/** What is looked for on this machine: Java, Maven's parts, the data directory. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { lockDataDir } from '../../../infra/local/dataDir.ts';
import { findJava, javaVersion } from '../../../infra/local/java.ts';
import { localParts } from '../../../infra/local/parts.ts';

const root = mkdtempSync(join(tmpdir(), 'found-'));
after(() => { rmSync(root, { recursive: true, force: true }); });
const log = (): void => undefined;

function script(path: string, text: string): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
}

void test('versions of Java, old and new', () => {
  assert.equal(javaVersion('openjdk version "17.0.15" 2025-04-15'), 17);
  assert.equal(javaVersion('java version "1.8.0_402"'), 8);
  assert.equal(javaVersion('openjdk version "21" 2023-09-19'), 21);
  assert.equal(javaVersion('nonsense'), null);
});

void test('an old Java is refused with what to do', async () => {
  script(join(root, 'old', 'bin', 'java'), 'echo \'java version "11.0.2"\' >&2');
  await assert.rejects(findJava(join(root, 'old')), /is version 11: install Java 17 or newer, point JAVA_HOME at one/);
});

async function withMaven<Result>(text: string, work: () => Promise<Result>): Promise<Result> {
  const path = process.env['PATH'];
  script(join(root, 'maven', 'mvn'), text);
  process.env['PATH'] = `${join(root, 'maven')}:${path ?? ''}`;
  try {
    return await work();
  } finally {
    process.env['PATH'] = path;
  }
}

void test('what Maven says is passed on, and nothing half-fetched stays', async () => {
  const cacheDir = join(root, 'cache');
  await assert.rejects(withMaven('echo "[ERROR] Could not transfer artifact: Unknown host"; exit 1', () => localParts({ cacheDir, log })), /Maven could not fetch .*: Could not transfer artifact: Unknown host\. Check the network.*KAFKA_BROKERS/);
  assert.deepEqual(readdirSync(cacheDir), []);
});

void test('an altered archive is not unpacked', async () => {
  const cacheDir = join(root, 'altered');
  const maven = 'for a; do case "$a" in -Dparts.dir=*) d="${a#*=}";; esac; done\nmkdir "$d/kafka"; echo x > "$d/kafka/a.jar"; echo altered > "$d/apicurio-registry-app-3.0.9-all.tar.gz"';
  await assert.rejects(withMaven(maven, () => localParts({ cacheDir, log })), /has sha256 [0-9a-f]{64}, not 2b28/);
  assert.deepEqual(readdirSync(cacheDir), []);
});

void test('a cache that cannot be written is named, with its setting', async () => {
  writeFileSync(join(root, 'file'), '');
  await assert.rejects(localParts({ cacheDir: join(root, 'file', 'cache'), log }), /cannot write to .*file\/cache.*CHOKEPOINT_CACHE/);
});

void test('a data directory has one owner at a time; the lock of a process that is gone is taken over', async () => {
  const dataDir = join(root, 'data');
  const lock = await lockDataDir(dataDir);
  await assert.rejects(lockDataDir(dataDir), { code: 'DATA_DIR_IN_USE' });
  assert.equal(readFileSync(join(dataDir, 'lock'), 'utf8'), String(process.pid));
  lock.release();
  writeFileSync(join(dataDir, 'lock'), '4194305'); // Beyond the highest pid there can be.
  writeFileSync(join(dataDir, 'run', 'kafka.pid'), '4194305');
  (await lockDataDir(dataDir)).release();
  assert.deepEqual(readdirSync(join(dataDir, 'run')), []);
  assert(!existsSync(join(dataDir, 'lock')));
});
