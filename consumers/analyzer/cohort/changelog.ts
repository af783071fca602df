/**
 * `cohort.changelog`: what cannot be read again from the partials. One record per life, one for the references that are or will be in force,
 * one (`meta`) for where the task stands. The sums themselves are not in it: they are rebuilt from the partials since each partition's last
 * full account.
 */
import type { LogReader } from '../../../infra/ports.ts';
import type { Reference } from '../references.ts';
import type { Rule } from '../rules/rules.ts';
import type { Life } from './lifecycle.ts';
import type { FindingParts, Pair } from './pairs.ts';
import type { Circularity } from './circularity.ts';
import { isAlive, isBlank } from './lifecycle.ts';

const VERSION = 1;
const META = 'meta';
const REFERENCES = 'references';
const LIFE = 'life/';

interface PartitionMeta {
  readonly first_tick: number | null;
  /** platform.events offset at the last tick; -1 before the partition's first. */
  readonly evaluated_to: number;
  /** Offset in analyzer.partials of the first chunk of the last full account; null: none yet. */
  readonly reset: number | null;
}

export interface Meta {
  readonly v: typeof VERSION;
  /** Commits so far. */
  readonly n: number;
  readonly last_tick: number | null;
  /** Frequent users at the last training tick; null before the first. */
  readonly frequent: number | null;
  readonly partitions: readonly PartitionMeta[];
}

interface LifeRecord {
  readonly v: typeof VERSION;
  readonly rule_id: string;
  readonly finding: FindingParts;
  readonly life: Life;
  /** As it is while it holds or a challenge is open: what a later start ends that by, if the rule is another then or gone. Not there in older records. */
  readonly rule?: Rule;
  /** Not there where nothing is known. */
  readonly circularity?: Circularity;
}

interface ReferencesRecord {
  readonly v: typeof VERSION;
  readonly references: readonly Reference[];
}

export interface Entry {
  readonly key: string;
  /** Null: a tombstone. */
  readonly json: string | null;
}

export const metaEntry = (meta: Omit<Meta, 'v'>): Entry => ({ key: META, json: JSON.stringify({ v: VERSION, ...meta } satisfies Meta) });

export const referencesEntry = (references: readonly Reference[]): Entry => ({ key: REFERENCES, json: JSON.stringify({ v: VERSION, references } satisfies ReferencesRecord) });

export function lifeEntry({ key, rule, finding, life, circularity }: Pair): Entry {
  const alive = isAlive(life);
  return { key: `${LIFE}${key}`, json: isBlank(life) ? null : JSON.stringify({ v: VERSION, rule_id: rule.id, finding, life, ...(alive ? { rule } : {}), ...(alive && circularity !== null ? { circularity } : {}) } satisfies LifeRecord) };
}

export interface Restored {
  readonly meta: Meta | null;
  readonly references: readonly Reference[];
  readonly lives: readonly { readonly ruleId: string; readonly finding: FindingParts; readonly life: Life; readonly rule: Rule | null; readonly circularity: Circularity | null }[];
}

function parse(key: string, text: string): { v?: unknown } {
  const value = JSON.parse(text) as { v?: unknown };
  if (value.v !== VERSION) throw new Error(`cohort.changelog has version ${String(value.v)} of ${key}, and this analyzer knows ${String(VERSION)}: start the version that wrote it, or a new app`);
  return value;
}

/** The last record of each key. `topic`: its full name. */
export async function restore(log: LogReader, topic: string): Promise<Restored> {
  const end = (await log.ends(topic))[0] ?? 0;
  const last = new Map<string, string>();
  if (end > 0) {
    for await (const records of log.read({ topic, partition: 0, offset: 0 }, end)) {
      for (const { key, value } of records) {
        const name = key?.toString() ?? '';
        if (value === null) last.delete(name);
        else last.set(name, value.toString());
      }
    }
  }
  let meta: Meta | null = null;
  let references: readonly Reference[] = [];
  const lives: Restored['lives'][number][] = [];
  for (const [key, text] of last) {
    const value = parse(key, text);
    if (key === META) meta = value as Meta;
    else if (key === REFERENCES) ({ references } = value as ReferencesRecord);
    else if (key.startsWith(LIFE)) {
      const { rule_id: ruleId, finding, life, rule = null, circularity = null } = value as LifeRecord;
      lives.push({ ruleId, finding, life, rule, circularity });
    }
  }
  return { meta, references, lives };
}
