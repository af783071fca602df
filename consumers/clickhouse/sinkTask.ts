/**
 * The share of one topic partition: gathers records, plans a range, inserts it, moves on (plan.ts says why in this order). Where ClickHouse does not
 * take the rows the task keeps them and tries again for ever, further and further apart; its input is paused, so memory stays bounded.
 */
import type { InRecord, Position, Task, TaskContext, Work } from '../../infra/ports.ts';
import { DecodeError, UnknownSchemaError, type RecordCodec } from '../../schemas/codec.ts';
import { NOBODY_ERASED, type Erasures } from '../../schemas/erasures.ts';
import { countPlanned, planEnd, planTime, readMark, tokenOf, writeMark, type Limits, type Mark } from './plan.ts';
import type { Row, Target } from './rows.ts';

export interface Clock {
  readonly now: () => number;
  /** Calls back once after `ms`; gives what cancels it. */
  readonly after: (ms: number, call: () => void) => () => void;
}

export interface SinkDependencies {
  readonly codec: RecordCodec;
  readonly insert: (target: Target, rows: readonly Row[], token: string) => Promise<void>;
  /** A record of somebody else's that cannot be read: it is left out, and whoever processes it reports it. */
  readonly onUnreadable: (record: InRecord) => void;
  readonly erasures?: Erasures;
  readonly clock: Clock;
  readonly limits: Limits;
}

/** Ours: first and longest pause after ClickHouse refused a batch, milliseconds. */
const FIRST_RETRY_MS = 200;
const LAST_RETRY_MS = 10_000;
/** Rows built at a stretch: heartbeats and other tasks get their turn in between. */
const ROWS_PER_TURN = 2_000;
/** The loop pauses an input by the number of records waiting; ours goes by bytes too, so it says all or nothing. */
const TOO_MANY = Number.MAX_SAFE_INTEGER;

interface Waiting extends InRecord {
  readonly bytes: number;
  /** When it came. */
  readonly at: number;
}

export function createSinkTask(context: TaskContext, target: Target, { codec, insert, onUnreadable, erasures = NOBODY_ERASED, clock, limits }: SinkDependencies): Task {
  const [input] = context.inputs;
  if (input === undefined) throw new Error(`sink task ${context.id} has no input`);
  let waiting: Waiting[] = [];
  let bytes = 0;
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

  /** Takes what is before `to` for done. */
  const moveTo = (to: number, count: number): void => {
    let { through } = mark;
    for (const record of waiting.slice(0, count)) {
      const reached = target.through(record);
      if (reached !== null && reached > (through ?? -1)) through = reached;
      bytes -= record.bytes;
    }
    waiting = waiting.slice(count);
    position = to;
    mark = { through, planned: null };
  };

  /** When the next range is to be planned; null where nothing waits. */
  const planAt = (): number | null => {
    const [first] = waiting;
    return first === undefined ? null : planTime({ records: waiting.length, bytes, firstAt: first.at }, insertedAt, limits);
  };

  /** Plans the next range where it is time; records that are no rows need no plan. Gives whether there is something to commit. */
  const plan = (): boolean => {
    const at = planAt();
    const to = at === null || clock.now() < at ? null : planEnd(waiting, limits);
    if (to === null) return false;
    const count = countPlanned(waiting, to) ?? 0;
    if (waiting.slice(0, count).every(({ value }) => value === null && !target.tombstones)) moveTo(to, count);
    else mark = { ...mark, planned: to };
    return true;
  };

  const rowsOf = async (records: readonly InRecord[]): Promise<Row[]> => {
    const rows: Row[] = [];
    for (const [index, record] of records.entries()) {
      const row = await rowOf(record);
      if (row !== null) rows.push(row);
      if (index % ROWS_PER_TURN === ROWS_PER_TURN - 1) await new Promise(setImmediate);
    }
    return rows;
  };

  const rowOf = (record: InRecord): Row | null | Promise<Row | null> => {
    try {
      return target.row(record, codec, erasures);
    } catch (cause) {
      return record.value !== null && cause instanceof UnknownSchemaError ? afterLoading(record, record.value) : unreadable(record, cause);
    }
  };

  const afterLoading = async (record: InRecord, value: Buffer): Promise<Row | null> => {
    try {
      await codec.load(value);
      return target.row(record, codec, erasures);
    } catch (cause) {
      return unreadable(record, cause);
    }
  };

  const unreadable = (record: InRecord, cause: unknown): null => {
    if (!(cause instanceof DecodeError)) throw cause;
    if (!target.foreign) throw new Error(`${record.topic}/${record.partition} offset ${record.offset} cannot be read, though only this system writes there: nothing is skipped`, { cause });
    onUnreadable(record);
    return null;
  };

  /** Inserts the planned range; false where ClickHouse did not take it. */
  const insertPlanned = async (to: number, count: number): Promise<boolean> => {
    const batch = waiting.slice(0, count);
    // Rows of before an erasure that are inserted after it are what the later sweep of erase.ts is for.
    await erasures.catchUp();
    const rows = await rowsOf(batch);
    const [first] = batch;
    const last = batch.at(-1);
    if (rows.length === 0 || first === undefined || last === undefined) return true;
    try {
      await insert(target, rows, tokenOf(input, position, to, { first: first.timestamp, last: last.timestamp }));
    } catch {
      // `insert` has said so in health and log. The range stays planned: the next attempt is the same batch.
      retryAt = clock.now() + Math.min(FIRST_RETRY_MS * 2 ** failures, LAST_RETRY_MS);
      failures += 1;
      return false;
    }
    failures = 0;
    insertedAt = clock.now();
    return true;
  };

  return {
    open: ([committed]) => {
      position = committed?.offset ?? 0;
      mark = readMark(committed?.metadata ?? '');
      // A range that ends where it begins, or before, comes from a position set back by hand.
      if (mark.planned !== null && mark.planned <= position) mark = { ...mark, planned: null };
      return Promise.resolve();
    },
    accept: (records) => {
      const at = clock.now();
      for (const record of records) {
        const { topic, partition, offset, timestamp, key, value, headers } = record;
        const size = (key?.length ?? 0) + (value?.length ?? 0);
        bytes += size;
        waiting.push({ topic, partition, offset, timestamp, key, value, headers, bytes: size, at });
      }
    },
    step: async () => {
      if (clock.now() < retryAt) return wakeAt(retryAt);
      if (mark.planned === null) {
        if (plan()) return work();
        const at = planAt();
        return at === null ? null : wakeAt(at);
      }
      const to = mark.planned;
      const count = countPlanned(waiting, to);
      if (count === null) return null;
      if (!(await insertPlanned(to, count))) return wakeAt(retryAt);
      moveTo(to, count);
      // Where there is enough for another batch already, its plan goes along with this commit.
      plan();
      return work();
    },
    backlog: () => {
      if (mark.planned !== null && countPlanned(waiting, mark.planned) === null) return 0;
      return waiting.length >= 2 * limits.records || bytes >= 2 * limits.bytes ? TOO_MANY : 0;
    },
    close: () => { cancelAlarm(); },
  };
}
