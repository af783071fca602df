/** Brings up the parts that no setting names: Kafka, the schema registry and ClickHouse, side by side, as local processes. */
import { resolve } from 'node:path';
import type { Log } from '../service/log.ts';
import type { Settings, settingsNamed } from '../settings.ts';
import { CLICKHOUSE_PORT, startLocalClickHouse } from './clickhouse.ts';
import { lockDataDir } from './dataDir.ts';
import { findJava } from './java.ts';
import { KAFKA_PORT, startLocalKafka } from './kafka.ts';
import { localParts } from './parts.ts';
import { takePort } from './ports.ts';
import { REGISTRY_PORT, startLocalRegistry } from './registry.ts';
import type { Ending, PartProcess } from './supervise.ts';

export interface BringUpOptions {
  readonly dataDir: string;
  readonly log: Log;
  /** In place of the settings'; 0: any free port. */
  readonly ports?: { readonly kafka?: number; readonly registry?: number; readonly clickhouse?: number };
}

export interface LocalPlatform {
  readonly kafka: { readonly brokers: readonly string[] };
  readonly registry: { readonly url: string };
  readonly clickhouse: { readonly url: string };
  /** What was started here. */
  readonly parts: readonly PartProcess[];
  /** Settles only when a part ended by itself. */
  readonly failed: Promise<Error>;
  /** `at once`: by force, for whoever throws the directory away. */
  stop(how?: Ending): Promise<void>;
}

/**
 * Throws a LocalError that says what to do where something on this machine stands in the way; then nothing is left running.
 * With every part named, it touches nothing.
 */
export async function bringUp(settings: Settings, named: ReturnType<typeof settingsNamed>, options: BringUpOptions): Promise<LocalPlatform> {
  const { log } = options;
  const dataDir = resolve(options.dataDir);
  const { local } = settings;
  const wanted = { kafka: local.kafkaPort, registry: local.registryPort, clickhouse: local.clickhousePort, ...options.ports };
  const lock = named.kafka && named.registry && named.clickhouse ? null : await lockDataDir(dataDir);
  const running: PartProcess[] = [];
  const keep = <Part extends PartProcess>(part: Part): Part => {
    running.push(part);
    return part;
  };
  const stop = async (how: Ending = 'in order'): Promise<void> => {
    // They do not depend on one another: side by side is in order.
    await Promise.all(running.splice(0).map((part) => part.stop(how)));
    lock?.release();
  };
  try {
    // Before anything is fetched or started: a port in use is said at once.
    const [kafkaPort, registryPort, clickhousePort] = await Promise.all([
      named.kafka ? 0 : takePort(wanted.kafka, KAFKA_PORT),
      named.registry ? 0 : takePort(wanted.registry, REGISTRY_PORT),
      named.clickhouse ? 0 : takePort(wanted.clickhouse, CLICKHOUSE_PORT),
    ]);
    // ClickHouse needs no Java: it starts while the others' parts are being fetched.
    const java = named.kafka && named.registry ? null : prepareJava(settings, log);
    const kafka = java === null || named.kafka ? null : java.then(async ({ command, parts }) => keep(await startLocalKafka({ dataDir, port: kafkaPort, log, java: command, jars: parts.kafkaJars, heapMb: local.kafkaHeapMb })));
    const registry = java === null || named.registry ? null : java.then(async ({ command, parts }) => keep(await startLocalRegistry({ dataDir, port: registryPort, log, java: command, jar: parts.registryJar })));
    const clickhouse = named.clickhouse ? null : startLocalClickHouse({ dataDir, port: clickhousePort, log }).then(keep);
    // All of them, so that a failure leaves nothing behind that was still starting.
    await Promise.allSettled([kafka, registry, clickhouse].filter((start) => start !== null));
    return {
      kafka: { brokers: (await kafka)?.brokers ?? settings.kafka.brokers },
      registry: { url: (await registry)?.url ?? settings.registry.url },
      clickhouse: { url: (await clickhouse)?.url ?? settings.clickhouse.url },
      parts: [...running],
      failed: Promise.race([...running.map((part) => part.failed), new Promise<never>(() => undefined)]),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function prepareJava(settings: Settings, log: Log): Promise<{ readonly command: string; readonly parts: Awaited<ReturnType<typeof localParts>> }> {
  const command = await findJava(settings.local.javaHome);
  return { command, parts: await localParts({ cacheDir: settings.local.cacheDir, log }) };
}
