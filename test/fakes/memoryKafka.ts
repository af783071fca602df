/**
 * Kafka in memory, with what the tasks rest on: a transaction is seen whole or not at all, a newer producer of a transactional id fences the
 * older, a commit leaves a gap in the offsets, groups rebalance. It passes the same contract suite as the real one, and is quick enough to run
 * whole worlds through the production tasks.
 */
import type { InRecord, Kafka, OutRecord, Position, TopicPartition, TransactionalProducer, Work } from '../../infra/ports.ts';
import { KafkaError } from '../../infra/kafka/errors.ts';
import { createMemoryGroups, type MemoryGroups } from './memoryGroups.ts';
import { createMemoryLog } from './memoryLog.ts';

/** What a transactional producer does, in this order; `abort` only after a failure. */
export type ActionName = 'init' | 'send' | 'offsets' | 'commit' | 'abort';

export interface Action {
  readonly name: ActionName;
  /** Transactional id. */
  readonly id: string;
  /** Records sent or positions named. */
  readonly count: number;
}

/** Called before and after each action; throwing makes the action fail at that point, a promise holds it up. */
export type Fault = (action: Action, when: 'before' | 'after') => void | Promise<void>;

export interface MemoryKafka extends Kafka {
  /** Every action that took effect, in order. */
  readonly actions: Action[];
  onAction: Fault | null;
  /** All committed records of a topic, by partition and offset. */
  records(topic: string): InRecord[];
  /** Appends at once, without a producer. */
  append(records: readonly OutRecord[]): void;
  truncate: (input: TopicPartition, before: number) => void;
  compact: (input: TopicPartition) => void;
  /** A transaction step by step. What it has written is in the log when it ends: then too late to be behind what others wrote meanwhile. */
  begin: (id: string) => MemoryTransaction;
  expel: MemoryGroups['expel'];
}

interface MemoryTransaction {
  readonly write: (records: readonly OutRecord[]) => void;
  readonly positions: (group: string, positions: readonly Position[]) => void;
  readonly end: (how: 'commit' | 'abort') => void;
}

export interface MemoryKafkaOptions {
  /** Topics come into being at first mention with this many partitions; without it an unknown topic is an error. */
  readonly partitions?: number;
  /** The broker's clock, milliseconds: every record's timestamp. */
  readonly now?: () => number;
  /** Records per delivery and input. */
  readonly maxBatch?: number;
  /** Whether a transaction uses up an offset more in each partition it touches, as real ones do. */
  readonly markers?: boolean;
}

/** Messages per `send` action, as the real client has it. */
const SEND_CHUNK = 1_000;

export function createMemoryKafka(options: MemoryKafkaOptions = {}): MemoryKafka {
  const { partitions = null, now = () => 0, maxBatch = 1_000, markers = true } = options;
  const epochs = new Map<string, number>();
  const waiting = new Set<() => void>();
  /** Transactions with positions that have not ended, by transactional id: who asks where the group stands waits for them. */
  const unstable = new Map<string, { readonly epoch: number; readonly group: string }>();
  const waitingForStable = new Set<() => void>();
  let groups: MemoryGroups | null = null;
  const log = createMemoryLog({ now, partitions, onAppend: (topics) => groups?.appended(topics) });
  groups = createMemoryGroups(log, maxBatch);
  const { join, commit, committed, closeAll, expel } = groups;

  const act = async (action: Action, effect: () => void = () => undefined): Promise<void> => {
    await kafka.onAction?.(action, 'before');
    effect();
    kafka.actions.push(action);
    await kafka.onAction?.(action, 'after');
  };

  const isFenced = (id: string, epoch: number): boolean => epochs.get(id) !== epoch;
  /** A newer epoch ends the older one's. */
  const settled = (id: string, epoch: number): void => {
    if ((unstable.get(id)?.epoch ?? Infinity) > epoch) return;
    unstable.delete(id);
    for (const wake of waitingForStable) wake();
    waitingForStable.clear();
  };
  const init = (id: string): number => {
    const epoch = (epochs.get(id) ?? 0) + 1;
    epochs.set(id, epoch);
    settled(id, epoch);
    return epoch;
  };

  const transactional = (id: string, epoch: number): TransactionalProducer => {
    let state: 'ready' | 'busy' | 'unusable' | 'closed' = 'ready';
    const fence = (): void => {
      if (isFenced(id, epoch)) throw new KafkaError('FENCED', `A newer producer has the transactional id ${id}.`);
    };
    return {
      commit: async ({ outputs, positions }: Work, group) => {
        if (state !== 'ready') throw new KafkaError('UNUSABLE', `The producer ${id} is ${state}: open a new one.`);
        state = 'busy';
        try {
          fence();
          for (let from = 0; from < outputs.length; from += SEND_CHUNK) await act({ name: 'send', id, count: Math.min(SEND_CHUNK, outputs.length - from) }, fence);
          if (positions.length > 0) {
            await act({ name: 'offsets', id, count: positions.length }, () => {
              fence();
              unstable.set(id, { epoch, group });
            });
          }
          await act({ name: 'commit', id, count: outputs.length }, () => {
            fence();
            log.append(outputs, markers);
            commit(group, positions);
            settled(id, epoch);
          });
          // Others get their turn, as they would while a broker answers.
          await new Promise(setImmediate);
          state = 'ready';
        } catch (cause) {
          state = 'unusable';
          settled(id, epoch);
          kafka.actions.push({ name: 'abort', id, count: 0 });
          throw cause;
        }
      },
      close: () => {
        state = 'closed';
        return Promise.resolve();
      },
    };
  };

  const kafka: MemoryKafka = {
    actions: [],
    onAction: null,
    records: (topic) => log.topic(topic).flatMap((partition) => partition.records),
    append: (records) => { log.append(records, false); },
    truncate: log.truncate,
    compact: log.compact,
    begin: (id) => {
      const epoch = init(id);
      let written: OutRecord[] = [];
      let pending: { readonly group: string; readonly positions: readonly Position[] }[] = [];
      return {
        write: (records) => { written.push(...records); },
        positions: (group, positions) => {
          pending.push({ group, positions });
          unstable.set(id, { epoch, group });
        },
        end: (how) => {
          if (isFenced(id, epoch)) throw new KafkaError('FENCED', `A newer producer has the transactional id ${id}.`);
          if (how === 'commit') {
            log.append(written, markers);
            for (const { group, positions } of pending) commit(group, positions);
          } else log.skip(written);
          written = [];
          pending = [];
          settled(id, epoch);
        },
      };
    },
    expel,
    createTopics: (topics) => {
      log.create(topics);
      return Promise.resolve();
    },
    partitions: (topic) => settle(() => log.topic(topic).length),
    committed: async (group, topics) => {
      await Promise.resolve();
      while ([...unstable.values()].some((one) => one.group === group)) await new Promise<void>((resolve) => waitingForStable.add(resolve));
      return committed(group, topics);
    },
    ends: (topic) => settle(() => log.topic(topic).map((partition) => partition.end)),
    read: async function* (from, to) {
      let offset = from.offset;
      while (offset < to) {
        const { records, next } = log.slice(from, offset, maxBatch, to);
        if (records.length > 0) yield records;
        if (next === offset) await new Promise<void>((resolve) => log.partition(from).waiting.add(resolve));
        offset = next;
        await new Promise(setImmediate);
      }
    },
    poll: async (from, maxWaitMs) => {
      const partition = log.partition(from);
      if (partition.end <= from.offset && maxWaitMs > 0) {
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            clearTimeout(timer);
            partition.waiting.delete(wake);
            waiting.delete(wake);
            resolve();
          };
          const timer = setTimeout(wake, maxWaitMs);
          partition.waiting.add(wake);
          waiting.add(wake);
        });
      } else await new Promise(setImmediate);
      return log.slice(from, from.offset, maxBatch);
    },
    producer: () => {
      let closed = false;
      return Promise.resolve({
        send: async (records: readonly OutRecord[]) => {
          if (closed) throw new KafkaError('CLOSED', 'The producer is closed.');
          log.append(records, false);
          await new Promise(setImmediate);
        },
        close: () => {
          closed = true;
          return Promise.resolve();
        },
      });
    },
    transactionalProducer: async (id) => {
      let epoch = 0;
      await act({ name: 'init', id, count: 0 }, () => {
        epoch = init(id);
      });
      return transactional(id, epoch);
    },
    consumer: (consumerOptions) => settle(() => join(consumerOptions)),
    close: () => {
      closeAll();
      for (const wake of waiting) wake();
      return Promise.resolve();
    },
  };
  return kafka;
}

async function settle<T>(read: () => T): Promise<T> {
  await Promise.resolve();
  return read();
}
