/** Where commands that post find the collector, and with which key. */
import type { Settings } from '../settings.ts';
import { UsageError, type Option } from './arguments.ts';
import { firstPlain, readKeys } from './keys.ts';

export const COLLECTOR_OPTIONS = {
  url: { type: 'string', value: 'URL', what: 'the collector (default http://127.0.0.1:COLLECTOR_PORT)' },
  key: { type: 'string', value: 'KEY', what: 'an admin key (default the first of ADMIN_KEYS, then of keys.json in CHOKEPOINT_DATA)' },
} as const satisfies Readonly<Record<string, Option>>;

/** Throws UsageError where there is no key. */
export function collectorAt(command: string, options: { readonly url?: string; readonly key?: string }, { collector, dataDir }: Settings): { readonly url: string; readonly key: string } {
  const key = options.key ?? firstPlain(collector.adminKeys) ?? readKeys(dataDir)?.admin_keys[0];
  if (key === undefined) throw new UsageError(`${command}: an admin key is needed: --key KEY, or ADMIN_KEYS, or CHOKEPOINT_DATA with the keys.json of \`npm start\``);
  return { url: (options.url ?? `http://127.0.0.1:${collector.port}`).replace(/\/+$/, ''), key };
}
