/** Makes the archives of Java's classes that infra/local/classArchive.ts tells of, where they are missing: Kafka and the registry are started for it, once. */
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { archiveOf } from '../infra/local/classArchive.ts';
import { findJava } from '../infra/local/java.ts';
import { startLocalKafka } from '../infra/local/kafka.ts';
import { localParts } from '../infra/local/parts.ts';
import { startLocalRegistry } from '../infra/local/registry.ts';
import type { Log } from '../infra/service/log.ts';
import type { Settings } from '../infra/settings.ts';

export async function makeClassArchives({ local }: Settings, log: Log): Promise<void> {
  const java = await findJava(local.javaHome);
  const { kafkaJars, registryJar } = await localParts({ cacheDir: local.cacheDir, log });
  const dataDir = mkdtempSync(join(tmpdir(), 'chokepoint-classes-'));
  const make = async (jars: string, start: (file: string) => Promise<{ stop(): Promise<void> }>): Promise<void> => {
    if (existsSync(archiveOf(jars))) return;
    // Renamed when it is whole: another run may be doing the same. One that was not written in time is missing, and only missed.
    const file = `${archiveOf(jars)}.${String(process.pid)}`;
    await (await start(file)).stop();
    if (existsSync(file)) renameSync(file, archiveOf(jars));
  };
  try {
    await Promise.all([
      make(kafkaJars, (recordClasses) => startLocalKafka({ dataDir, port: 0, log, java, jars: kafkaJars, heapMb: local.kafkaHeapMb, recordClasses })),
      make(registryJar, (recordClasses) => startLocalRegistry({ dataDir, port: 0, log, java, jar: registryJar, recordClasses })),
    ]);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}
