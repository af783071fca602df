/** The partials of one partition that have come and are not yet used: which ticks the partition has reached, and how far it is complete. */
import type { InRecord } from '../../../infra/ports.ts';
import { pack } from '../expertise/packed.ts';
import type { PackedVectors } from '../expertise/packed.ts';
import type { Partial, Version } from '../partials.ts';

/** Vectors are packed as soon as they are read: they wait for their tick by the million. */
type PackedPartial = Exclude<Partial, { kind: 'vectors' }> | { readonly kind: 'vectors'; readonly tick: number; readonly users: PackedVectors };

export interface TakenPartial {
  readonly offset: number;
  readonly partial: PackedPartial;
}

/** Cells, which are nearly all there is, wait as the bytes that came: as objects they would take several times the memory, and be copied by the garbage collector until their tick has come. */
interface WaitingPartial {
  readonly offset: number;
  readonly partial: PackedPartial | InRecord;
}

export interface PartialQueue {
  accept(records: readonly InRecord[]): void;
  /** Decodes what has been accepted, but for cells. Throws on a record that is not a partial; of cells `take` does. */
  decode(): void;
  /** The partition's first tick; null while nobody has said. */
  firstTick(): number | null;
  /** Whether the partition has said all there is up to the tick. */
  reached(tick: number): boolean;
  /** Takes everything up to the end of a tick that it has reached and progress behind it; nothing where the partition begins later. */
  take(tick: number): TakenPartial[];
  /** Takes progress that no tick is in front of. */
  takeProgress(): void;
  /** The platform.events offset that the profile task was complete through, of what has been decoded. */
  through(): number;
  /** Where to go on reading after a restart. */
  next(): number;
  /** Records waiting. While no whole tick is among them it is 0: the rest of the tick must be let in. */
  backlog(): number;
}

const VERSIONS: readonly unknown[] = [1, 2, 3] satisfies Version[];

export function parsePartial(record: InRecord): PackedPartial {
  const at = `${record.topic}-${String(record.partition)}@${String(record.offset)}`;
  let partial: { v?: unknown };
  try {
    partial = JSON.parse(record.value?.toString() ?? 'null') as { v?: unknown };
  } catch (cause) {
    throw new Error(`${at} is not JSON: has something else written to the analyzer's internal topic?`, { cause });
  }
  if (!VERSIONS.includes(partial.v)) throw new Error(`${at} is a partial of version ${String(partial.v)}, and this analyzer knows ${VERSIONS.join(', ')}: run all of the analyzer's processes in one version`);
  const known = partial as Partial;
  return known.kind === 'vectors' ? { kind: known.kind, tick: known.tick, users: pack(known.users) } : known;
}

/** As this version writes them; others are told from the rest once they are decoded. */
const CELLS_HEAD = Buffer.from('{"v":3,"kind":"cells",');

function isCells({ value }: InRecord): boolean {
  if (value === null || value.length < CELLS_HEAD.length) return false;
  for (let i = 0; i < CELLS_HEAD.length; i++) if (value[i] !== CELLS_HEAD[i]) return false;
  return true;
}

const isWaiting = (partial: PackedPartial | InRecord): partial is InRecord => 'topic' in partial;

export interface QueueStart {
  readonly offset: number;
  readonly through: number;
  readonly firstTick: number | null;
  /** The last tick that was run. */
  readonly lastTick: number | null;
}

export function createQueue(start: QueueStart): PartialQueue {
  const raw: InRecord[] = [];
  let entries: WaitingPartial[] = [];
  let { offset: next, through, firstTick } = start;
  /** The highest tick that is complete among what was taken or waits. */
  let reached = start.lastTick ?? -Infinity;
  /** Complete ticks that wait. */
  let ticksWaiting = 0;

  const note = ({ partial }: WaitingPartial): void => {
    if (isWaiting(partial)) return;
    if (partial.kind === 'tick') {
      if (partial.first) firstTick ??= partial.tick;
      reached = partial.tick;
      ticksWaiting++;
    } else if (partial.kind === 'progress') {
      through = Math.max(through, partial.through);
      if (Number.isFinite(partial.first_tick)) firstTick ??= partial.first_tick;
    }
  };

  const isOf = ({ partial }: WaitingPartial, kind: PackedPartial['kind']): boolean => !isWaiting(partial) && partial.kind === kind;

  /** The number of leading entries that are progress. */
  const leadingProgress = (from: number): number => {
    let at = from;
    for (let entry = entries[at]; entry !== undefined && isOf(entry, 'progress'); entry = entries[at]) at++;
    return at;
  };

  const drop = (count: number): WaitingPartial[] => {
    const last = entries[count - 1];
    if (last === undefined) return [];
    next = last.offset + 1;
    const taken = entries.slice(0, count);
    entries = entries.slice(count);
    return taken;
  };

  return {
    accept: (records) => {
      for (const record of records) raw.push(record);
    },
    decode: () => {
      for (const record of raw) {
        const entry = { offset: record.offset, partial: isCells(record) ? record : parsePartial(record) };
        entries.push(entry);
        note(entry);
      }
      raw.length = 0;
    },
    firstTick: () => firstTick,
    reached: (tick) => firstTick !== null && (tick < firstTick || tick <= reached),
    take: (tick) => {
      if (firstTick === null || tick < firstTick) return [];
      const end = entries.findIndex(({ partial }) => !isWaiting(partial) && partial.kind === 'tick' && partial.tick === tick);
      if (end < 0) throw new Error(`the partials of tick ${String(tick)} were asked for before they had come`);
      ticksWaiting--;
      return drop(leadingProgress(end + 1)).map(({ offset, partial }) => ({ offset, partial: isWaiting(partial) ? parsePartial(partial) : partial }));
    },
    takeProgress: () => {
      drop(leadingProgress(0));
    },
    through: () => through,
    next: () => next,
    backlog: () => raw.length + (ticksWaiting > 0 ? entries.length : 0),
  };
}
