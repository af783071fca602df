/** All keys of a collector: those of the settings, which a start reads, and those of the keys file, which are read again while it runs. */
import type { Log } from '../../../infra/service/log.ts';
import type { Limits } from './key.ts';
import { parseKeysFile } from './keysFile.ts';
import { watchKeys } from './keysWatch.ts';
import { createKeyRing, type Authenticate } from './ring.ts';
import { settingKeys } from './settingKeys.ts';

/** How long a key that was taken out of the file may still be used. Ours. */
export const KEYS_INTERVAL_MS = 2_000;

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
  const watch = watchKeys({
    read,
    text,
    parse,
    apply: (keys) => {
      ring.replace([...fixed, ...keys]);
    },
    intervalMs,
    log,
  });
  return { authenticate: ring.authenticate, stop: watch.stop };
}
