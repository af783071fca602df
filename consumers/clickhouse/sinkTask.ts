/**
 * The share of one topic partition: gathers records, plans a range, inserts it, moves on (plan.ts says why in this order). Where ClickHouse does not
 * take the rows the task keeps them and tries again for ever, further and further apart; its input is paused, so memory stays bounded.
 */
import type { InRecord, Position, Task, TaskContext, Work } from '../../infra/ports.ts';
import { DecodeError, UnknownSchemaError, type RecordCodec } from '../../schemas/codec.ts';
import { NOBODY_ERASED, type Erasures } from '../../schemas/erasures.ts';
import { countPlanned, planEnd, planTime, readMark, tokenOf, writeMark, type Limits, type Mark } from './plan.ts';
import type { Block } from './native/block.ts';
import { valueOf, type Target } from './rows.ts';
import { createWaiting } from './waiting.ts';

export interface Clock {
  readonly now: () => number;
  /** Calls back once after `ms`; gives what cancels it. */
  readonly after: (ms: number, call: () => void) => () => void;
}

export interface SinkDependencies {
  readonly codec: RecordCodec;
  /** Does the work with an empty block of the target's, once there is room for one; true: it is of use again. */
  readonly withBlock: (target: Target, work: (block: Block) => Promise<boolean>) => Promise<boolean>;
  readonly insert: (target: Target, block: Block, token: string) => Promise<void>;
  /** A record of somebody else's that cannot be read: it is left out, and whoever processes it reports it. */
  readonly onUnreadable: (record: InRecord) => void;
  readonly erasures?: Erasures;
  readonly clock: Clock;
  readonly limits: Limits;
}

/** Ours: first and longest pause after ClickHouse refused a batch, milliseconds. */
const FIRST_RETRY_MS = 200;
const LAST_RETRY_MS = 10_000;
/** Rows written at a stretch: heartbeats and other tasks get their turn in between. */
const ROWS_PER_TURN = 2_000;
/** The loop pauses an input by the number of records waiting; ours goes by bytes too, so it says all or nothing. */
const TOO_MANY = Number.MAX_SAFE_INTEGER;

export function createSinkTask(context: TaskContext, target: Target, { codec, withBlock, insert, onUnreadable, erasures = NOBODY_ERASED, clock, limits }: SinkDependencies): Task {
  const [input] = context.inputs;
  if (input === undefined) throw new Error(`sink task ${context.id} has no input`);
  const waiting = createWaiting();
  let position = 0;
  let mark: Mark = { through: null, planned: null };
  let insertedAt = -Infinity;
  let failures = 0;
  let retryAt = 0;
  let cancelAlarm: () => void = () => undefined;

  const wakeAt = (at: number): null => {
    cancelAlarm();
    cancelAlarm = clock.after(Math.max(0, at - clock.now()), context.wake);
    return null;
  };
  const positions = (): Position[] => [{ ...input, offset: position, metadata: writeMark(mark) }];
  const work = (): Work => ({ outputs: [], positions: positions() });

  /** Takes what is before `to` for done. `through`: the highest that these records tell. */
  const moveTo = (to: number, count: number, through: number | null): void => {
    waiting.take(count);
    position = to;
    mark = { through: highest(mark.through, through), planned: null };
  };

  /** When the next range is to be planned; null where nothing waits. */
  const planAt = (): number | null => {
    const firstAt = waiting.firstAt();
    return firstAt === null ? null : planTime({ records: waiting.records().length, bytes: waiting.bytes(), firstAt }, insertedAt, limits);
  };

  /** Plans the next range where it is time; records that are no rows need no plan. Gives whether there is something to commit. */
  const plan = (): boolean => {
    const at = planAt();
    const records = waiting.records();
    const to = at === null || clock.now() < at ? null : planEnd(records, waiting.sizes(), limits);
    if (to === null) return false;
    const count = countPlanned(records, to) ?? 0;
    const row = records.findIndex((record) => target.tombstones || valueOf(record) !== null);
    if (row < 0 || row >= count) moveTo(to, count, records.slice(0, count).reduce<number | null>((through, record) => highest(through, target.through(record)), null));
    else mark = { ...mark, planned: to };
    return true;
  };

  /** Writes the rows; gives the highest `through` that the records tell, which are looked at but once. */
  const fill = async (block: Block, records: readonly InRecord[]): Promise<number | null> => {
    let through: number | null = null;
    for (const [index, record] of records.entries()) {
      through = highest(through, target.through(record));
      try {
        target.add(block, record, codec, erasures);
      } catch (cause) {
        const { value } = record;
        if (value !== null && cause instanceof UnknownSchemaError) await addAfterLoading(block, record, value);
        else unreadable(record, cause);
      }
      if (index % ROWS_PER_TURN === ROWS_PER_TURN - 1) await new Promise(setImmediate);
    }
    return through;
  };

  const addAfterLoading = async (block: Block, record: InRecord, value: Buffer): Promise<void> => {
    try {
      await codec.load(value);
      target.add(block, record, codec, erasures);
    } catch (cause) {
      unreadable(record, cause);
    }
  };

  const unreadable = (record: InRecord, cause: unknown): void => {
    if (!(cause instanceof DecodeError)) throw cause;
    if (!target.foreign) throw new Error(`${record.topic}/${record.partition} offset ${record.offset} cannot be read, though only this system writes there: nothing is skipped`, { cause });
    onUnreadable(record);
  };

  /** Inserts the planned range and moves on; false where ClickHouse did not take it. */
  const insertPlanned = async (to: number, count: number): Promise<boolean> => {
    const batch = waiting.records().slice(0, count);
    const [first] = batch;
    const last = batch.at(-1);
    if (first === undefined || last === undefined) {
      moveTo(to, count, null);
      return true;
    }
    return withBlock(target, async (block) => {
      // Rows of before an erasure that are inserted after it are what the later sweep of erase.ts is for.
      await erasures.catchUp();
      const through = await fill(block, batch);
      try {
        if (block.rows > 0) await insert(target, block, tokenOf(input, position, to, { first: first.timestamp, last: last.timestamp }));
      } catch {
        // `insert` has said so in health and log. The range stays planned: the next attempt is the same batch.
        retryAt = clock.now() + Math.min(FIRST_RETRY_MS * 2 ** failures, LAST_RETRY_MS);
        failures += 1;
        return false;
      }
      if (block.rows > 0) {
        failures = 0;
        insertedAt = clock.now();
      }
      moveTo(to, count, through);
      return true;
    });
  };

  return {
    open: ([committed]) => {
      position = committed?.offset ?? 0;
      mark = readMark(committed?.metadata ?? '');
      // A range that ends where it begins, or before, comes from a position set back by hand.
      if (mark.planned !== null && mark.planned <= position) mark = { ...mark, planned: null };
      return Promise.resolve();
    },
    accept: (records) => { waiting.add(records, clock.now()); },
    step: async () => {
      if (clock.now() < retryAt) return wakeAt(retryAt);
      if (mark.planned === null) {
        if (plan()) return work();
        const at = planAt();
        return at === null ? null : wakeAt(at);
      }
      const to = mark.planned;
      const count = countPlanned(waiting.records(), to);
      if (count === null) return null;
      if (!(await insertPlanned(to, count))) return wakeAt(retryAt);
      // Where there is enough for another batch already, its plan goes along with this commit.
      plan();
      return work();
    },
    backlog: () => {
      const records = waiting.records();
      if (mark.planned !== null && countPlanned(records, mark.planned) === null) return 0;
      return records.length >= 2 * limits.records || waiting.bytes() >= 2 * limits.bytes ? TOO_MANY : 0;
    },
    close: () => { cancelAlarm(); },
  };
}

function highest(a: number | null, b: number | null): number | null {
  return a === null || (b !== null && b > a) ? b : a;
}
