/**
 * What the local Kafka and the local registry are made of: fetched once by Maven (versions in parts/pom.xml) into a cache of the user's,
 * used offline from then on. A fetch is made beside the cache and renamed into it, so a half-fetched one is never seen and two at once do not collide.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import type { Log } from '../service/log.ts';
import { LocalError, missingCommand, run } from './command.ts';

export interface LocalParts {
  /** Folder of jars: Kafka and what it needs. */
  readonly kafkaJars: string;
  readonly registryJar: string;
}

const POM = fileURLToPath(new URL('parts/pom.xml', import.meta.url));
const REGISTRY = 'apicurio-registry-app-3.0.9';
/** Of the registry's archive on Maven Central. Maven checks jars against the repository's own checksums; this one is ours. */
const REGISTRY_SHA256 = '2b28181501a20cbf6efcd77f9b7153908fc01f3d3a7c32024c0bd9e1b04c8a43';
const FETCH_LIMIT_MS = 10 * 60_000;

export async function localParts(options: { readonly cacheDir: string; readonly log: Log }): Promise<LocalParts> {
  const { cacheDir, log } = options;
  const version = createHash('sha256').update(readFileSync(POM)).digest('hex').slice(0, 12);
  const home = join(cacheDir, `parts-${version}`);
  if (!existsSync(home)) await fetchParts(cacheDir, home, log);
  return { kafkaJars: join(home, 'kafka'), registryJar: join(home, 'registry', `${REGISTRY}-runner.jar`) };
}

async function fetchParts(cacheDir: string, home: string, log: Log): Promise<void> {
  log('info', 'fetching Kafka and the schema registry with Maven (once, about 150 MB)', { into: home });
  const begun = Date.now();
  const staging = makeStaging(cacheDir);
  try {
    await runMaven(staging);
    const archive = join(staging, `${REGISTRY}-all.tar.gz`);
    const found = await sha256(archive);
    if (found !== REGISTRY_SHA256) throw new LocalError('PARTS', `the fetched ${REGISTRY}-all.tar.gz has sha256 ${found}, not ${REGISTRY_SHA256}: it was altered on the way, or a mirror is broken; remove it from Maven's repository and try again`);
    const registry = join(staging, 'registry');
    mkdirSync(registry);
    await run('tar', ['-xzf', archive, '-C', registry], {});
    rmSync(archive);
    if (readdirSync(join(staging, 'kafka')).length === 0 || !existsSync(join(registry, `${REGISTRY}-runner.jar`))) throw new LocalError('PARTS', 'Maven ended without an error, but not everything was fetched: is its repository damaged (~/.m2)?');
    renameInto(staging, home);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  log('info', 'fetched', { seconds: Math.round((Date.now() - begun) / 1000) });
}

function makeStaging(cacheDir: string): string {
  try {
    mkdirSync(cacheDir, { recursive: true });
    return mkdtempSync(join(cacheDir, 'fetching-'));
  } catch (cause) {
    throw new LocalError('PARTS', `cannot write to ${cacheDir}: make it writable, or choose another place with CHOKEPOINT_CACHE`, { cause });
  }
}

async function runMaven(into: string): Promise<void> {
  try {
    await run('mvn', ['-B', '-q', '-f', POM, 'package', `-Dparts.dir=${into}`], { timeoutMs: FETCH_LIMIT_MS });
  } catch (cause) {
    if (missingCommand(cause)) {
      throw new LocalError('NO_MAVEN', 'mvn not found: install Apache Maven 3.6 or newer (it fetches Kafka and the registry, once), or name running ones with KAFKA_BROKERS and SCHEMA_REGISTRY_URL', { cause });
    }
    const said = /\[ERROR\] ([^\n]+)/.exec((cause as Error).message)?.[1] ?? (cause as Error).message;
    throw new LocalError('PARTS', `Maven could not fetch Kafka and the schema registry: ${said}. Check the network and Maven's settings, or name running ones with KAFKA_BROKERS and SCHEMA_REGISTRY_URL`, { cause });
  }
}

/** Whoever comes second finds the folder there and uses it. */
function renameInto(staging: string, home: string): void {
  try {
    renameSync(staging, home);
  } catch (cause) {
    if (!existsSync(home)) throw new LocalError('PARTS', `cannot move the fetched parts to ${home}`, { cause });
  }
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
