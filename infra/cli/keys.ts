/** Keys for a platform that was started without any: made once, kept in the data directory, readable by its owner only. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Keys {
  readonly write_keys: readonly string[];
  readonly admin_keys: readonly string[];
}

/** The first that can be sent: of a hashed one nobody here knows the key. */
export const firstPlain = (keys: readonly string[]): string | undefined => keys.find((key) => !/(?:^|:)sha256:/i.test(key));

const newKey = (kind: string): string => `${kind}_${randomBytes(24).toString('base64url')}`;

const fileIn = (dataDir: string): string => join(dataDir, 'keys.json');

/** Those that were made before; null where none were. */
export function readKeys(dataDir: string): Keys | null {
  const file = fileIn(dataDir);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Keys) : null;
}

export function keepKeys(dataDir: string): Keys {
  const kept = readKeys(dataDir);
  if (kept !== null) return kept;
  const keys: Keys = { write_keys: [newKey('cpw')], admin_keys: [newKey('cpa')] };
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(fileIn(dataDir), `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600 });
  return keys;
}
