/** All keys of a collector: those of the settings, which a start reads, and those of the keys file, which are read again while it runs. */
import type { Log } from '../../../infra/service/log.ts';
import { metrics } from '../../../infra/service/metrics.ts';
import { watchFile } from '../fileWatch.ts';
import type { Limits } from './key.ts';
import { parseKeysFile } from './keysFile.ts';
import { createKeyRing, type Authenticate } from './ring.ts';
import { settingKeys } from './settingKeys.ts';

export interface KeysOptions {
  readonly writeKeys: readonly string[];
  readonly adminKeys: readonly string[];
  /** Of a key that names none. */
  readonly keyLimits: Limits;
  /** The text of the keys file, now; null where there is none. */
  readonly read: (() => Promise<string>) | null;
  readonly intervalMs: number;
  readonly log: Log;
}

export interface Keys {
  readonly authenticate: Authenticate;
  stop(): void;
}

/** Throws where the keys file cannot be used. */
export async function openKeys({ writeKeys, adminKeys, keyLimits, read, intervalMs, log }: KeysOptions): Promise<Keys> {
  const fixed = [...settingKeys(adminKeys, 'admin', keyLimits), ...settingKeys(writeKeys, 'write', keyLimits)];
  if (read === null) {
    if (fixed.length === 0) log('warn', 'no keys are set, so nobody can write: set WRITE_KEYS and ADMIN_KEYS, or COLLECTOR_KEYS_FILE');
    return { authenticate: createKeyRing(fixed).authenticate, stop: () => undefined };
  }
  const parse = (text: string): ReturnType<typeof parseKeysFile> => parseKeysFile(text, keyLimits);
  const text = await read();
  const first = parse(text);
  const ring = createKeyRing([...fixed, ...first]);
  log('info', 'keys', { settings: fixed.length, file: first.length });
  const watch = watchFile({
    what: 'the keys file',
    read,
    text,
    take: (next) => {
      ring.replace([...fixed, ...parse(next)]);
    },
    onWrong: (wrong) => {
      metrics.collectorKeysFileWrong.set(wrong ? 1 : 0);
    },
    intervalMs,
    log,
  });
  return { authenticate: ring.authenticate, stop: watch.stop };
}
