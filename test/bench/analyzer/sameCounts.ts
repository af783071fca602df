/**
 * Whether two apps counted the same distinct users: all that they have said up to the last midnight that all partitions of both have reached, added up per feature and
 * team, each count of a cell, over partitions and levels (the peer has no levels).
 */
import type { Cell, Partial, Presence } from '../../../consumers/analyzer/partials.ts';
import { isMidnight } from '../../../consumers/analyzer/time.ts';
import type { Kafka, TopicPartition } from '../../../infra/ports.ts';
import { topicName } from '../../../schemas/topics.ts';
import { sumOf } from '../../cells.ts';

type CellsChunk = Extract<Partial, { kind: 'cells' }>;

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

/** What a partition has said, added up. */
interface Standing {
  /** By feature and level. */
  readonly cells: Map<string, { readonly name: string; readonly cell: Cell }>;
  readonly presence: Map<string, Presence>;
}

function apply({ cells, presence }: Standing, chunk: CellsChunk): void {
  if (chunk.reset) for (const map of [cells, presence]) map.clear();
  for (const { feature, stage, cells: said } of chunk.features) {
    for (const cell of said) {
      const [name, key] = [`${stage} ${feature} ${cell.team}`, `${stage} ${feature} ${cell.level} ${cell.team}`];
      // The peer says a changed cell whole, as version 1 did.
      cells.set(key, { name, cell: chunk.v === 1 ? cell : sumOf(cells.get(key)?.cell, cell) });
    }
  }
  for (const group of chunk.presence) presence.set(`${group.level} ${group.team}`, group);
}

function countsOf({ cells, presence }: Standing): Counts {
  const counts: Counts = new Map();
  const add = (name: string, by: number): void => { if (by !== 0) counts.set(name, (counts.get(name) ?? 0) + by); };
  for (const { name, cell } of cells.values()) for (const [what, users] of namedCounts(cell)) add(`${name} ${what}`, users);
  for (const { team, users } of presence.values()) add(`anything ${team} present`, users);
  return counts;
}

async function accountOf(kafka: Kafka, app: string): Promise<Account> {
  const topic = topicName('partials', app);
  const ends = await kafka.ends(topic);
  const midnights = await Promise.all(ends.map((end, partition) => lastMidnight(kafka, { topic, partition }, end)));
  const midnight = Math.min(...midnights);
  const counts: Counts = new Map();
  for (const [partition, end] of ends.entries()) {
    const standing: Standing = { cells: new Map(), presence: new Map() };
    for await (const partial of partialsOf(kafka, { topic, partition }, end)) {
      if (partial.kind === 'cells' && partial.levels === 'in_force') apply(standing, partial);
      else if (partial.kind === 'tick' && partial.tick === midnight) break;
    }
    for (const [name, count] of countsOf(standing)) counts.set(name, (counts.get(name) ?? 0) + count);
  }
  return { midnight, counts };
}

async function* partialsOf(kafka: Kafka, from: TopicPartition, end: number): AsyncGenerator<Partial> {
  for await (const records of kafka.read({ ...from, offset: 0 }, end)) for (const { value } of records) if (value !== null) yield JSON.parse(value.toString()) as Partial;
}

/** The last that a partition has reached; 0 where it has reached none. */
async function lastMidnight(kafka: Kafka, from: TopicPartition, end: number): Promise<number> {
  let last = 0;
  for await (const records of kafka.read({ ...from, offset: 0 }, end)) {
    for (const { key, value } of records) {
      // Told by the keys: most of what is said is not parsed for this.
      const tick = Number(key?.toString());
      if (value !== null && Number.isInteger(tick) && isMidnight(tick) && (JSON.parse(value.toString()) as Partial).kind === 'tick') last = tick;
    }
  }
  return last;
}

/** Throws where they differ. */
export async function requireSameCounts(kafka: Kafka, [ours, peers]: readonly [string, string]): Promise<SameCounts> {
  const [own, other] = [await accountOf(kafka, ours), await accountOf(kafka, peers)];
  if (own.counts.size === 0) throw new Error(`${ours} has reached no midnight: nothing was compared`);
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
