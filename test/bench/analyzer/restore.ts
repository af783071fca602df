/** Restoring very many users: their changelog in Kafka, and a process that opens the production tasks of all partitions over it. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inheritedEnvironment } from '../../../infra/settings.ts';
import type { Position } from '../../../infra/ports.ts';
import { appName } from '../../../schemas/topics.ts';
import type { Platform } from '../platform.ts';
import { copyChangelog, type CopiedChangelog } from './changelogCopies.ts';
import { signalTopics } from './signalLog.ts';

/** What the restoring process is told. */
export interface RestoreOrder {
  /** Of the changelog. */
  readonly app: string;
  /** Of the signals and references. */
  readonly source: string;
  /** As committed with the changelog. */
  readonly positions: readonly Position[];
  readonly users: number;
}

/** What it finds. */
export interface RestoreFindings {
  /** From the first task's opening to the last one's being open. */
  readonly seconds: number;
  readonly users_per_second: number;
  readonly cpu_seconds: number;
  /** The main thread's longest stall meanwhile: heartbeats come from there. */
  readonly longest_stall_ms: number;
  /** Heap and buffers after a full collection, less those before: once restored, and once the next tick has counted everybody anew. */
  readonly bytes_per_user: { readonly restored: number; readonly counted: number };
  /** Of all partitions together: the tick after the restore, and the midnight after it. */
  readonly first_tick_ms: number;
  readonly midnight_ms: number;
  readonly peak_rss_mb: number;
}

export type Restored = CopiedChangelog & ({ readonly [name in keyof RestoreFindings]: RestoreFindings[name] | null } & { readonly failed: string | null });

const MEMBER = fileURLToPath(new URL('restoreMember.ts', import.meta.url));
const LIMIT_MS = 10 * 60_000;
const SHOWN_CHARS = 600;
const APP = 'many';
const NOTHING: { readonly [name in keyof RestoreFindings]: null } = { seconds: null, users_per_second: null, cpu_seconds: null, longest_stall_ms: null, bytes_per_user: null, first_tick_ms: null, midnight_ms: null, peak_rss_mb: null };

/** `source`: the app whose analyzer has taken all signals. Where the process does not get through, the result says how it ended. */
export async function measureRestore(platform: Platform, source: string, users: number, say: (line: string) => void): Promise<Restored> {
  await platform.prepare(APP);
  const copied = await copyChangelog(platform, source, APP, users);
  say(`restore: ${JSON.stringify(copied)}`);
  const positions = await platform.reading((kafka) => kafka.committed(appName('profile', source), signalTopics(source)));
  const order = join(platform.dataDir, 'restore.json');
  writeFileSync(order, JSON.stringify({ app: APP, source, positions, users: copied.users } satisfies RestoreOrder));
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', MEMBER, order], { env: inheritedEnvironment(platform.env), timeout: LIMIT_MS, maxBuffer: 1 << 24 });
    const found = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as RestoreFindings;
    say(`restore: ${JSON.stringify(found)}`);
    return { ...copied, ...found, failed: null };
  } catch (cause) {
    const { stderr = '', message } = cause as Error & { stderr?: string };
    const failed = `${message.slice(0, SHOWN_CHARS)} … ${stderr.slice(-SHOWN_CHARS)}`;
    say(`restore failed: ${failed}`);
    return { ...copied, ...NOTHING, failed };
  } finally {
    await platform.discard(`${APP}.`);
  }
}
