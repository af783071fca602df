/** Options that the benches have in common. */
import { UsageError } from '../../infra/cli/arguments.ts';
import type { Side } from './contenders.ts';
import type { StreamsSettings } from './peer/settings.ts';

const SIDES: readonly Side[] = ['ours', 'peer', 'limit'];

export const COMMON = {
  'json': { type: 'boolean', what: 'the result as JSON on the last line' },
  'events': { type: 'string', value: 'N', what: 'events of the log (1000000)' },
  'runs': { type: 'string', value: 'N', what: 'runs of each contender (3)' },
  'only': { type: 'string', value: 'SIDES', what: 'of ours,peer,limit; the limit needs ours' },
  'peer': { type: 'string', value: 'JSON', what: 'to try settings of the peer: {"name": {"threads": 4, "streams": {"commit.interval.ms": "1000"}}}' },
} as const;

/** A bench that has run: what it found, and as a table. */
export interface Finished {
  readonly result: unknown;
  readonly table: string;
  readonly json: boolean;
}

export function sides(text: string | undefined): readonly Side[] {
  const wanted = text?.split(',') ?? SIDES;
  const unknown = wanted.find((side) => !SIDES.includes(side as Side));
  if (unknown !== undefined) throw new UsageError(`--only takes of ${SIDES.join(',')}, not '${unknown}'`);
  return wanted as readonly Side[];
}

export function parse(option: string, text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (cause) {
    throw new UsageError(`--${option} takes JSON: ${(cause as Error).message}`, { cause });
  }
}

export const changed = <Settings extends StreamsSettings>(settings: Settings, changes: Partial<Settings>): Settings => ({ ...settings, ...changes, streams: { ...settings.streams, ...changes.streams } });

/** Peers to try: each what is changed of these settings. */
export function variants<Settings extends StreamsSettings>(text: string | undefined, settings: Settings, usual: Readonly<Record<string, Settings>>): Readonly<Record<string, Settings>> {
  if (text === undefined) return usual;
  return Object.fromEntries(Object.entries(parse('peer', text)).map(([variant, changes]) => [variant, changed(settings, changes as Partial<Settings>)]));
}
