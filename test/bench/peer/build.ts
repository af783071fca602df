/**
 * Builds the peer with Maven, once per content of its sources, into the cache that the local parts are in, never into the checkout. Made beside its
 * place and renamed into it, so that a half-built one is never seen and two at once do not collide.
 */
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LocalError, missingCommand, run } from '../../../infra/local/command.ts';

const SOURCES = fileURLToPath(new URL('kafka-streams/', import.meta.url));
const BUILD_LIMIT_MS = 10 * 60_000;

/** The folder of its jars. */
export async function buildPeer(cacheDir: string): Promise<string> {
  const hash = createHash('sha256');
  for (const file of globSync('{pom.xml,src/**/*.java}', { cwd: SOURCES }).sort()) hash.update(file).update(readFileSync(join(SOURCES, file)));
  const home = join(cacheDir, `bench-peer-${hash.digest('hex').slice(0, 12)}`);
  if (existsSync(home)) return join(home, 'jars');
  mkdirSync(cacheDir, { recursive: true });
  const staging = mkdtempSync(join(cacheDir, 'building-'));
  try {
    await run('mvn', ['-B', '-q', '-f', join(SOURCES, 'pom.xml'), 'package', `-Dpeer.dir=${staging}`], { timeoutMs: BUILD_LIMIT_MS });
    rename(staging, home);
  } catch (cause) {
    if (missingCommand(cause)) throw new LocalError('NO_MAVEN', 'mvn not found: install Apache Maven 3.6 or newer, or leave the peer out with --only ours,limit', { cause });
    throw new LocalError('PEER', `Maven could not build the peer: ${(cause as Error).message}`, { cause });
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  return join(home, 'jars');
}

/** Whoever comes second finds the folder there and uses it. */
function rename(staging: string, home: string): void {
  try {
    renameSync(staging, home);
  } catch (cause) {
    if (!existsSync(home)) throw cause;
  }
}
