/**
 * The history that rules can be tried on: `analyzer.partials`, tick by tick over all partitions, as the cohort task takes them. Read from where
 * the log begins, one tick at a time, so that memory does not grow with the history.
 */
import type { InRecord, LogReader } from '../../../infra/ports.ts';
import { parsePartial } from '../cohort/queue.ts';
import type { TakenPartial } from '../cohort/queue.ts';
import { TICK_MS } from '../time.ts';

export interface HistoryTick {
  readonly tick: number;
  /** A list per partition, empty where the partition begins later. */
  readonly taken: readonly (readonly TakenPartial[])[];
  /** Every partition has given a full account by now: the sums are what the cohort task's were. */
  readonly isWhole: boolean;
  /** Nothing has expired in front of it. */
  readonly isFromBeginning: boolean;
}

interface ClosedTick {
  readonly tick: number;
  readonly isFirst: boolean;
  readonly partials: readonly TakenPartial[];
}

/** One partition: its next tick, and what is known of its beginning. */
interface Lane {
  head: ClosedTick | null;
  /** As progress said, for a partition that has run none yet. */
  firstTick: number | null;
  /** It has given a full account. */
  isWhole: boolean;
  /** The first tick read was the partition's first. */
  isFromBeginning: boolean;
  readonly more: () => Promise<void>;
}

async function openLane(log: LogReader, topic: string, partition: number, end: number): Promise<Lane> {
  const batches = log.read({ topic, partition, offset: 0 }, end)[Symbol.asyncIterator]();
  /** As bytes: parsed they take several times as much. */
  let waiting: InRecord[] = [];
  let isRead = false;
  let open: TakenPartial[] = [];
  /** The next partial, or null at the end of the log. */
  const next = async (): Promise<TakenPartial | null> => {
    while (waiting.length === 0) {
      const batch = await batches.next();
      if (batch.done === true) return null;
      waiting = [...batch.value].reverse();
    }
    const record = waiting.pop();
    return record === undefined ? null : { offset: record.offset, partial: parsePartial(record) };
  };
  const lane: Lane = {
    head: null,
    firstTick: null,
    isWhole: false,
    isFromBeginning: true,
    more: async () => {
      lane.head = null;
      for (let taken = await next(); taken !== null; taken = await next()) {
        const { partial } = taken;
        if (partial.kind === 'progress') {
          lane.firstTick ??= partial.first_tick;
          continue;
        }
        open.push(taken);
        if (partial.kind !== 'tick') continue;
        if (!isRead) lane.isFromBeginning = partial.first;
        isRead = true;
        lane.firstTick ??= partial.tick;
        lane.head = { tick: partial.tick, isFirst: partial.first, partials: open };
        open = [];
        return;
      }
    },
  };
  await lane.more();
  return lane;
}

const isFull = ({ partial }: TakenPartial): boolean => partial.kind === 'cells' && partial.levels === 'in_force' && partial.reset;

/** Before its first tick a partition that has not begun yet lacks nothing. */
const hasNotBegun = ({ head, firstTick }: Lane, tick: number): boolean => (head === null ? firstTick !== null && tick < firstTick : head.isFirst && tick < head.tick);

/** The ticks that all partitions have reached, in order, up to where the log ends now. `topic`: the partials' full name. */
export async function* readHistory(log: LogReader, topic: string, partitions: number): AsyncGenerator<HistoryTick, void> {
  const ends = await log.ends(topic);
  const lanes: Lane[] = [];
  for (let partition = 0; partition < partitions; partition++) lanes.push(await openLane(log, topic, partition, ends[partition] ?? 0));
  let tick = Math.min(...lanes.map(({ head, firstTick }) => head?.tick ?? firstTick ?? Infinity));
  for (; lanes.every((lane) => lane.head !== null || hasNotBegun(lane, tick)); tick += TICK_MS) {
    const taken: (readonly TakenPartial[])[] = [];
    let isWhole = true;
    for (const lane of lanes) {
      const { head } = lane;
      const isTurn = head?.tick === tick;
      const partials = isTurn ? head.partials : [];
      lane.isWhole ||= partials.some(isFull);
      isWhole &&= lane.isWhole || hasNotBegun(lane, tick);
      taken.push(partials);
      if (isTurn) await lane.more();
    }
    yield { tick, taken, isWhole, isFromBeginning: lanes.every((lane) => lane.isFromBeginning) };
  }
}
