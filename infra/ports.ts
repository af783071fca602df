/**
 * The narrow types behind which each client library stands. Types only: tasks and services are written against these, `main` and the
 * tests choose what is behind them.
 */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export type Headers = Readonly<Record<string, string>>;

/** A part of a buffer, where a Buffer of its own would cost too much. */
export interface Slice {
  readonly bytes: Buffer;
  readonly from: number;
  readonly to: number;
}

/** A record read from a log. Offsets are numbers: exact up to 2^53. Its fields may be getters that read them anew each time (a spread would lose them). */
export interface InRecord extends TopicPartition {
  readonly offset: number;
  /** Milliseconds; the broker's append time where the topic says so. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Where key and value lie, for those who read millions; not all records know it. */
  readonly keyIn?: Slice | null;
  readonly valueIn?: Slice | null;
  /** Bytes that it takes in the log, known without reading it; not all records know it. */
  readonly size?: number;
  readonly headers: Headers;
}

/** A key and a value that lie in larger buffers. */
export interface Lying {
  readonly keyBytes: Buffer;
  readonly keyFrom: number;
  readonly keyTo: number;
  readonly valueBytes: Buffer;
  readonly valueFrom: number;
  readonly valueTo: number;
}

export interface OutRecord extends TopicPartition {
  readonly key: string | Buffer | null;
  readonly value: Buffer | null;
  /** Where key and value lie, for those who write millions; they are the same bytes. */
  readonly lies?: Lying;
  readonly headers?: Headers;
}

/** The next offset to read of an input, with what the task wants remembered beside it (at most 4,096 bytes). */
export interface Position extends TopicPartition {
  readonly offset: number;
  readonly metadata: string;
}

/** What a task wants to take effect at once: all of it or nothing. The bytes of its records are good until the task's next step: whoever keeps them copies them. */
export interface Work {
  readonly outputs: readonly OutRecord[];
  readonly positions: readonly Position[];
}

/** Committed records from `from.offset` up to, not including, offset `to`, in batches; ends by itself. */
type ReadLog = (from: TopicPartition & { readonly offset: number }, to: number) => AsyncIterable<readonly InRecord[]>;

/**
 * One task: the state and logic of one share of the input. The loop calls it from one place at a time, in this order:
 * `open` once, then `accept` and `step` as records come. `step` may change the task's memory before the commit: when a commit fails the
 * loop throws the task away and opens a new one from what is committed (docs/decisions/0003).
 */
export interface Task {
  /** `committed`: where the group stands (offset 0 and empty metadata where nothing is committed). Fill the state from the changelog here. */
  open(committed: readonly Position[]): Promise<void>;
  /** Records of one input, in offset order, each once, beginning at the committed position. Must not do work. */
  accept(records: readonly InRecord[]): void;
  /** A bounded piece of work to commit, or null where there is nothing to do until the next `accept` or `wake`. */
  step(): Promise<Work | null>;
  /** Records accepted and not yet taken, per input: the loop pauses an input whose backlog is long. */
  backlog(input: TopicPartition): number;
  close?(): void;
}

export interface TaskContext {
  /** Names the task within its group: the partition number, 0 for a single task, or `topic-partition`. */
  readonly id: string;
  readonly inputs: readonly TopicPartition[];
  readonly log: LogReader;
  /** Ask for another `step`, from outside a step (a reference or a timer has come). */
  readonly wake: () => void;
}

/** How the inputs of a group become tasks. */
export type Assignment =
  | 'co-partitioned' // a task per partition number, over all topics
  | 'single' // one task with everything, on one member
  | 'each'; // a task per topic and partition

export interface TaskGroup {
  readonly group: string;
  readonly topics: readonly string[];
  readonly assignment: Assignment;
  /** `transaction`: outputs, changelog and positions in one transaction; `offsets`: positions only, for tasks whose effect is idempotent. */
  readonly commit: 'transaction' | 'offsets';
  readonly create: (context: TaskContext) => Task;
}

/** Reading without a group: restores, global tables, references. */
export interface LogReader {
  /** Offset after the last record of each partition, control records included. */
  ends(topic: string): Promise<number[]>;
  /** Committed records only. */
  read: ReadLog;
  /** Committed records from an offset on, waiting up to `maxWaitMs` for the first; `next` is where to go on. */
  poll(from: TopicPartition & { readonly offset: number }, maxWaitMs: number): Promise<{ records: readonly InRecord[]; next: number }>;
}

export interface Producer {
  /** Resolves when all in-sync replicas have it. Sends are serialised. The bytes of the records stay as they are until it has settled, and may be others afterwards. */
  send(records: readonly OutRecord[]): Promise<void>;
  close(): Promise<void>;
}

export interface TransactionalProducer {
  /** All or nothing. A failure makes the producer unusable: open a new one. */
  commit(work: Work, group: string): Promise<void>;
  close(): Promise<void>;
}

export interface GroupConsumer {
  pause(inputs: readonly TopicPartition[]): void;
  resume(inputs: readonly TopicPartition[]): void;
  seek(input: TopicPartition, offset: number): void;
  commit(positions: readonly Position[]): Promise<void>;
  close(): Promise<void>;
}

/** Called only after `consumer()` has resolved. */
export interface GroupHandlers {
  /** Called at once when the group has (re)joined, before anything of the new assignment is delivered. */
  readonly onAssigned: (inputs: readonly TopicPartition[]) => void;
  /** Records of one input, and the bytes that they take. Must return quickly. */
  readonly onRecords: (records: readonly InRecord[], bytes: number) => void;
  /** The consumer is gone for good; the process should end. */
  readonly onCrash: (cause: Error) => void;
}

export interface TopicConfig {
  readonly topic: string;
  readonly partitions: number;
  /** Without it, as many as the brokers have for topics that say nothing. */
  readonly replicas?: number;
  readonly config: Readonly<Record<string, string>>;
}

export interface Kafka extends LogReader {
  createTopics(topics: readonly TopicConfig[]): Promise<void>;
  partitions(topic: string): Promise<number>;
  committed(group: string, topics: readonly string[]): Promise<Position[]>;
  producer(): Promise<Producer>;
  /** Fences every earlier producer of this id, and resolves its open transaction. */
  transactionalProducer(id: string): Promise<TransactionalProducer>;
  consumer(options: { group: string; topics: readonly string[]; assignment: Assignment } & GroupHandlers): Promise<GroupConsumer>;
  close(): Promise<void>;
}

/** Rows of one insert in ClickHouse's format Native. */
export interface NativeBlock {
  readonly columns: readonly string[];
  readonly rows: number;
  /** The bytes of the block, in order; good as long as the block is not changed. */
  pieces(): readonly Buffer[];
}

export interface ClickHouse {
  /** One block, in one insert, deduplicated by the token: objects by the names of their columns. */
  insert(table: string, rows: readonly object[], token: string): Promise<void>;
  /** The same for rows by the ten thousand. Where it fails, the block may still be read. */
  insertBlock(table: string, block: NativeBlock, token: string): Promise<void>;
  query<Row>(sql: string, parameters?: Readonly<Record<string, unknown>>): Promise<Row[]>;
  command(sql: string): Promise<void>;
  ping(): Promise<boolean>;
  close(): Promise<void>;
}
