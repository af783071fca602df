/** Who may sign in to the page: the admin keys that the collector takes, of ADMIN_KEYS and of COLLECTOR_KEYS_FILE, which is read again when it changes. */
import { readFile } from 'node:fs/promises';
import { createAdminKeys } from '../../consumers/dashboard/access/adminKeys.ts';
import type { Admins } from '../../consumers/dashboard/main.ts';
import { FILE_INTERVAL_MS, watchFile } from '../../producers/collector/fileWatch.ts';
import { parseKeysFile } from '../../producers/collector/keys/keysFile.ts';
import type { Log } from '../service/log.ts';

const NO_LIMITS = { requests: null, events: null };

/** A key that is bound to web pages is theirs: nobody signs in with it. */
const entriesOf = (text: string): string[] =>
  parseKeysFile(text, NO_LIMITS).flatMap(({ caller, hashes }) => (caller.rights.includes('admin') && caller.origins === null ? hashes.map((hash) => `${caller.name}:sha256:${hash.toString('hex')}`) : []));

/** Throws where the keys file cannot be used. With a key that is taken out its sessions end. */
export async function openAdminKeys(entries: readonly string[], keysFile: string | null, log: Log, intervalMs: number = FILE_INTERVAL_MS): Promise<Admins> {
  if (keysFile === null) return { keys: createAdminKeys(entries), stop: () => undefined };
  const read = (): Promise<string> => readFile(keysFile, 'utf8');
  const text = await read();
  let current = createAdminKeys([...entries, ...entriesOf(text)]);
  const watch = watchFile({
    what: 'the keys file', read, text, intervalMs, log,
    take: (next) => { current = createAdminKeys([...entries, ...entriesOf(next)]); },
    // The collector has the metric of it.
    onWrong: () => undefined,
  });
  return { keys: { check: (key) => current.check(key), isCurrent: (id) => current.isCurrent(id) }, stop: watch.stop };
}
