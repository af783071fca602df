/**
 * Whether two apps counted the same distinct users: the full account of the last midnight that all partitions of both have reached, per feature and
 * team, each count of a cell, added up over partitions and levels (the peer has no levels).
 */
import type { Cell, Partial } from '../../../consumers/analyzer/partials.ts';
import { isMidnight } from '../../../consumers/analyzer/time.ts';
import type { Kafka } from '../../../infra/ports.ts';
import { topicName } from '../../../schemas/topics.ts';

/** What of a feature and team is counted, by name: `seen`, `stuck`, `took 1010 ms`, `saw <fingerprint>` … */
type Counts = Map<string, number>;

interface Account {
  readonly midnight: number;
  readonly counts: Counts;
}

export interface SameCounts {
  /** The midnight tick compared. */
  readonly midnight: string;
  /** Counts compared, and the users in them. */
  readonly counts: number;
  readonly users: number;
}

const SHOWN = 5;

const namedCounts = ({ seen, worked, used, attempted, stuck, durations, errors }: Cell): (readonly [string, number])[] => [
  ...Object.entries({ seen, worked, used, attempted, stuck }),
  ...durations.map(([boundary, users]) => [`took ${boundary} ms`, users] as const),
  ...Object.entries(errors).flatMap(([fingerprint, [saw, keeps]]) => [[`saw ${fingerprint}`, saw], [`keeps meeting ${fingerprint}`, keeps]] as const),
];

async function accountOf(kafka: Kafka, app: string): Promise<Account> {
  const topic = topicName('partials', app);
  const midnights: number[] = [];
  const full = new Map<number, Counts>();
  for (const [partition, end] of (await kafka.ends(topic)).entries()) {
    let last = 0;
    for await (const records of kafka.read({ topic, partition, offset: 0 }, end)) {
      for (const { key, value } of records) {
        // Hourly accounts are differences; read without parsing.
        const tick = Number(key?.toString());
        if (value === null || !Number.isInteger(tick) || !isMidnight(tick)) continue;
        const partial = JSON.parse(value.toString()) as Partial;
        if (partial.kind === 'tick') last = tick;
        if (partial.kind !== 'cells' || partial.levels !== 'in_force') continue;
        const counts = full.get(tick) ?? new Map<string, number>();
        full.set(tick, counts);
        const add = (name: string, by: number): void => { if (by !== 0) counts.set(name, (counts.get(name) ?? 0) + by); };
        for (const { feature, stage, cells } of partial.features) for (const cell of cells) for (const [what, users] of namedCounts(cell)) add(`${stage} ${feature} ${cell.team} ${what}`, users);
        for (const { team, users } of partial.presence) add(`anything ${team} present`, users);
      }
    }
    midnights.push(last);
  }
  const midnight = Math.min(...midnights);
  return { midnight, counts: full.get(midnight) ?? new Map<string, number>() };
}

/** Throws where they differ. */
export async function requireSameCounts(kafka: Kafka, [ours, peers]: readonly [string, string]): Promise<SameCounts> {
  const [own, other] = [await accountOf(kafka, ours), await accountOf(kafka, peers)];
  if (own.counts.size === 0) throw new Error(`${ours} has no account of a midnight: nothing was compared`);
  if (own.midnight !== other.midnight) throw new Error(`the peer did not count the same: its last midnight is ${iso(other.midnight)}, ours ${iso(own.midnight)}`);
  const names = new Set([...own.counts.keys(), ...other.counts.keys()]);
  const differences = [...names].filter((name) => own.counts.get(name) !== other.counts.get(name));
  if (differences.length > 0) {
    const lines = differences.slice(0, SHOWN).map((name) => `  ${name}: ours ${own.counts.get(name) ?? 0}, the peer's ${other.counts.get(name) ?? 0}`);
    throw new Error(`the peer did not count the same at ${iso(own.midnight)}: ${differences.length} of ${names.size} counts differ, such as\n${lines.join('\n')}`);
  }
  const users = [...own.counts].filter(([name]) => name.startsWith('anything ')).reduce((sum, [, count]) => sum + count, 0);
  return { midnight: iso(own.midnight), counts: names.size, users };
}

const iso = (at: number): string => new Date(at).toISOString();
